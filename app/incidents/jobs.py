"""What comes back to an incident: the probe's sight, captures, letters, clocks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import service as accounts
from app.audit import service as audit
from app.core import clock
from app.core.keystore import keys
from app.core.transaction import reading, transaction
from app.evidence import queries as evidence_queries
from app.evidence import service as evidence
from app.evidence import vault
from app.evidence.decisions import MEDIA_TYPE, signed
from app.evidence.values import CaptureState
from app.incidents import duties, queries, rows
from app.incidents.models import Decision, Duty, Incident
from app.incidents.plan import RESUME
from app.incidents.service import TOP
from app.incidents.states import OPEN, DutyState, State
from app.incidents.values import DecisionView
from app.norm.values import Step
from app.notices import queries as notices
from app.notices import service as notice_service
from app.suspension import queries as stops

_WAITING_STATES = (DutyState.OPEN.value, DutyState.RUNNING.value)


def went_dark(resource_id: int, generation: int) -> None:
    """A probe saw every address dark: the stop duty is done, what waited for it begins."""
    at = clock.now()
    with transaction() as tx:
        for incident in _of_resource(tx, resource_id):
            duties.advance_duties(tx, incident, at)


def went_light(resource_id: int, generation: int) -> None:
    """A probe saw it served again: right after a lift, an alarm while a hold stands."""
    at = clock.now()
    with transaction() as tx:
        seen = stops.stop_state(tx, resource_id)
        if seen.generation != generation:
            return  # the holds changed since; another look follows
        for incident in _of_resource(tx, resource_id):
            if seen.dark and any(h.standing for h in stops.holds(tx, incident=incident.ref)):
                _served_again(tx, incident, generation, at)
        if not seen.dark:
            _served_rightly(tx, resource_id, generation, at)


def _served_again(tx: Session, incident: Incident, generation: int, at: datetime) -> None:
    for row in rows.duties(tx, incident):
        if row.step == Step.STOP_TRANSMISSION and row.state == DutyState.DONE:
            row.state, row.done_at = DutyState.RUNNING.value, None
    incident.rank = TOP
    accounts.page(
        tx,
        key=f"served:{incident.ref}:{generation}:{at.isoformat()}",
        why="A stopped resource is served again; see which address.",
        at=at,
        platform_id=incident.platform_id,
        incident=incident.ref,
    )


def _served_rightly(tx: Session, resource_id: int, generation: int, at: datetime) -> None:
    """The last incident that let go notes when a probe saw the resource served again."""
    incident = tx.scalar(
        select(Incident)
        .where(
            Incident.resource_id == resource_id,
            Incident.state.in_([State.RELEASED.value, State.LIFTED.value, State.CLOSED.value]),
        )
        .order_by(Incident.closed_at.desc())
        .limit(1)
    )
    if incident is not None:
        audit.record(
            tx,
            actor="system:probe",
            action="incident.light",
            subject=f"incident:{incident.ref}",
            incident=incident.ref,
            at=at,
            generation=generation,
        )


def _of_resource(tx: Session, resource_id: int) -> list[Incident]:
    """Incidents whose stop may be waiting for this sight: open ones and removed ones."""
    states = [state.value for state in OPEN | {State.REMOVED}]
    return list(
        tx.scalars(
            select(Incident)
            .where(Incident.resource_id == resource_id, Incident.state.in_(states))
            .order_by(Incident.id)
            .with_for_update()
        )
    )


def capture_settled(incident: str) -> None:
    """Every capture is done or has failed: what waited for the records begins."""
    at = clock.now()
    with transaction() as tx:
        row = rows.lock(tx, incident)
        failed = sum(
            one.state == CaptureState.FAILED for one in evidence_queries.captures(tx, incident)
        )
        duties.settle_capture(tx, row, failed=failed, at=at)


def notice_settled(duty_key: str, state: str) -> None:
    """A letter was sent, signed for, bounced or failed."""
    at = clock.now()
    with transaction() as tx:
        duties.settle_letter(tx, duty_key=duty_key, state=state, at=at)


def on_clock(incident: str, which: str) -> None:
    """A clock of the incident ended; what it means depends on where the incident stands now."""
    at = clock.now()
    with transaction() as tx:
        row = rows.lock(tx, incident)
        if which == "review":
            _review_ended(tx, row, at)
        elif which in _LATE:
            _late(tx, row, which, at)
        duties.advance_duties(tx, row, at)


def _review_ended(tx: Session, row: Incident, at: datetime) -> None:
    """Nobody decided in 30 minutes: the supervisor is called, the letters go, the hold stays."""
    if row.state != State.PRECAUTION or row.review_ended_at is not None:
        return
    if row.review_by is not None and row.review_by > at:
        return
    row.review_ended_at = at
    row.rank = TOP
    accounts.page(
        tx,
        key=f"review:{row.ref}",
        why="The review clock of a precaution has ended and nobody has decided.",
        at=at,
        role="supervisor",
        platform_id=row.platform_id,
        incident=row.ref,
    )
    audit.record(
        tx,
        actor="system:clock",
        action="incident.review_ended",
        subject=f"incident:{row.ref}",
        incident=row.ref,
        at=at,
    )


# which → (is it late?, whom to call, what to say)
_LATE: dict[str, tuple[Callable[[Incident], bool], str, str]] = {
    "accept": (
        lambda row: row.open and row.accepted_at is None,
        "officer",
        "Nobody has taken up this incident within the time for acceptance.",
    ),
    "handle": (
        lambda row: row.state in (State.ALLEGED, State.PRECAUTION),
        "supervisor",
        "Nobody has decided this incident within the time for handling.",
    ),
    "second": (
        lambda row: row.pending is not None,
        "supervisor",
        "A decision has waited too long for a second person.",
    ),
    "resume": (
        lambda row: row.open,
        "supervisor",
        "A counter-notice waits too long: the law restores at once.",
    ),
}


def _late(tx: Session, row: Incident, which: str, at: datetime) -> None:
    late, role, why = _LATE[which]
    if late(row) and not (which == "resume" and not _resuming(tx, row)):
        accounts.page(
            tx,
            key=f"{which}:{row.ref}:{row.version}",
            why=why,
            at=at,
            role=role,
            platform_id=row.platform_id,
            incident=row.ref,
        )


def _resuming(tx: Session, row: Incident) -> bool:
    return any(
        one.step == RESUME and one.state == DutyState.RUNNING for one in rows.duties(tx, row)
    )


def sweep() -> None:
    """Advance what is due although nobody rang: a role filled since, a clock row lost."""
    at = clock.now()
    with reading() as session:
        refs = session.scalars(
            select(Incident.ref)
            .join(Duty, Duty.incident_id == Incident.id)
            .where(
                Duty.state.in_(_WAITING_STATES),
                Duty.due_at <= at,
                Duty.duty_key.is_(None),
                Incident.state != State.MERGED,
            )
            .distinct()
            .limit(500)
        ).all()
    for ref in refs:
        with transaction() as tx:
            duties.advance_duties(tx, rows.lock(tx, ref), at)


def keep_decision(decision_id: int) -> None:
    """Seal a decision as evidence: canonical JSON, signed, in the vault."""
    with reading() as session:
        found = queries.decision(session, decision_id)
    if found is None or found[0].evidence_ref is not None:
        return
    decision, ref = found
    stored = vault.put(signed(_statement(decision, ref), keys().signer("decision")))
    with transaction() as tx:
        row = tx.get_one(Decision, decision_id)
        if row.evidence_ref is not None:
            return
        item = evidence.record(
            tx,
            incident=ref,
            kind="decision",
            title=f"{decision.kind} {decision.at:%Y-%m-%d}",
            stored=stored,
            media_type=MEDIA_TYPE,
            by=decision.by,
            at=clock.now(),
            facts={"decision": decision.id, "kind": decision.kind},
        )
        row.evidence_ref = item.ref


def _statement(decision: DecisionView, ref: str) -> dict[str, Any]:
    return {
        "incident": ref,
        "decision": decision.id,
        "kind": decision.kind,
        "category": decision.category,
        "routing_kind": decision.routing_kind,
        "reason": decision.reason,
        "by": decision.by,
        "at": decision.at,
        "document_no": decision.document_no,
        "document_date": decision.document_date,
        "facts": decision.facts,
    }


def keep_letter(notice_ref: str) -> None:
    """Keep a letter's frozen bytes as evidence: what was said to whom, as it was sent."""
    with reading() as session:
        letter = notices.letter(session, notice_ref)
        text, html, _mail = notices.rendered(session, notice_ref)
    if letter.incident is None:
        return
    kept = [(vault.put(text), "text/plain; charset=utf-8"), (vault.put(html), "text/html")]
    with transaction() as tx:
        at = clock.now()
        for stored, media_type in kept:
            evidence.record(
                tx,
                incident=letter.incident,
                kind="letter",
                title=f"{letter.number} {letter.body}",
                stored=stored,
                media_type=media_type,
                by="system:notices",
                at=at,
                facts={"notice": letter.ref, "number": letter.number, "kind": letter.kind},
            )
        notice_service.kept(tx, notice_ref=notice_ref, vault_sha256=kept[1][0].sha256, at=at)


JOBS: dict[str, Callable[..., None]] = {
    "incidents.went_dark": went_dark,
    "incidents.went_light": went_light,
    "incidents.capture_settled": capture_settled,
    "incidents.notice_settled": notice_settled,
    "incidents.clock": on_clock,
    "incidents.sweep": sweep,
    "incidents.keep_decision": keep_decision,
    "incidents.notice_rendered": keep_letter,
}
PERIODIC: dict[str, int] = {"incidents.sweep": 60}
