"""The clockwork of duties: what is due starts, what came back settles (design 2.4).

A duty is due when its predecessor is done or its limit has passed. Starting one calls down
(suspension, evidence, notices); what comes back is a topic that ends in ``settle_*`` here.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.incidents import letters, measures, rows
from app.incidents.models import Duty, Incident
from app.incidents.plan import CORRECT, FORWARD, RESTORE, RESUME, extra
from app.incidents.states import DutyState, State
from app.norm.values import LETTERS, Step
from app.outbox import service as outbox

# Letters to those the norm does not name end with the incident; these two go out after it too.
_AFTERWARDS = frozenset({CORRECT, RESTORE})
_TELLS = LETTERS | {FORWARD}  # letters that tell somebody of a stop
_ROUNDS = 12  # a chain of duties is at most seven long; a bound against a broken book


def advance_duties(tx: Session, incident: Incident, at: datetime) -> None:
    """Start everything that is due now, and promise to look again when the next thing is."""
    measures.settle_stop(tx, incident, at)
    tried: set[int] = set()  # a letter without an addressee stays open; it is not asked twice
    for _ in range(_ROUNDS):
        due = [
            row
            for row in rows.duties(tx, incident)
            if row.seq not in tried and ready(tx, incident, row, at)
        ]
        if not due:
            break
        tried |= {row.seq for row in due}
        _start(tx, incident, due, at)
        measures.settle_stop(tx, incident, at)
    _promise_next_look(tx, incident, at)
    set_due(tx, incident, at)


def ready(tx: Session, incident: Incident, row: Duty, at: datetime) -> bool:
    """Whether the row may start: open, its moment come, its predecessor settled or waited out."""
    if row.state != DutyState.OPEN or row.duty_key is not None:
        return False
    if row.due_at is None or row.due_at > at or incident.state == State.MERGED:
        return False
    if row.after_seq is None:
        return True
    before = _row(tx, incident, row.after_seq)
    if before is None or before.state == DutyState.DONE:
        _begin_limit(tx, incident, row)
        return True
    if row.limit_minutes is None:
        return False  # Art. 24: without limit; only the report itself opens the way
    _begin_limit(tx, incident, row)
    failed = before.state in (DutyState.FAILED, DutyState.NOT_APPLICABLE)
    return failed or (row.not_later_than is not None and row.not_later_than <= at)


def _row(tx: Session, incident: Incident, seq: int) -> Duty | None:
    return tx.scalar(select(Duty).where(Duty.incident_id == incident.id, Duty.seq == seq))


def _begin_limit(tx: Session, incident: Incident, row: Duty) -> None:
    """Art. 24: the provider's limit counts from the stop, known only once it was made."""
    if row.limit_seq is None or row.limit_minutes is None or row.not_later_than is not None:
        return
    start = _row(tx, incident, row.limit_seq)
    if start is not None and start.started_at is not None:
        row.not_later_than = start.started_at + timedelta(minutes=row.limit_minutes)


def _start(tx: Session, incident: Incident, due: list[Duty], at: datetime) -> None:
    for row in due:
        if row.step == Step.STOP_TRANSMISSION:
            measures.stop(tx, incident, row, at)
        elif row.step == Step.PREVENT_SPREAD:
            measures.prevent_spread(tx, incident, row, at)
        elif row.step == Step.PRESERVE_RECORDS:
            measures.preserve(tx, incident, row, at)
        elif row.step == RESUME:
            measures.call_to_resume(tx, incident, row, at)
    letters.promise(tx, incident, [r for r in due if _is_letter(r)], at)
    tx.flush()


def _is_letter(row: Duty) -> bool:
    return row.step in _TELLS or row.step in _AFTERWARDS


def _promise_next_look(tx: Session, incident: Incident, at: datetime) -> None:
    for row in rows.duties(tx, incident):
        if row.state != DutyState.OPEN:
            continue
        for moment in (row.due_at, row.not_later_than):
            if moment is not None and moment > at:
                outbox.put(
                    tx,
                    topic="incidents.clock",
                    key=f"incidents.duty:{incident.ref}:{row.seq}:{moment.isoformat()}",
                    at=at,
                    due_at=moment,
                    incident=incident.ref,
                    which="duties",
                )


def set_due(tx: Session, incident: Incident, at: datetime) -> None:
    """``due_at`` is the earliest clock that runs: what the queue sorts by."""
    clocks = [incident.handle_by]
    if incident.state == State.ALLEGED and incident.accepted_at is None:
        clocks.append(incident.accept_by)
    if incident.state == State.PRECAUTION and incident.review_ended_at is None:
        clocks.append(incident.review_by or incident.handle_by)
    incident.due_at = min(clocks)


def cancel_open(tx: Session, incident: Incident, *, why: str, at: datetime) -> None:
    """What has not begun will not begin; letters promised and not out yet are called back."""
    for row in rows.duties(tx, incident):
        if row.state == DutyState.OPEN and row.duty_key is None:
            row.state, row.note = DutyState.CANCELLED.value, why
        elif row.state in (DutyState.OPEN, DutyState.RUNNING) and _is_letter(row):
            letters.call_back(tx, row, why=why, at=at)
        elif row.state == DutyState.RUNNING and row.step in (Step.STOP_TRANSMISSION, RESUME):
            row.state, row.note = DutyState.CANCELLED.value, why
    tx.flush()


def correct_told(tx: Session, incident: Incident, *, note: str, at: datetime) -> None:
    """A ``correct`` letter to every body that was told and now turns out told wrongly."""
    _follow(tx, incident, CORRECT, note, at)


def restore_told(tx: Session, incident: Incident, *, at: datetime) -> None:
    """A ``restore`` letter to every body that was told of the stop."""
    _follow(tx, incident, RESTORE, "restored", at)


def _follow(tx: Session, incident: Incident, step: str, note: str, at: datetime) -> None:
    latest: dict[str, Duty] = {}
    corrected = set()
    for row in rows.duties(tx, incident):
        if row.step in _TELLS and letters.was_told(row):
            latest[row.role] = row
        elif row.step == CORRECT and row.note == "not_named":
            corrected.add(row.role)  # told already that it does not concern them
    for role, row in latest.items():
        if role not in corrected:
            extra(tx, incident, step=step, about=row, at=at, note=note)


def settle_letter(tx: Session, *, duty_key: str, state: str, at: datetime) -> None:
    """A letter was sent, signed, bounced or failed; a bounce re-opens the duty."""
    found = list(tx.scalars(select(Duty).where(Duty.duty_key == duty_key).order_by(Duty.seq)))
    if not found:
        return
    incident = tx.get_one(Incident, found[0].incident_id)
    for row in found:
        called_back = row.state == DutyState.CANCELLED
        letters.settle(tx, incident, row, state=state, at=at)
        if called_back and row.state == DutyState.DONE and row.step in _TELLS:
            # It went out while it was called back: that body was told wrongly.
            extra(tx, incident, step=CORRECT, about=row, at=at, note="unfounded")
    audit.record(
        tx,
        actor="system:incidents",
        action="duty.settled",
        subject=f"incident:{incident.ref}",
        incident=incident.ref,
        at=at,
        step=found[0].step,
        roles=[row.role for row in found],
        state=state,
    )
    advance_duties(tx, incident, at)


def settle_capture(tx: Session, incident: Incident, *, failed: int, at: datetime) -> None:
    """Every capture is done or has failed; a failure is recorded and shown, never waited for."""
    for row in rows.duties(tx, incident):
        if row.step == Step.PRESERVE_RECORDS and row.state == DutyState.RUNNING:
            row.state = (DutyState.FAILED if failed else DutyState.DONE).value
            row.note = f"captures_failed:{failed}" if failed else None
            row.done_at = at
    tx.flush()
    advance_duties(tx, incident, at)
