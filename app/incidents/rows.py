"""Finding, locking and showing incident rows; the one place that grows ``version``."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from app.core.errors import ConflictError, NotFoundError
from app.incidents.models import Decision, Duty, Incident, IncidentComplaint
from app.incidents.values import DecisionView, DutyView, IncidentView
from app.norm.book import BOOK


def by_ref(session: Session, ref: str) -> Incident:
    """The row, for reading."""
    row = session.scalar(select(Incident).where(Incident.ref == ref))
    if row is None:
        raise NotFoundError("There is no incident %(ref)s.", ref=ref)
    return row


def lock(tx: Session, ref: str) -> Incident:
    """The row as it is now, locked until the transaction ends."""
    row = tx.scalar(
        select(Incident)
        .where(Incident.ref == ref)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFoundError("There is no incident %(ref)s.", ref=ref)
    return row


def take(tx: Session, ref: str, version: int | None = None) -> Incident:
    """The locked row with its version grown by one, for an act that others must notice.

    Raises:
        ConflictError: somebody else acted since ``version`` was read.
    """
    row = lock(tx, ref)
    if version is not None and row.version != version:
        raise ConflictError(
            "Somebody else acted on incident %(ref)s first; it is now %(state)s. "
            "Look at it again before you decide.",
            ref=ref,
            state=row.state,
        )
    # Who else: another officer's transaction on a database without row locks.
    done: Any = tx.execute(
        update(Incident)
        .where(Incident.id == row.id, Incident.version == row.version)
        .values(version=Incident.version + 1)
        .execution_options(synchronize_session=False)
    )
    if not isinstance(done, CursorResult) or done.rowcount != 1:
        raise ConflictError("Somebody else acted on incident %(ref)s first.", ref=ref)
    tx.refresh(row)
    return row


def duties(session: Session, incident: Incident) -> list[Duty]:
    """Every duty row of the incident, in order."""
    return list(
        session.scalars(select(Duty).where(Duty.incident_id == incident.id).order_by(Duty.seq))
    )


def complaint_ids(session: Session, incident_id: int) -> tuple[int, ...]:
    """The complaints that belong to the incident now, oldest first."""
    return _claims(session, [incident_id])[incident_id]


def _claims(session: Session, incident_ids: list[int]) -> dict[int, tuple[int, ...]]:
    # One look for a whole page of the queue, not one for each row.
    found: dict[int, list[int]] = {one: [] for one in incident_ids}
    pairs = session.execute(
        select(IncidentComplaint.incident_id, IncidentComplaint.complaint_id)
        .where(IncidentComplaint.incident_id.in_(found), IncidentComplaint.until.is_(None))
        .distinct()
        .order_by(IncidentComplaint.complaint_id)
    )
    for incident_id, complaint_id in pairs:
        found[incident_id].append(complaint_id)
    return {one: tuple(ids) for one, ids in found.items()}


def refs_with_merged(session: Session, incident: Incident) -> list[str]:
    """The incident's ref and those of incidents merged into it: their holds are its holds."""
    found, ids = [incident.ref], [incident.id]
    while ids:
        merged = session.execute(
            select(Incident.id, Incident.ref).where(Incident.merged_into_id.in_(ids))
        ).all()
        ids = [row.id for row in merged]
        found += [row.ref for row in merged]
    return found


def view(session: Session, row: Incident) -> IncidentView:
    """The incident as a value."""
    return views(session, [row])[0]


def views(session: Session, found: list[Incident]) -> list[IncidentView]:
    """The incidents as values, in their order."""
    claims = _claims(session, [row.id for row in found])
    return [_view(session, row, claims[row.id]) for row in found]


def _view(session: Session, row: Incident, claims: tuple[int, ...]) -> IncidentView:
    merged = session.get(Incident, row.merged_into_id) if row.merged_into_id else None
    names = {name for name in IncidentView.__slots__ if hasattr(row, name)}
    return IncidentView(
        **{name: getattr(row, name) for name in names},
        article=BOOK.category(row.category).article,
        merged_into=merged.ref if merged else None,
        complaint_ids=claims,
    )


def duty_view(row: Duty) -> DutyView:
    """The duty as a value."""
    return DutyView(**{name: getattr(row, name) for name in DutyView.__slots__})


def decision_view(row: Decision) -> DecisionView:
    """The decision as a value."""
    return DecisionView(**{name: getattr(row, name) for name in DecisionView.__slots__})
