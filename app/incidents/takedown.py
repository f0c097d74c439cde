"""What the copyright law asks of an incident: stop on a notice, forward it, restore on the answer.

《信息网络传播权保护条例》 Arts. 14-17. A complete notice is a named rule, outside score and
caps: it stops the addresses it lists (hold kind ``notice``) and goes to the provider. It is no
finding: Art. 20's report and inform follow only an officer's own.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core.errors import ConflictError
from app.incidents import duties, measures, plan, rows, service
from app.incidents.models import Duty, Incident
from app.incidents.plan import extra
from app.incidents.records import decide, end, need
from app.incidents.states import Action, DutyState, State, advance
from app.incidents.values import IncidentView
from app.norm import deadlines
from app.norm.book import BOOK
from app.norm.values import Role, Step
from app.suspension import queries as stops
from app.suspension import service as suspension

_LIVE = (DutyState.OPEN, DutyState.RUNNING)


def stop_for_notice(
    tx: Session,
    *,
    incident_ref: str,
    address_ids: Iterable[int],
    facts: dict[str, Any],
    by: str,
    at: datetime,
) -> tuple[str, ...]:
    """Stop what a complete notice lists (nothing listed: all of it) and forward the notice.

    ``by`` names the notice (``policy:copyright:REF``), so that two claimants' holds are two;
    ``facts`` are ``{"notice": REF, "letter": {"claim": …}}``: what this letter alone says. Answers
    the holds' references; none when a finding has stopped all of it already.
    """
    incident = rows.take(tx, incident_ref)
    refs: tuple[str, ...] = ()
    if incident.state in (State.ALLEGED, State.PRECAUTION):
        refs = _place(tx, incident, tuple(address_ids), by, at)
    plan.by_law(
        tx,
        incident,
        step=plan.FORWARD,
        role=Role.PROVIDER.value,
        at=at,
        due_at=at,
        facts=facts,
        after=Step.PRESERVE_RECORDS,
        limit_minutes=BOOK.house.waits[Step.INFORM],
    )
    audit.record(
        tx,
        actor=by,
        action="incident.notice_stop",
        subject=f"incident:{incident.ref}",
        incident=incident.ref,
        at=at,
        holds=list(refs),
    )
    duties.advance_duties(tx, incident, at)
    return refs


def _place(
    tx: Session, incident: Incident, address_ids: tuple[int, ...], by: str, at: datetime
) -> tuple[str, ...]:
    fresh = incident.state == State.ALLEGED
    if fresh:
        incident.state = advance(incident.state, Action.PRECAUTION).value
    holds = [
        suspension.place_hold(
            tx,
            platform_id=incident.platform_id,
            resource_id=incident.resource_id,
            version_id=incident.version_id,
            incident=incident.ref,
            article=None,
            kind="notice",
            placed_by=by,
            reason="copyright_notice",
            at=at,
            address_id=address_id,
            exercise=incident.exercise,
        )
        for address_id in (address_ids or (None,))
    ]
    if fresh:
        for step in (Step.STOP_TRANSMISSION, Step.PRESERVE_RECORDS):
            plan.by_law(tx, incident, step=step, at=at, due_at=at)
        plan.freeze(incident, at)
    else:
        measures.reopen_stop(tx, incident)
    return tuple(hold.ref for hold in holds)


def expect_restoration(
    tx: Session, *, incident_ref: str, notice: str, due_at: datetime, at: datetime
) -> None:
    """A complete counter-notice is in and was forwarded: restoring it is a duty from ``due_at``."""
    incident = rows.lock(tx, incident_ref)
    told = plan.by_law(
        tx, incident, step=plan.FORWARD_COUNTER, role=Role.COMPLAINANT.value, at=at, due_at=at
    )
    told.state, told.started_at, told.done_at = DutyState.DONE.value, at, at
    row = plan.by_law(tx, incident, step=plan.RESUME, at=at, due_at=due_at)
    row.note = notice
    late = deadlines.due(due_at, BOOK.house.clocks.review).at
    service.promise_clock(tx, incident, "resume", late, at)
    duties.advance_duties(tx, incident, at)


def wait_for_court(tx: Session, *, incident_ref: str, notice: str, at: datetime) -> None:
    """The right holder has gone to law within the waiting time: nothing is restored by rule."""
    incident = rows.lock(tx, incident_ref)
    row = _resume_row(tx, incident, notice)
    if row is not None:
        row.state, row.done_at = DutyState.CANCELLED.value, None
        row.note = "in_court"
    tx.flush()
    duties.advance_duties(tx, incident, at)


def _resume_row(tx: Session, incident: Incident, notice: str) -> Duty | None:
    return next(
        (
            row
            for row in rows.duties(tx, incident)
            if row.step == plan.RESUME and row.note == notice and row.state in _LIVE
        ),
        None,
    )


def restore(
    tx: Session,
    *,
    incident_ref: str,
    notice: str,
    holds: Iterable[str],
    alone: bool,
    reason: str,
    by: str,
    at: datetime,
    version: int | None = None,
) -> IncidentView:
    """One officer has checked the counter-notice: what the notice stopped is served again.

    ``alone``: no other claim stands behind the incident, so that it ends here; else it goes on.

    Raises:
        ConflictError: a finding stands (then the authority decides), the waiting time runs, or a
            person placed or confirmed the hold (law 4: then two let go).
    """
    reason = need(reason, "reason")
    incident = rows.take(tx, incident_ref, version)
    if incident.state in (State.FOUND, State.REENTRY, State.REMOVED, State.MERGED):
        raise ConflictError(
            "An officer found the infringement, so the authority decides: forward the "
            "counter-notice and record its written decision."
        )
    row = _resume_row(tx, incident, notice)
    if row is None:
        raise ConflictError("There is no counter-notice that waits for this.")
    if row.due_at is not None and row.due_at > at:
        raise ConflictError("The waiting time still runs; it is restored when it has ended.")
    suspension.release_holds(tx, refs=holds, by=by, reason=reason, at=at)
    row.state, row.done_at = DutyState.DONE.value, at
    _free(tx, incident, alone=alone)
    decide(tx, incident, kind="restore", by=by, reason=reason, at=at, notice=notice)
    if incident.state == State.CLOSED:
        duties.cancel_open(tx, incident, why=incident.state, at=at)
    for told in rows.duties(tx, incident):
        mine = told.step == plan.FORWARD and (told.facts or {}).get("notice") == notice
        if mine and told.duty_key is not None and told.state in (*_LIVE, DutyState.DONE):
            facts = {"letter": {"by_counter_notice": True}}
            extra(tx, incident, step=plan.RESTORE, about=told, at=at, note="restored", facts=facts)
    if incident.state == State.CLOSED:
        end(tx, incident, at)
    duties.advance_duties(tx, incident, at)
    return rows.view(tx, incident)


def _free(tx: Session, incident: Incident, *, alone: bool) -> None:
    """What becomes of the case when the notice's holds have ended."""
    refs = rows.refs_with_merged(tx, incident)
    if incident.state != State.PRECAUTION or any(
        hold.standing for ref in refs for hold in stops.holds(tx, incident=ref)
    ):
        return
    for row in rows.duties(tx, incident):
        if row.step == Step.STOP_TRANSMISSION and row.state in (*_LIVE, DutyState.DONE):
            row.state = row.state if row.done_at else DutyState.CANCELLED.value
            row.note = "restored"
    action = Action.RESTORE if alone else Action.UNSTOP
    incident.state = advance(incident.state, action).value
    tx.flush()
