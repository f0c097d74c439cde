"""One step of a resource's generation: rules, feed entry, enforcement rows, promises.

State, not events, goes to the edges (law 2): whatever changed, today's dark places are worked
out anew from the standing holds. All under the feed head's row lock, so that the order of
commits is the order of the feed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from app.catalogue import queries as catalogue
from app.outbox import service as outbox
from app.suspension import queries, target
from app.suspension.cover import block_ref, dark_places, is_covered
from app.suspension.models import DenyRule, Enforcement, FeedEntry, FeedHead, StopState, Target
from app.suspension.target import Way
from app.suspension.values import HoldView, Match, Mode, ResourceState

FIRST_LOOK = timedelta(seconds=2)  # a target that reports sooner brings the probe at once


def lock_head(tx: Session) -> FeedHead:
    """Hold the feed head until the end of this transaction; every hold change begins here."""
    insert = sqlite_insert if tx.get_bind().dialect.name == "sqlite" else pg_insert
    tx.execute(insert(FeedHead).values(id=1, epoch=1, seq=0).on_conflict_do_nothing())
    return tx.scalars(
        select(FeedHead)
        .where(FeedHead.id == 1)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def advance(tx: Session, *, resource_id: int, at: datetime) -> StopState:
    """Let the resource's generation grow and tell everyone what is dark now."""
    head = lock_head(tx)
    tx.flush()
    resource = catalogue.resource(tx, resource_id)
    holding = queries.standing(tx, resource_id)
    wanted = _wanted(tx, resource_id, holding)
    state = _next_state(tx, head, resource_id=resource_id, dark=bool(holding), at=at)
    before = _places(tx, resource_id)
    ref = block_ref(holding)
    after = _write_rules(tx, state, resource=resource.ref, wanted=wanted, ref=ref)
    if set(after) - set(before) or not holding:
        state.stopped_at = None  # more to see dark, or nothing to stop
    head.seq += 1
    tx.add(
        FeedEntry(
            seq=head.seq,
            epoch=head.epoch,
            generation=state.generation,
            resource_id=resource_id,
            resource=resource.ref,
            match=[{"host": m.host, "path": m.path, "mode": m.mode} for m in after or before],
            block_ref=ref if after else None,
            dark=bool(after),
            at=at,
        )
    )
    waits = _want(tx, state, platform_id=resource.platform_id, at=at)
    promise_probe(tx, state, n=0, at=at, due_at=at + FIRST_LOOK if waits else at)
    tx.flush()
    return state


def drifted(tx: Session, resource_id: int) -> bool:
    """Whether the catalogue's addresses moved from under the rules of a held resource."""
    holding = queries.standing(tx, resource_id)
    wanted = _wanted(tx, resource_id, holding)
    free = set(wanted) - set(_places(tx, resource_id))
    return bool(set(_places(tx, resource_id)) - set(wanted)) or bool(free - _others(tx, free))


def _wanted(tx: Session, resource_id: int, holding: Sequence[HoldView]) -> list[Match]:
    """What must be dark; a catalogue edit alone lets nothing go that is covered and dark (law 4).

    An address that is called external now, or exact where it was a prefix, stays as it was.
    """
    places = queries.addresses(tx, resource_id)
    before = {(m.host, m.path): m for m in _places(tx, resource_id)}
    wanted = {(m.host, m.path): m for m in dark_places(holding, places)}
    for place in places:
        key = (place.host, place.path)
        old = before.get(key)
        narrower = key not in wanted or (old is not None and old.mode == Mode.PREFIX)
        if old is not None and narrower and is_covered(holding, place.id):
            wanted[key] = old
    return sorted(wanted.values())


def _next_state(
    tx: Session, head: FeedHead, *, resource_id: int, dark: bool, at: datetime
) -> StopState:
    state = tx.get(StopState, resource_id, populate_existing=True)
    if state is None:
        state = StopState(
            resource_id=resource_id, epoch=head.epoch, generation=0, state=ResourceState.ONLINE
        )
        tx.add(state)
    state.epoch = head.epoch
    state.generation += 1
    state.dark = dark
    state.changed_at = at
    return state


def batched(values: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """``values`` in parts a database takes as parameters."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


def _places(tx: Session, resource_id: int) -> list[Match]:
    rows = tx.execute(
        select(DenyRule.host, DenyRule.path, DenyRule.mode).where(
            DenyRule.resource_id == resource_id
        )
    )
    return sorted(Match(*row) for row in rows)


def _others(tx: Session, wanted: Collection[Match]) -> set[Match]:
    """Those of the places that a rule names already (here: another resource's)."""
    taken: set[tuple[str, str]] = set()
    for part in batched([m.path for m in wanted], 500):
        rows = tx.execute(select(DenyRule.host, DenyRule.path).where(DenyRule.path.in_(part)))
        taken.update((host, path) for host, path in rows)
    return {m for m in wanted if (m.host, m.path) in taken}


def _write_rules(
    tx: Session, state: StopState, *, resource: str, wanted: Sequence[Match], ref: str | None
) -> list[Match]:
    tx.execute(delete(DenyRule).where(DenyRule.resource_id == state.resource_id))
    if ref is None or not wanted:
        return []
    # An address that moved between two held resources stays the other's until that one changes.
    taken = _others(tx, wanted)
    kept = [m for m in wanted if m not in taken]
    for m in kept:
        tx.add(
            DenyRule(
                host=m.host,
                path=m.path,
                mode=m.mode,
                resource_id=state.resource_id,
                resource=resource,
                generation=state.generation,
                block_ref=ref,
            )
        )
    return kept


def _want(tx: Session, state: StopState, *, platform_id: int, at: datetime) -> bool:
    """One enforcement row per active target; True when some target has yet to report."""
    waits = False
    for told in tx.scalars(
        select(Target).where(
            Target.disabled_at.is_(None),
            or_(Target.platform_id.is_(None), Target.platform_id == platform_id),
        )
    ):
        waits = want_of(tx, told, state, at=at) or waits
    return waits


def want_of(tx: Session, told: Target, state: StopState, *, at: datetime) -> bool:
    """Write what this target should reach for this resource, and promise to tell it."""
    row = tx.scalar(
        select(Enforcement).where(
            Enforcement.target_id == told.id, Enforcement.resource_id == state.resource_id
        )
    )
    if row is None:
        row = Enforcement(
            target_id=told.id, resource_id=state.resource_id, desired_at=at,
            epoch=state.epoch, desired=0, applied=0,
        )  # fmt: skip
        tx.add(row)
    if row.applied >= row.desired:  # one that was behind already is late since then
        row.desired_at, row.paged_at = at, None
    if row.epoch != state.epoch:
        row.applied = 0
    row.epoch, row.desired = state.epoch, state.generation
    way = target.kind(told.kind).way
    if way is Way.LIVE:
        row.applied, row.applied_at = state.generation, at
        return False
    if way is Way.PUSH:
        outbox.put(
            tx,
            topic="suspension.push",
            key=f"suspension.push:{told.id}:{state.resource_id}:{state.epoch}:{state.generation}",
            at=at,
            target_id=told.id,
            resource_id=state.resource_id,
        )
    return True


def promise_probe(
    tx: Session, state: StopState, *, n: int, at: datetime, due_at: datetime, why: str = "chain"
) -> None:
    """Promise one look; ``chain`` looks promise their next one themselves."""
    name = f"{state.resource_id}:{state.epoch}:{state.generation}"
    outbox.put(
        tx,
        topic="suspension.probe",
        key=f"suspension.probe:{name}:{why}:{n}",
        at=at,
        due_at=due_at,
        resource_id=state.resource_id,
        epoch=state.epoch,
        generation=state.generation,
        n=n,
        chain=why == "chain",
    )
