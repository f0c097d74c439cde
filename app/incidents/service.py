"""Opening, joining, the precaution, claiming. Officers' decisions stand in decisions.py."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select, true, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts import service as accounts
from app.audit import service as audit
from app.core.errors import ConflictError, InvalidError
from app.core.ids import new_ref
from app.incidents import measures, plan, rows
from app.incidents.duties import advance_duties, set_due
from app.incidents.models import Incident, IncidentComplaint
from app.incidents.states import Action, DutyState, State, advance
from app.incidents.values import IncidentView
from app.norm import deadlines, kinds
from app.norm.book import BOOK
from app.norm.duties import precaution_duties
from app.norm.errors import NormError
from app.norm.values import Step
from app.outbox import service as outbox
from app.suspension import queries as stops
from app.suspension import service as suspension

LEASE = timedelta(minutes=15)  # a claim that nobody renews frees itself
_RANK = {"legal": 2, "political": 2, "suitability": 3, "designated": 3}
TOP = 0


def open_or_join(
    tx: Session,
    *,
    complaint_id: int | None,
    resource_id: int,
    version_id: int,
    platform_id: int,
    routing_kind: str,
    kind: str | None,
    by: str,
    at: datetime,
    exercise: bool = False,
) -> IncidentView:
    """The one open incident of this resource and routing kind, with the complaint in it.

    Raises:
        InvalidError: ``other`` and unknown kinds open no incident (design 2.1).
    """
    category = _category(routing_kind)
    incident = _open_one(tx, resource_id, routing_kind, exercise=exercise)
    fresh = incident is None
    if incident is None:
        incident, fresh = _insert(
            tx,
            Incident(
                ref=new_ref(),
                platform_id=platform_id,
                resource_id=resource_id,
                version_id=version_id,
                routing_kind=routing_kind,
                kind=kind,
                category=category,
                state=State.ALLEGED.value,
                open=True,
                opened_at=at,
                accept_by=deadlines.acceptance_due(at).at,
                handle_by=deadlines.handling_due(category, at).at,
                due_at=deadlines.acceptance_due(at).at,
                rank=_RANK.get(category, 4),
                exercise=exercise,
            ),
        )
    if fresh:
        _opened(tx, incident, by, at)
    if complaint_id is not None:
        join(tx, incident, complaint_id, by=by, at=at)
    return rows.view(tx, incident)


def _category(routing_kind: str) -> str:
    try:
        category = kinds.category_of(routing_kind)
    except NormError as error:
        raise InvalidError("There is no kind %(kind)s.", kind=routing_kind) from error
    if BOOK.category(category).article is None:
        raise InvalidError("This kind of complaint is answered in triage; it opens no incident.")
    return category


def _open_one(
    tx: Session, resource_id: int, routing_kind: str, *, exercise: bool
) -> Incident | None:
    return tx.scalar(
        select(Incident).where(
            Incident.resource_id == resource_id,
            Incident.routing_kind == routing_kind,
            Incident.exercise.is_(exercise),
            Incident.open == true(),
        )
    )


def _insert(tx: Session, row: Incident) -> tuple[Incident, bool]:
    """The new row, or the one that 49 others raced us to (partial unique index)."""
    resource_id, routing_kind, exercise = row.resource_id, row.routing_kind, row.exercise
    try:
        with tx.begin_nested():
            tx.add(row)
            tx.flush()
    except IntegrityError:
        winner = _open_one(tx, resource_id, routing_kind, exercise=exercise)
        if winner is None:  # the winner was closed in between; the next attempt opens anew
            raise ConflictError("The incident changed while it was opened; try again.") from None
        return winner, False
    return row, True


def _opened(tx: Session, incident: Incident, by: str, at: datetime) -> None:
    audit.record(
        tx,
        actor=by,
        action="incident.open",
        subject=f"incident:{incident.ref}",
        incident=incident.ref,
        at=at,
        resource=incident.resource_id,
        version=incident.version_id,
        platform=incident.platform_id,
        routing_kind=incident.routing_kind,
        category=incident.category,
        exercise=incident.exercise,
    )
    for which, moment in (("accept", incident.accept_by), ("handle", incident.handle_by)):
        promise_clock(tx, incident, which, moment, at)


def promise_clock(
    tx: Session, incident: Incident, which: str, moment: datetime, at: datetime
) -> None:
    """Look at the incident again when a clock ends (law 7: due moments are rows)."""
    outbox.put(
        tx,
        topic="incidents.clock",
        key=f"incidents.clock:{incident.ref}:{which}:{moment.isoformat()}",
        at=at,
        due_at=moment,
        incident=incident.ref,
        which=which,
    )


def join(tx: Session, incident: Incident, complaint_id: int, *, by: str, at: datetime) -> None:
    """Write the complaint into the incident's journal; joining twice is joining once."""
    before = tx.scalar(
        select(IncidentComplaint).where(
            IncidentComplaint.complaint_id == complaint_id,
            IncidentComplaint.kind == incident.routing_kind,
            IncidentComplaint.until.is_(None),
        )
    )
    if before is not None and before.incident_id == incident.id:
        return
    if before is not None:  # a move: triage tied it to another resource
        before.until = at
        tx.flush()
    tx.add(
        IncidentComplaint(
            incident_id=incident.id,
            complaint_id=complaint_id,
            kind=incident.routing_kind,
            since=at,
            by=by,
        )
    )
    tx.flush()
    audit.record(
        tx,
        actor=by,
        action="incident.join",
        subject=f"incident:{incident.ref}",
        incident=incident.ref,
        at=at,
        complaint=complaint_id,
    )
    kept = (DutyState.RUNNING, DutyState.DONE, DutyState.FAILED)
    for row in rows.duties(tx, incident):
        if row.step == Step.PRESERVE_RECORDS and row.state in kept:
            measures.keep_original(tx, incident, complaint_id, at)


def place_precaution(
    tx: Session,
    *,
    incident_ref: str,
    by: str,
    reason: str,
    at: datetime,
    address_id: int | None = None,
) -> IncidentView:
    """先行停传: stop before a finding, under the review clock; a second one changes nothing.

    Raises:
        ConflictError: the norm stops nothing before its report or reminder (Arts. 23, 24).
    """
    incident = rows.lock(tx, incident_ref)
    if incident.state != State.ALLEGED and not _widens(tx, incident, address_id):
        return rows.view(tx, incident)
    duties = precaution_duties(incident.category)
    if not duties.allowed:
        raise ConflictError(
            "Article %(article)s stops nothing at once; there is no precaution for it.",
            article=duties.article,
        )
    incident = rows.take(tx, incident_ref)
    fresh = incident.state == State.ALLEGED
    unlooked = fresh or incident.review_by is None  # a copyright notice's stop has no such clock
    if fresh:
        incident.state = advance(incident.state, Action.PRECAUTION).value
    if unlooked:
        incident.review_by = deadlines.review_due(at).at
    hold = suspension.place_hold(
        tx,
        platform_id=incident.platform_id,
        resource_id=incident.resource_id,
        version_id=incident.version_id,
        incident=incident.ref,
        article=duties.article,
        kind="manual" if by.startswith("account:") else "precaution",
        placed_by=by,
        reason=reason,
        at=at,
        address_id=address_id,
        review_by=incident.review_by,
        exercise=incident.exercise,
    )
    audit.record(
        tx,
        actor=by,
        action="incident.precaution",
        subject=f"incident:{incident.ref}",
        incident=incident.ref,
        at=at,
        hold=hold.ref,
        address=address_id,
        review_by=incident.review_by,
        reason=reason,
    )
    if fresh:
        plan.write_precaution(tx, incident, duties, at)
    else:
        measures.reopen_stop(tx, incident)
    if unlooked:
        if not fresh:
            plan.write_letters(tx, incident, duties, at)
        promise_clock(tx, incident, "review", incident.review_by or at, at)
        incident.rank = 1
    advance_duties(tx, incident, at)
    return rows.view(tx, incident)


def _widens(tx: Session, incident: Incident, address_id: int | None) -> bool:
    """A precaution that stands on one address may be widened; anything else stands already."""
    if incident.state != State.PRECAUTION:
        return False
    standing = [h for h in stops.holds(tx, incident=incident.ref) if h.standing]
    return not any(h.address_id is None or h.address_id == address_id for h in standing)


def to_top(
    tx: Session, *, incident_ref: str, why: str, key: str, at: datetime, role: str = "officer"
) -> None:
    """A proposal stands at the top of the queue and a person is called (design 2.7)."""
    incident = rows.lock(tx, incident_ref)
    incident.rank = TOP
    accounts.page(
        tx,
        key=key,
        why=why,
        at=at,
        role=role,
        platform_id=incident.platform_id,
        incident=incident.ref,
    )


def accept(tx: Session, incident: Incident, *, by: str, at: datetime) -> None:
    """A person has taken it up: the acceptance clock ends and its calls are answered."""
    if incident.accepted_at is None:
        incident.accepted_at = at
    accounts.answer_pages_of(tx, incident=incident.ref, by=by, at=at)
    set_due(tx, incident, at)


def claim(tx: Session, *, ref: str, by: str, at: datetime) -> IncidentView:
    """Take the incident for 15 minutes; claiming again renews. A claim never bars a stop.

    Raises:
        ConflictError: another officer holds it and the lease runs.
    """
    incident = rows.lock(tx, ref)
    renewed = incident.claimed_by == by and (incident.claimed_until or at) > at
    # Who else: a second officer who presses at the same moment.
    done: Any = tx.execute(
        update(Incident)
        .where(
            Incident.id == incident.id,
            or_(
                Incident.claimed_by.is_(None),
                Incident.claimed_by == by,
                Incident.claimed_until <= at,
            ),
        )
        .values(claimed_by=by, claimed_until=at + LEASE)
        .execution_options(synchronize_session=False)
    )
    tx.refresh(incident)
    if not isinstance(done, CursorResult) or done.rowcount != 1:
        raise ConflictError(
            "Another officer is working on incident %(ref)s; the claim frees itself at the end "
            "of its 15 minutes.",
            ref=ref,
        )
    accept(tx, incident, by=by, at=at)
    if not renewed:
        audit.record(
            tx,
            actor=by,
            action="incident.claim",
            subject=f"incident:{ref}",
            incident=ref,
            at=at,
            until=incident.claimed_until,
        )
    return rows.view(tx, incident)


def unclaim(tx: Session, *, ref: str, by: str, at: datetime) -> IncidentView:
    """Give the incident back before the lease ends; somebody else's claim is left alone."""
    incident = rows.lock(tx, ref)
    if incident.claimed_by == by:
        incident.claimed_by = incident.claimed_until = None
        audit.record(
            tx, actor=by, action="incident.unclaim", subject=f"incident:{ref}", incident=ref, at=at
        )
    return rows.view(tx, incident)
