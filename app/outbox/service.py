"""Promising work, claiming it under a lease, finishing it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from app.outbox.models import OutboxRow

LEASE = timedelta(seconds=90)  # longer than any step's own deadline
BACK_OFF = (1, 5, 15, 60)  # seconds; then every five minutes
THEN = 300
GIVE_UP_AFTER = 12


@dataclass(frozen=True)
class Claimed:
    """One row in one worker's hands until its lease ends."""

    id: int
    topic: str
    queue: str
    payload: dict[str, Any]
    attempts: int
    holder: str


def queue_of(topic: str) -> str:
    """Where a topic is worked: a stop is never behind anything else."""
    if topic.startswith(("suspension.", "incidents.")) or topic == "triage.sort":
        return "stop"
    slow = topic.startswith(("evidence.", "intake.files.")) or topic == "triage.shadow"
    return "slow" if slow else "default"


def put(
    tx: Session,
    *,
    topic: str,
    key: str,
    at: datetime,
    due_at: datetime | None = None,
    **payload: Any,
) -> bool:
    """Promise ``topic`` in this transaction; False when that key was promised before.

    The payload holds ids and plain values only, never complaint text.
    """
    queue = queue_of(topic)
    insert = sqlite_insert if tx.get_bind().dialect.name == "sqlite" else pg_insert
    done = tx.execute(
        insert(OutboxRow)
        .values(
            topic=topic,
            queue=queue,
            key=key,
            payload=payload,
            created_at=at,
            due_at=due_at or at,
            attempts=0,
        )
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(OutboxRow.id)
    ).first()
    if due_at is None or due_at <= at:
        tx.info.setdefault("rings", set()).add(queue)
    return done is not None


def claim(tx: Session, *, queue: str, holder: str, at: datetime, limit: int = 1) -> list[Claimed]:
    """Take up to ``limit`` due rows of a queue, oldest due first, each under a lease."""
    due = (
        select(OutboxRow.id)
        .where(
            OutboxRow.queue == queue,
            OutboxRow.due_at <= at,
            OutboxRow.done_at.is_(None),
            OutboxRow.parked_at.is_(None),
            OutboxRow.lease_until.is_(None) | (OutboxRow.lease_until <= at),
        )
        .order_by(OutboxRow.due_at, OutboxRow.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = list(tx.scalars(due))
    if not ids:
        return []
    tx.execute(
        update(OutboxRow)
        .where(OutboxRow.id.in_(ids))
        .values(lease_until=at + LEASE, lease_by=holder, attempts=OutboxRow.attempts + 1)
        .execution_options(synchronize_session=False)
    )
    rows = tx.scalars(
        select(OutboxRow).where(OutboxRow.id.in_(ids)).order_by(OutboxRow.due_at, OutboxRow.id)
    )
    return [Claimed(r.id, r.topic, r.queue, dict(r.payload), r.attempts, holder) for r in rows]


def finish(tx: Session, claimed: Claimed, *, at: datetime) -> bool:
    """Mark done; False when the lease had passed to another worker meanwhile."""
    return _settle(tx, claimed, done_at=at, last_error=None)


def fail(tx: Session, claimed: Claimed, *, error: str, permanent: bool, at: datetime) -> bool:
    """Back off, or park what will not succeed (never a topic of ``suspension``)."""
    for_ever = claimed.topic.startswith("suspension.")
    if not for_ever and (permanent or claimed.attempts >= GIVE_UP_AFTER):
        return _settle(tx, claimed, parked_at=at, last_error=error[:500])
    wait = BACK_OFF[claimed.attempts - 1] if claimed.attempts <= len(BACK_OFF) else THEN
    return _settle(tx, claimed, due_at=at + timedelta(seconds=wait), last_error=error[:500])


def _settle(tx: Session, claimed: Claimed, **values: Any) -> bool:
    # Who else: a worker that took over after our lease ended; its attempts count is higher.
    done = tx.execute(
        update(OutboxRow)
        .where(
            OutboxRow.id == claimed.id,
            OutboxRow.lease_by == claimed.holder,
            OutboxRow.attempts == claimed.attempts,
        )
        .values(lease_until=None, lease_by=None, **values)
        .execution_options(synchronize_session=False)
    )
    return _changed(done) == 1


def blank(tx: Session, *, key: str, names: tuple[str, ...]) -> None:
    """Remove values from a row's payload once they served (day tags)."""
    row = tx.scalar(select(OutboxRow).where(OutboxRow.key == key))
    if row is not None:
        row.payload = {k: v for k, v in row.payload.items() if k not in names}


def again(tx: Session, *, row_id: int, at: datetime) -> bool:
    """Put a parked row back to work, as an officer asked."""
    done = tx.execute(
        update(OutboxRow)
        .where(OutboxRow.id == row_id, OutboxRow.parked_at.is_not(None))
        .values(parked_at=None, attempts=0, due_at=at)
    )
    return _changed(done) == 1


def set_aside(
    tx: Session, *, topics: str, reason: str, at: datetime, due_until: datetime | None = None
) -> int:
    """Park what waits under topics that begin so (due by then, if said); a person decides."""
    waiting = update(OutboxRow).where(
        OutboxRow.topic.startswith(topics, autoescape=True),
        OutboxRow.done_at.is_(None),
        OutboxRow.parked_at.is_(None),
    )
    if due_until is not None:
        waiting = waiting.where(OutboxRow.due_at <= due_until)
    done = tx.execute(
        waiting.values(
            parked_at=at, last_error=reason, lease_until=None, lease_by=None
        ).execution_options(synchronize_session=False)
    )
    return _changed(done)


def free(tx: Session, *, holder: str) -> int:
    """Give back what a dead process of this host held, before its lease ends."""
    done = tx.execute(
        update(OutboxRow)
        .where(OutboxRow.lease_by == holder, OutboxRow.done_at.is_(None))
        .values(lease_until=None, lease_by=None)
    )
    return _changed(done)


def forget_done(tx: Session, *, before: datetime) -> int:
    """Drop rows done long ago; their keys guard nothing any more."""
    rows = tx.query(OutboxRow).filter(OutboxRow.done_at < before)
    return rows.delete(synchronize_session=False)


def _changed(result: Any) -> int:
    return result.rowcount if isinstance(result, CursorResult) else 0
