"""The verbs of the copyright law: notice, counter-notice, going to court, restoration.

《信息网络传播权保护条例》 Arts. 14-17, 《民法典》 Arts. 1195-1196. A complete notice becomes a
complaint, so that it has a receipt, an incident and an answer like every other one.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from app.accounts import service as accounts
from app.audit import service as audit
from app.catalogue import queries as catalogue
from app.catalogue.values import ResourceView
from app.copyright import sealing, statute, wording
from app.copyright.models import CopyrightNotice, CounterNotice
from app.copyright.queries import find, same
from app.copyright.states import BARS, Action, State, advance
from app.copyright.values import Counter, Notice
from app.core.errors import ConflictError, InvalidError
from app.core.ids import new_ref
from app.core.keystore import keys
from app.incidents import queries as incident_queries
from app.incidents import service as incidents
from app.incidents import takedown
from app.incidents.values import IncidentView
from app.intake import service as intake
from app.intake.values import Contact, Filed, Filing, Upload
from app.norm import deadlines
from app.norm.decisions import counter_notice_restores
from app.norm.kinds import category_of, routing_kind_of

KIND = "copyright"
POLICY = "policy:copyright"
MAX_COURT = 200


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


def counter(
    tx: Session,
    *,
    ref: str,
    given: Counter,
    at: datetime,
    letter: str | None = None,
    contact_id: int | None = None,
    entered_by: str | None = None,
) -> None:
    """Take a complete counter-notice, forward it to who sent the notice, make restoring a duty.

    It comes under a letter's link (``letter``, ``contact_id``) or on paper (``entered_by``). After
    a finding of infringement it restores nothing: an officer is called to send it to the authority.

    Raises:
        InvalidError: an item of Art. 16 is missing; every one is named.
        ConflictError: there is one already, or the stop has ended.
    """
    missing = {item.key: item.missing for item in statute.counter_lacks(given)}
    missing |= statute.counter_faults(given)
    if missing:
        raise InvalidError(
            "The counter-notice cannot be sent yet: the law asks for what is named below.",
            fields=missing,
        )
    row = find(tx, ref)
    incident = incident_queries.incident(tx, row.incident)
    if not incident.open and incident.state != "removed":
        raise ConflictError("The stop has ended already; nothing is left to restore.")
    by_rule = not incident.found_at and counter_notice_restores(category_of(KIND), KIND)
    due = deadlines.restore_due(at).at if by_rule else None
    _move(tx, row, Action.COUNTER, countered_at=at, restore_due=due)
    kid, _key = keys().new_data_key()
    tx.add(
        CounterNotice(
            notice_id=row.id,
            kid=kid,
            sealed=sealing.seal(kid, given.stored(), place=f"counter_notice.sealed:{row.ref}"),
            letter=letter,
            contact_id=contact_id,
            entered_by=entered_by,
            at=at,
        )
    )
    intake.forwarded(
        tx, complaint_id=row.complaint_id, text=wording.forwarded(given, due), by=POLICY, at=at
    )
    audit.record(
        tx, actor=entered_by or f"contact:{contact_id}", action="copyright.counter",
        subject=f"copyright:{row.ref}", at=at, incident=row.incident, letter=letter, due=due,
    )  # fmt: skip
    if due is not None:
        takedown.expect_restoration(
            tx, incident_ref=row.incident, notice=row.ref, due_at=due, at=at
        )
        return
    accounts.page(
        tx,
        key=f"counter:{row.ref}",
        why="A counter-notice is here after a finding: send it to the authority, which decides.",
        at=at,
        platform_id=incident.platform_id,
        incident=incident.ref,
    )


def _move(tx: Session, row: CopyrightNotice, action: Action, **values: object) -> None:
    """Change the state as the table allows; who else: the same link pressed twice."""
    here = row.state
    there = advance(here, action)
    done = tx.execute(
        update(CopyrightNotice)
        .where(CopyrightNotice.id == row.id, CopyrightNotice.state == here)
        .values(state=there.value, **values)
        .execution_options(synchronize_session=False)
    )
    tx.refresh(row)
    if not isinstance(done, CursorResult) or done.rowcount != 1:
        raise ConflictError("Somebody else changed this notice just now. Look again.")


def go_to_court(tx: Session, *, complaint_id: int, court: str, at: datetime) -> None:
    """The right holder names the court or authority they have gone to, within the waiting time.

    Raises:
        InvalidError: nothing is named.
        ConflictError: no waiting time is set here, it has ended, or nothing waits.
    """
    court = " ".join(court.split())
    if not court or len(court) > MAX_COURT:
        raise InvalidError(
            "Some fields need another look.",
            fields={
                "court": "Name the court or authority and the number of the case, in one line "
                "(Civil Code, Art. 1196)."
            },
        )
    row = tx.scalars(
        select(CopyrightNotice).where(CopyrightNotice.complaint_id == complaint_id)
    ).one()
    if not deadlines.waits_for_suit() or row.restore_due is None or row.restore_due <= at:
        raise ConflictError("There is no waiting time in which this would change anything.")
    sealed = sealing.seal(row.kid, {"court": court}, place=f"copyright_notice.court:{row.ref}")
    _move(tx, row, Action.GO_TO_COURT, sealed_court=sealed)
    takedown.wait_for_court(tx, incident_ref=row.incident, notice=row.ref, at=at)
    audit.record(
        tx, actor="complainant", action="copyright.court", subject=f"copyright:{row.ref}", at=at,
        incident=row.incident,
    )  # fmt: skip
    incident = incident_queries.incident(tx, row.incident)
    accounts.page(
        tx,
        key=f"court:{row.ref}",
        why="A right holder says that they have gone to court: check it and decide what stays.",
        at=at,
        platform_id=incident.platform_id,
        incident=incident.ref,
    )


def restore(tx: Session, *, ref: str, reason: str, by: str, at: datetime) -> IncidentView:
    """One officer has checked the counter-notice: serve again what the notice stopped (Art. 17).

    Raises:
        InvalidError: no reason.
        ConflictError: nothing waits, the waiting time runs, or a finding stands.
    """
    row = find(tx, ref)
    _move(tx, row, Action.RESTORE, ended_at=at)
    incident = incident_queries.incident(tx, row.incident)
    restored = set(
        tx.scalars(
            select(CopyrightNotice.complaint_id).where(
                CopyrightNotice.complaint_id.in_(incident.complaint_ids),
                CopyrightNotice.state == State.RESTORED,
            )
        )
    )
    return takedown.restore(
        tx,
        incident_ref=row.incident,
        notice=row.ref,
        holds=row.holds,
        alone=restored >= set(incident.complaint_ids),
        reason=reason,
        by=by,
        at=at,
    )
