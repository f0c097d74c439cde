"""Telling complainants what came of it; that is what closes a complaint (law 10)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.intake.conversation import say, set_state
from app.intake.models import Complaint, Message
from app.intake.states import State


def outcome(
    tx: Session, *, complaint_id: int, key: str, at: datetime, article: int | None = None,
    by: str = "system:intake",
) -> bool:  # fmt: skip
    """Tell the complainant what came of it (law 10); the same answer twice is one answer.

    ``key`` names a text of ``outcomes.py``; ``article`` is quoted beneath it. A complaint that was
    opened again, or appeals, is told so too, but only an officer's own answer closes it.
    """
    row = tx.get_one(Complaint, complaint_id)
    text = f"outcome:{key}:{article}" if article else f"outcome:{key}"
    if row.state == State.WITHDRAWN or row.erased_at is not None or _told(tx, row) == text:
        return False
    reopened = row.state != State.CLOSED and _told(tx, row) is not None
    say(tx, row, direction="out", kind="outcome", text=text, by=by, at=at)
    audit.record(
        tx, actor=by, action="complaint.outcome", subject=f"complaint:{row.ref}", at=at, outcome=key
    )
    if not reopened:
        row.outcome = key
        set_state(tx, complaint_id, State.CLOSED, at, by=by)
    return True


def _told(tx: Session, row: Complaint) -> str | None:
    """The answer given last; keys and articles are no words that masking would touch."""
    return tx.scalar(
        select(Message.masked_text)
        .where(Message.complaint_id == row.id, Message.kind == "outcome")
        .order_by(Message.id.desc())
        .limit(1)
    )
