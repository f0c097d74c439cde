"""Targets: what each should have, what it reported, who is calling it just now.

A lower generation is never sent after a higher one: a sender takes the row's lease, reads
today's state, and before it lets go looks whether the state moved on meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from app.accounts import service as accounts
from app.audit import service as audit
from app.core.errors import ConflictError, ForbiddenError, InvalidError, UnavailableError
from app.suspension import generation, queries, target
from app.suspension.models import Enforcement, FeedEntry, FeedHead, StopState, Target
from app.suspension.target import Wanted, Way
from app.suspension.values import Match

SENDING = timedelta(seconds=18)  # longer than any push; a killed sender's end is met by try 4
LATE = timedelta(seconds=60)
SEEN_EVERY = timedelta(seconds=10)


@dataclass(frozen=True)
class Sending:
    """One call to make: to whom, with what, and on whose lease."""

    enforcement_id: int
    target: str
    kind: str
    config: dict[str, Any]
    secret_name: str | None
    wanted: Wanted


def add_target(
    tx: Session,
    *,
    kind: str,
    name: str,
    must: bool,
    at: datetime,
    by: str = "system:cli",
    platform_id: int | None = None,
    config: dict[str, Any] | None = None,
    api_key_id: int | None = None,
) -> int:
    """A new target; it is told at once of everything that is dark now. Answers its id.

    Raises:
        InvalidError: unknown kind, settings that cannot work, or a name that is no plain word.
        ConflictError: the name is taken.
    """
    made = target.kind(kind)
    made.check(config or {})
    if not name or not all(c.isalnum() or c in "-_" for c in name):
        raise InvalidError("A target's name has only letters, digits, - and _.")
    if tx.scalar(select(Target.id).where(Target.name == name)) is not None:
        raise ConflictError("There is a target of that name already.")
    generation.lock_head(tx)
    row = Target(
        platform_id=platform_id,
        kind=kind,
        name=name,
        must=must,
        config=config or {},
        secret_name=f"target:{name}" if made.way is Way.PUSH else None,
        api_key_id=api_key_id,
    )
    tx.add(row)
    tx.flush()
    for state in tx.scalars(select(StopState).where(StopState.dark.is_(True))):
        if platform_id in {None, queries.platform_of(tx, state.resource_id)}:
            generation.want_of(tx, row, state, at=at)
    audit.record(
        tx, actor=by, action="target.add", subject=f"target:{name}", at=at, kind=kind, must=must
    )
    return row.id


def disable_target(tx: Session, *, name: str, by: str, at: datetime) -> None:
    """Nobody waits for this target any more; its place in old rounds stays.

    Raises:
        InvalidError: no such target.
    """
    row = tx.scalar(select(Target).where(Target.name == name))
    if row is None:
        raise InvalidError("There is no target of that name.")
    row.disabled_at = row.disabled_at or at
    audit.record(tx, actor=by, action="target.disable", subject=f"target:{name}", at=at)


def heard(tx: Session, *, api_key_id: int, at: datetime) -> None:
    """The edge asked for the feed: it is alive."""
    tx.execute(update(Target).where(Target.api_key_id == api_key_id).values(seen_at=at))


def acked(tx: Session, *, name: str, api_key_id: int, epoch: int, seq: int, at: datetime) -> int:
    """The edge says it applied the feed up to ``seq``; answers for how many resources.

    What it says is not yet darkness: the probe is sent to look.

    Raises:
        ForbiddenError: the key is not this target's.
        InvalidError: the edge claims what was never written.
    """
    row = tx.scalar(
        select(Target).where(Target.name == name, Target.disabled_at.is_(None)).with_for_update()
    )
    if row is None or row.api_key_id != api_key_id:
        raise ForbiddenError("This key does not report for that target.")
    row.seen_at = at
    now = tx.execute(select(FeedHead.epoch, FeedHead.seq)).first()
    if now is None or (epoch, seq) > tuple(now):
        raise InvalidError("The feed was never there.")
    if epoch != now[0]:
        return 0  # a state from before a restore: it will fetch the snapshot
    row.applied_epoch, row.applied_seq = max((row.applied_epoch, row.applied_seq), (epoch, seq))
    upto = (
        select(func.max(FeedEntry.generation))
        .where(
            FeedEntry.resource_id == Enforcement.resource_id,
            FeedEntry.epoch == epoch,
            FeedEntry.seq <= seq,
        )
        .scalar_subquery()
    )
    behind = tx.execute(
        select(Enforcement, upto).where(
            Enforcement.target_id == row.id,
            Enforcement.epoch == epoch,
            Enforcement.applied < Enforcement.desired,
        )
    ).all()
    reached = 0
    for enforcement, applied in behind:
        if applied is not None:
            reached += _reached(tx, enforcement, generation_applied=applied, at=at)
    return reached


def begin_push(
    tx: Session, *, target_id: int, resource_id: int, holder: str, at: datetime
) -> Sending | None:
    """Take the lease and today's state; None when there is nothing left to tell.

    Raises:
        UnavailableError: another worker is calling this target about this resource.
    """
    row = tx.scalar(
        select(Enforcement)
        .where(Enforcement.target_id == target_id, Enforcement.resource_id == resource_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    told = tx.get(Target, target_id)
    if row is None or told is None or told.disabled_at or row.applied >= row.desired:
        return None
    taken = tx.execute(
        update(Enforcement)
        .where(
            Enforcement.id == row.id,
            or_(
                Enforcement.sending_until.is_(None),
                Enforcement.sending_until <= at,
                Enforcement.sending_by == holder,
            ),
        )
        .values(sending_until=at + SENDING, sending_by=holder, attempts=Enforcement.attempts + 1)
        .execution_options(synchronize_session=False)
    )
    if not (isinstance(taken, CursorResult) and taken.rowcount):
        raise UnavailableError("Another worker is telling this target.")
    return Sending(
        row.id, told.name, told.kind, dict(told.config), told.secret_name,
        wanted(tx, resource_id),
    )  # fmt: skip


def wanted(tx: Session, resource_id: int) -> Wanted:
    """Today's state of the resource as a target must have it."""
    entry = tx.scalars(
        select(FeedEntry)
        .where(FeedEntry.resource_id == resource_id)
        .order_by(FeedEntry.seq.desc())
        .limit(1)
    ).one()
    match = tuple(Match(m["host"], m["path"], m["mode"]) for m in entry.match)
    return Wanted(
        resource=entry.resource,
        epoch=entry.epoch,
        generation=entry.generation,
        dark=entry.dark,
        match=match if entry.dark else (),
        block_ref=entry.block_ref,
        changed_at=entry.at,
    )


def settle_push(
    tx: Session,
    sending: Sending,
    *,
    holder: str,
    at: datetime,
    error: str | None = None,
) -> bool:
    """Record the answer and let the lease go; True when the state moved on: call again."""
    row = tx.scalars(
        select(Enforcement)
        .where(Enforcement.id == sending.enforcement_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    told = tx.get_one(Target, row.target_id)
    row.last_error = error[:500] if error else None
    if error is None:
        told.seen_at = at
        if row.epoch == sending.wanted.epoch:
            _reached(tx, row, generation_applied=sending.wanted.generation, at=at)
    more = error is None and row.applied < row.desired
    if row.sending_by == holder and not more:
        row.sending_by = row.sending_until = None
    return more


def _reached(tx: Session, row: Enforcement, *, generation_applied: int, at: datetime) -> bool:
    if generation_applied <= row.applied:
        return False  # reordered or repeated: a lower generation says nothing new
    row.applied, row.applied_at = min(generation_applied, row.desired), at
    row.last_error = None
    if row.applied < row.desired:
        return False
    row.paged_at = None
    state = tx.get_one(StopState, row.resource_id)
    generation.promise_probe(
        tx, state, n=0, at=at, due_at=at, why=f"applied:{row.target_id}"
    )  # page 2.7: at once when a target reports applied
    return True


def page_late(tx: Session, *, at: datetime) -> int:
    """Call a person about every must target that lags for more than a minute; how many."""
    late = tx.execute(
        select(Enforcement, Target)
        .join(Target, Target.id == Enforcement.target_id)
        .where(
            Target.must.is_(True),
            Target.disabled_at.is_(None),
            Enforcement.applied < Enforcement.desired,
            Enforcement.desired_at <= at - LATE,
            Enforcement.paged_at.is_(None),
        )
    ).all()
    for row, told in late:
        row.paged_at = at
        accounts.page(
            tx,
            key=f"target:{told.id}:{row.resource_id}:{row.epoch}:{row.desired}",
            why="A serving edge has not confirmed a stop for more than a minute.",
            at=at,
            platform_id=queries.platform_of(tx, row.resource_id),
            incident=queries.incident_of(tx, row.resource_id),
        )
        audit.record(
            tx,
            actor="system:suspension",
            action="target.late",
            subject=f"target:{told.name}",
            at=at,
            resource_id=row.resource_id,
            desired=row.desired,
            applied=row.applied,
        )
    return len(late)
