"""What the probe saw, written down; from it follows what is called stopped (law 3)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.accounts import service as accounts
from app.audit import service as audit
from app.outbox import service as outbox
from app.suspension import cadence, generation, queries
from app.suspension.cover import is_covered
from app.suspension.models import Enforcement, Observation, ProbeRound, StopState, Target
from app.suspension.sight import Sight, Verdict
from app.suspension.values import OURS, ResourceState


def record_round(
    tx: Session, *, resource_id: int, epoch: int, generation_seen: int,
    sights: Sequence[Sight], at: datetime,
) -> StopState:  # fmt: skip
    """Keep the round as evidence and draw its consequences for today's generation.

    A round that set out under an older generation is kept, and draws none.
    """
    generation.lock_head(tx)
    state = tx.get_one(StopState, resource_id, populate_existing=True)
    dark = {s.address_id: _observe(tx, s, resource_id, generation_seen, at) for s in sights}
    ours = [s for s in sights if s.hosting in OURS]
    holding = queries.standing(tx, resource_id)
    wanted = [s for s in ours if is_covered(holding, s.address_id)]
    all_dark = all(dark[s.address_id] for s in wanted)
    tx.add(
        ProbeRound(
            resource_id=resource_id,
            generation=generation_seen,
            at=at,
            all_dark=bool(wanted) and all_dark,
            seen=[_seen(s, dark=dark[s.address_id]) for s in sights],
        )
    )
    state.probed_at = at
    state.state = _seen_state([dark[s.address_id] for s in ours])
    if (state.epoch, state.generation) == (epoch, generation_seen):
        free = [s for s in ours if s not in wanted]
        lit = all(s.lit for s in free)
        _conclude(tx, state, all_dark=all_dark, lit=lit, at=at)
    tx.flush()
    return state


def _observe(
    tx: Session, sight: Sight, resource_id: int, generation_seen: int, at: datetime
) -> bool:
    """The address's darkness after this look."""
    row = tx.get(Observation, sight.address_id)
    same = row is not None and row.status == sight.status and row.block_ref == sight.block_ref
    agreeing = row.agreeing + 1 if row is not None and same else 1
    was_dark = row is not None and row.dark
    match sight.verdict:
        case Verdict.DARK:
            dark = True
        case Verdict.GONE:  # without our reference only when two rounds agree
            dark = agreeing > 1
        case Verdict.NO_ANSWER | Verdict.OTHER:  # proves nothing: it changes nothing
            dark = was_dark
        case _:
            dark = False
    if row is None:
        row = Observation(address_id=sight.address_id, resource_id=resource_id)
        tx.add(row)
    row.generation, row.at = generation_seen, at
    row.dark, row.agreeing, row.error = dark, agreeing, sight.error
    row.status, row.block_ref = sight.status, sight.block_ref
    row.dark_since = (row.dark_since if was_dark else at) if dark else None
    return dark


def _seen(sight: Sight, *, dark: bool) -> dict[str, object]:
    return {
        "url": sight.url,
        "hosting": sight.hosting,
        "status": sight.status,
        "block_ref": sight.block_ref,
        "dark": dark,
        "ms": sight.ms,
        "error": sight.error,
    }


def _seen_state(dark: list[bool]) -> str:
    if dark and all(dark):
        return ResourceState.STOPPED
    return ResourceState.PARTLY_STOPPED if any(dark) else ResourceState.ONLINE


def _conclude(tx: Session, state: StopState, *, all_dark: bool, lit: bool, at: datetime) -> None:
    settled = all_dark and must_applied(tx, state) if state.dark else lit
    news = settled and state.settled_generation != state.generation
    if state.dark and settled and state.stopped_at is None:
        state.stopped_at = at
        _say(tx, state, "resource.dark", at)
    if state.dark and not all_dark and state.stopped_at is not None:
        _served_again(tx, state, at)
    if news:
        state.settled_generation, state.settled_at = state.generation, at
        if not state.dark:
            _say(tx, state, "resource.light", at)
        _up(tx, state, "incidents.went_dark" if state.dark else "incidents.went_light", at)
    elif not settled:
        state.settled_generation = state.settled_at = None


def _served_again(tx: Session, state: StopState, at: datetime) -> None:
    state.stopped_at = None
    _say(tx, state, "resource.served_again", at)
    accounts.page(
        tx,
        key=f"served:{state.resource_id}:{state.epoch}:{state.generation}:{at.isoformat()}",
        why="A stopped resource is being served again.",
        at=at,
        platform_id=queries.platform_of(tx, state.resource_id),
        incident=queries.incident_of(tx, state.resource_id),
    )


def must_applied(tx: Session, state: StopState) -> bool:
    """Whether every must target reported this generation."""
    behind = tx.scalar(
        select(Enforcement.id)
        .join(Target, Target.id == Enforcement.target_id)
        .where(
            Enforcement.resource_id == state.resource_id,
            Target.must.is_(True),
            Target.disabled_at.is_(None),
            or_(Enforcement.applied < state.generation, Enforcement.epoch != state.epoch),
        )
        .limit(1)
    )
    return behind is None


def _up(tx: Session, state: StopState, topic: str, at: datetime) -> None:
    outbox.put(
        tx,
        topic=topic,
        key=f"{topic}:{state.resource_id}:{state.epoch}:{state.generation}",
        at=at,
        resource_id=state.resource_id,
        generation=state.generation,
    )


def _say(tx: Session, state: StopState, action: str, at: datetime) -> None:
    audit.record(
        tx,
        actor="system:probe",
        action=action,
        subject=f"resource:{state.resource_id}",
        at=at,
        incident=queries.incident_of(tx, state.resource_id),
        epoch=state.epoch,
        generation=state.generation,
    )


def promise_next(tx: Session, state: StopState, *, n: int, at: datetime) -> None:
    """The chain's next look, if there is one."""
    due = cadence.next_look(
        changed_at=state.changed_at,
        dark=state.dark,
        settled_at=state.settled_at if state.settled_generation == state.generation else None,
        at=at,
    )
    if due is not None:
        generation.promise_probe(tx, state, n=n + 1, at=at, due_at=due)
