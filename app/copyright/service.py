"""The verbs of the copyright law; what answers a notice stands in ``answering.py``.

《信息网络传播权保护条例》 Arts. 14-17, 《民法典》 Arts. 1195-1196. A complete notice becomes a
complaint, so that it has a receipt, an incident and an answer like every other one.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.audit import service as audit
from app.catalogue import queries as catalogue
from app.catalogue.values import ResourceView
from app.copyright import sealing, statute, wording
from app.copyright.answering import (
    KIND,
    POLICY,
    counter,
    go_to_court,
    refuse_incomplete_counter,
    restore,
)
from app.copyright.models import CopyrightNotice
from app.copyright.queries import same
from app.copyright.states import BARS, State
from app.copyright.values import Notice
from app.core.errors import ConflictError, InvalidError
from app.core.ids import new_ref
from app.incidents import queries as incident_queries
from app.incidents import service as incidents
from app.incidents import takedown
from app.intake import service as intake
from app.intake.values import Contact, Filed, Filing, Upload
from app.norm.kinds import routing_kind_of

__all__ = [
    "counter",
    "go_to_court",
    "refuse_incomplete",
    "refuse_incomplete_counter",
    "refuse_repeat",
    "restore",
    "send_notice",
]


def refuse_incomplete(notice: Notice) -> None:
    """Refuse to send while an item of Art. 14 is missing or unreadable.

    Raises:
        InvalidError: each field with what is missing, why and by which article.
    """
    found = {item.key: item.missing for item in statute.lacks(notice)} | statute.faults(notice)
    if found:
        raise InvalidError(
            "The notice cannot be sent yet: the law asks for what is named below.", fields=found
        )


def refuse_repeat(tx: Session, notice: Notice, resource: ResourceView) -> None:
    """No second notice of the same right holder for the same work (条例 Art. 17).

    Raises:
        ConflictError: a counter-notice has answered the first one, or it is still being handled.
    """
    for row in same(tx, resource.id, notice):
        if row.state in BARS:
            raise ConflictError(
                "The provider has answered a notice about this work and this resource with a "
                "counter-notice. The law allows no second notice for the same (Regulation, "
                "Art. 17). You can still go to court or to a copyright authority; its decision "
                "binds us."
            )
        if incident_queries.incident(tx, row.incident).open:
            raise ConflictError(
                "A notice of this right holder about this work and this resource is being handled "
                "already. Its state stands on the page of its receipt."
            )


def send_notice(
    tx: Session,
    *,
    notice: Notice,
    files: tuple[tuple[Upload, str], ...],
    kid: str,
    at: datetime,
    language: str = "zh",
    network: str | None = None,
    day_tag: str | None = None,
) -> Filed:
    """Take a complete notice: a complaint, its incident, the stop and the letter to the provider.

    Raises:
        InvalidError: an item is missing or cannot be taken; every one is named.
        ConflictError: the law bars it, or the resource is no longer served.
        NotFoundError: there is no such resource.
    """
    refuse_incomplete(notice)
    resource = catalogue.resource(tx, notice.resource)
    if resource.removed_at is not None:
        raise ConflictError("This resource was removed from the platform; nothing serves it now.")
    refuse_repeat(tx, notice, resource)
    listed = _listed(tx, notice, resource)
    filed = intake.file_complaint(
        tx,
        filing=Filing(
            source="portal",
            text=wording.story(notice),
            language=language,
            resource_ref=resource.ref,
            kind=KIND,
            contact=_reach(notice),
            files=files,
            kid=kid,
            network=network,
            day_tag=day_tag,
        ),
        at=at,
    )
    incident = incidents.open_or_join(
        tx,
        complaint_id=filed.complaint_id,
        resource_id=resource.id,
        version_id=resource.version_id,
        platform_id=resource.platform_id,
        routing_kind=routing_kind_of(KIND),
        kind=KIND,
        by=POLICY,
        at=at,
    )
    intake.out_of_triage(tx, filed.complaint_id, category=incident.category, at=at)
    row = _write(tx, notice, filed, resource, incident.ref, kid, at)
    holds = takedown.stop_for_notice(
        tx,
        incident_ref=incident.ref,
        address_ids=[address_id for address_id, _ in listed],
        facts={"notice": row.ref, "letter": _letter(notice, [url for _, url in listed])},
        by=f"{POLICY}:{row.ref}",
        at=at,
    )
    row.holds = list(holds)
    audit.record(
        tx, actor="complainant", action="copyright.notice", subject=f"copyright:{row.ref}", at=at,
        incident=incident.ref, complaint=filed.ref, agent=notice.agent is not None,
        holds=row.holds,
    )  # fmt: skip
    mail = (notice.agent or notice.holder).mail
    if mail:
        intake.ping_by_mail(
            tx, complaint_id=filed.complaint_id, address=mail, guardian=False, at=at
        )
    tx.flush()
    return filed


def _listed(tx: Session, notice: Notice, resource: ResourceView) -> list[tuple[int, str]]:
    own = {a.id: a.url for a in catalogue.addresses(tx, resource.version_id)}
    strange = [one for one in notice.address_ids if one not in own]
    if strange:
        raise InvalidError(
            "One of the addresses does not belong to the resource. Choose the resource again.",
            fields={"resource": "Choose the resource and its addresses again."},
        )
    return [(one, own[one]) for one in notice.address_ids]


def _reach(notice: Notice) -> Contact:
    """Whom officers ask: the agent where there is one."""
    one = notice.agent or notice.holder
    if one.mail:
        return Contact(way="email", address=one.mail, name=one.name)
    return Contact(way="phone", address=one.phone, name=one.name)


def _letter(notice: Notice, urls: list[str]) -> dict[str, object]:
    own: dict[str, object] = {"claim": wording.claim(notice)}
    return own | ({"addresses": urls} if urls else {})


def _write(
    tx: Session, notice: Notice, filed: Filed, resource: ResourceView, incident: str, kid: str,
    at: datetime,
) -> CopyrightNotice:  # fmt: skip
    ref = new_ref()
    row = CopyrightNotice(
        ref=ref,
        complaint_id=filed.complaint_id,
        resource_id=resource.id,
        incident=incident,
        kid=kid,
        sealed=sealing.seal(kid, notice.stored(), place=f"copyright_notice.sealed:{ref}"),
        holder_hash=sealing.compared(notice.holder.name),
        work_hash=sealing.compared(notice.work),
        holds=[],
        state=State.SENT.value,
        sent_at=at,
    )
    tx.add(row)
    tx.flush()
    return row
