"""What is due, what waits, what was given up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.outbox.models import OutboxRow


@dataclass(frozen=True)
class Parked:
    """A promise that was given up and waits for a person."""

    id: int
    topic: str
    attempts: int
    error: str
    parked_at: datetime


def due_queues(session: Session, *, at: datetime) -> list[str]:
    """Queues that have a due row nobody holds."""
    return list(
        session.scalars(
            select(OutboxRow.queue)
            .where(
                OutboxRow.due_at <= at,
                OutboxRow.done_at.is_(None),
                OutboxRow.parked_at.is_(None),
                OutboxRow.lease_until.is_(None) | (OutboxRow.lease_until <= at),
            )
            .distinct()
        )
    )


def lag(session: Session, *, at: datetime) -> dict[str, float]:
    """Seconds by which the oldest due row of each queue is late."""
    rows = session.execute(
        select(OutboxRow.queue, func.min(OutboxRow.due_at))
        .where(
            OutboxRow.done_at.is_(None),
            OutboxRow.parked_at.is_(None),
            OutboxRow.due_at <= at,
        )
        .group_by(OutboxRow.queue)
    )
    return {queue: (at - oldest).total_seconds() for queue, oldest in rows}


def last_done(session: Session) -> datetime | None:
    """When a worker finished something last: whether the parts run at all."""
    return session.scalar(select(func.max(OutboxRow.done_at)))


def parked(session: Session, *, limit: int = 50) -> list[Parked]:
    """Given-up promises, newest first."""
    rows = session.scalars(
        select(OutboxRow)
        .where(OutboxRow.parked_at.is_not(None))
        .order_by(OutboxRow.parked_at.desc())
        .limit(limit)
    )
    return [
        Parked(r.id, r.topic, r.attempts, r.last_error or "", r.parked_at)
        for r in rows
        if r.parked_at
    ]


def holders(session: Session) -> list[str]:
    """Who holds a lease on unfinished work: ``host:pid:thread``."""
    return [
        holder
        for holder in session.scalars(
            select(OutboxRow.lease_by)
            .where(OutboxRow.done_at.is_(None), OutboxRow.lease_by.is_not(None))
            .distinct()
        )
        if holder
    ]
