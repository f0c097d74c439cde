"""A reclassification that meets another open incident merges into it; the journal keeps both."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, true
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.incidents import rows
from app.incidents.models import Duty, Incident, IncidentComplaint
from app.incidents.service import join
from app.incidents.states import Action, DutyState, advance


def open_twin(tx: Session, incident: Incident, routing_kind: str) -> Incident | None:
    """Another open incident of this routing kind on the same resource."""
    return tx.scalar(
        select(Incident).where(
            Incident.resource_id == incident.resource_id,
            Incident.routing_kind == routing_kind,
            Incident.exercise.is_(incident.exercise),
            Incident.open == true(),
            Incident.id != incident.id,
        )
    )


def merge_into(
    tx: Session, incident: Incident, target: Incident, *, by: str, at: datetime
) -> Incident:
    """Move the complaints; holds stay where they are and are let go with the target's."""
    incident.state = advance(incident.state, Action.MERGE).value
    incident.merged_into_id = target.id
    incident.open = False
    incident.closed_at = at
    incident.claimed_by = incident.claimed_until = incident.pending = None
    for row in tx.scalars(
        select(IncidentComplaint).where(
            IncidentComplaint.incident_id == incident.id, IncidentComplaint.until.is_(None)
        )
    ):
        row.until = at
        tx.flush()
        join(tx, target, row.complaint_id, by=by, at=at)
    _carry_letters(tx, incident, target)
    audit.record(
        tx,
        actor=by,
        action="incident.merge",
        subject=f"incident:{incident.ref}",
        incident=incident.ref,
        at=at,
        into=target.ref,
    )
    tx.flush()
    return target


def _carry_letters(tx: Session, incident: Incident, target: Incident) -> None:
    """Who was told stays told: those rows continue under the target, the rest is cancelled."""
    seq = max((row.seq for row in rows.duties(tx, target)), default=0)
    for row in rows.duties(tx, incident):
        if row.duty_key is None:
            if row.state in (DutyState.OPEN, DutyState.RUNNING):
                row.state, row.note = DutyState.CANCELLED.value, "merged"
            continue
        seq += 1
        copied = {
            column.key: getattr(row, column.key)
            for column in Duty.__table__.columns
            if column.key not in ("id", "incident_id", "seq", "after_seq", "limit_seq")
        }
        tx.add(Duty(incident_id=target.id, seq=seq, **copied))
        row.state, row.note, row.duty_key = DutyState.CANCELLED.value, "merged", None
