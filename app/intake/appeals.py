"""Who may not answer an appeal."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.incidents import queries as incidents
from app.intake.models import Complaint, Message

# Who said what came of it; who only stopped as a precaution did not judge.
_JUDGING = frozenset({"confirm", "reject", "release", "close"})


def deciders(session: Session, row: Complaint) -> frozenset[str]:
    """Who judged what the complaint appeals against: they may not answer the appeal."""
    if row.appealed_at is None:
        return frozenset()
    told = session.scalars(
        select(Message.by).where(
            Message.complaint_id == row.id,
            Message.kind == "outcome",
            Message.at <= row.appealed_at,
        )
    )
    judged = (
        decision.by
        for incident in incidents.incidents_of_complaint(session, row.id)
        for decision in incidents.decisions(session, incident.ref)
        if decision.kind in _JUDGING and decision.at <= row.appealed_at
    )
    return frozenset(by for by in (*told, *judged) if by.startswith("account:"))
