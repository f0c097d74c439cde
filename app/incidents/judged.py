"""What persons decided about complaints: the verdicts that the classifier learns from."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.incidents.models import Decision, Incident, IncidentComplaint
from app.incidents.states import UNFOUNDED
from app.incidents.values import Judged

_PERSON = "account:"


def judged(session: Session) -> Iterator[Judged]:
    """Every complaint that stands in an incident a person decided on; no exercises.

    A finding by rule or by the authority's designation alone says nothing about the text.
    """
    changed = set(
        session.scalars(select(Decision.incident_id).where(Decision.kind == "reclassify"))
    )
    query = (
        select(IncidentComplaint, Incident)
        .join(Incident, Incident.id == IncidentComplaint.incident_id)
        .where(IncidentComplaint.until.is_(None), Incident.exercise.is_(False))
        .order_by(IncidentComplaint.id)
    )
    for row, incident in session.execute(query):
        verdict, at = _verdict(row, incident, changed)
        if at is not None:
            yield Judged(
                complaint_id=row.complaint_id,
                incident=incident.ref,
                routing_kind=incident.routing_kind,
                kind=incident.kind,
                verdict=verdict,
                at=at,
            )


def _verdict(
    row: IncidentComplaint, incident: Incident, changed: set[int]
) -> tuple[str, datetime | None]:
    if incident.state in UNFOUNDED or incident.mistaken_at is not None:
        return "unfounded", incident.closed_at or incident.mistaken_at
    if incident.found_at is not None and (incident.found_by or "").startswith(_PERSON):
        return "reclassified" if incident.id in changed else "confirmed", incident.found_at
    if row.by.startswith(_PERSON):
        return "placed", row.since
    return "", None
