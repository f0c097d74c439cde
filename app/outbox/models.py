"""Promised work. Time never lives in Redis."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Id


class OutboxRow(Base):
    """One promise: do ``topic`` with ``payload`` (ids and plain values only) at ``due_at``."""

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    topic: Mapped[str]
    queue: Mapped[str]
    key: Mapped[str] = mapped_column(unique=True)  # promising twice is promising once
    payload: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None]
    lease_by: Mapped[str | None]
    last_error: Mapped[str | None]
    parked_at: Mapped[datetime | None]  # gave up: shown on the desk
    done_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "ix_outbox_due",
            "queue",
            "due_at",
            sqlite_where=text("done_at IS NULL AND parked_at IS NULL"),
            postgresql_where=text("done_at IS NULL AND parked_at IS NULL"),
        ),
    )
