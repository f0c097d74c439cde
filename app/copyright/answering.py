"""What answers a notice: the counter-notice, the word of a lawsuit, an officer's restoration.

《信息网络传播权保护条例》 Arts. 16, 17; 《民法典》 Art. 1196.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from app.accounts import service as accounts
from app.audit import service as audit
from app.copyright import sealing, statute, wording
from app.copyright.models import CopyrightNotice, CounterNotice
from app.copyright.queries import find, incident_now
from app.copyright.states import Action, State, advance
from app.copyright.values import Counter
from app.core.errors import ConflictError, InvalidError
from app.incidents import takedown
from app.incidents.values import IncidentView
from app.intake import attachments
from app.intake import service as intake
from app.intake.values import Upload
from app.norm import deadlines
from app.norm.decisions import counter_notice_restores
from app.norm.kinds import category_of

KIND = "copyright"
POLICY = "policy:copyright"
MAX_COURT = 200


def refuse_incomplete_counter(given: Counter) -> None:
    """Refuse while an item of Art. 16 is missing or unreadable.

    Raises:
        InvalidError: each field with what is missing, why and by which article.
    """
    missing = {item.key: item.missing for item in statute.counter_lacks(given)}
    missing |= statute.counter_faults(given)
    if missing:
        raise InvalidError(
            "The counter-notice cannot be sent yet: the law asks for what is named below.",
            fields=missing,
        )


def counter(
    tx: Session,
    *,
    ref: str,
    given: Counter,
    at: datetime,
    files: tuple[tuple[Upload, str], ...] = (),
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
    refuse_incomplete_counter(given)
    row = find(tx, ref)
    incident = incident_now(tx, row.incident)
    if not sealing.readable(row.kid):
        raise ConflictError(
            "Who sent the notice has withdrawn it and had it erased. Ask the duty desk to end the "
            "stop."
        )
    if not incident.open and incident.state != "removed":
        raise ConflictError("The stop has ended already; nothing is left to restore.")
    by_rule = not incident.found_at and counter_notice_restores(category_of(KIND), KIND)
    due = deadlines.restore_due(at).at if by_rule else None
    _move(tx, row, Action.COUNTER, countered_at=at, restore_due=due)
    given = replace(given, files=tuple(upload.name for upload, _ in files))
    by = entered_by or f"contact:{contact_id}"
    attachments.attach(tx, row.complaint_id, files, by=by, at=at)
    tx.add(
        CounterNotice(
            notice_id=row.id,
            kid=row.kid,
            sealed=sealing.seal(row.kid, given.stored(), place=f"counter_notice.sealed:{row.ref}"),
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
        tx, actor=by, action="copyright.counter",
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


def go_to_court(
    tx: Session,
    *,
    complaint_id: int,
    court: str,
    at: datetime,
    files: tuple[tuple[Upload, str], ...] = (),
) -> None:
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
    attachments.attach(tx, complaint_id, files, by="complainant", at=at)
    takedown.wait_for_court(tx, incident_ref=row.incident, notice=row.ref, at=at)
    audit.record(
        tx, actor="complainant", action="copyright.court", subject=f"copyright:{row.ref}", at=at,
        incident=row.incident,
    )  # fmt: skip
    incident = incident_now(tx, row.incident)
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
    incident = incident_now(tx, row.incident)
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
