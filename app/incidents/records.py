"""Writing a decision: the row, the audit entry, and the promise to seal it as evidence."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core.errors import InvalidError
from app.incidents import service
from app.incidents.models import Decision, Incident
from app.outbox import service as outbox

MAX_REASON = 2000


def need(text: str, name: str) -> str:
    """The text, or a refusal that names the field."""
    text = text.strip()
    if not text:
        raise InvalidError(
            "Say why: the reason is part of the record.", fields={name: "Say why in a sentence."}
        )
    if len(text) > MAX_REASON:
        raise InvalidError(
            "That is too long; at most %(n)s characters.",
            fields={name: "Shorten this text."},
            n=MAX_REASON,
        )
    return text


def decide(
    tx: Session,
    incident: Incident,
    *,
    kind: str,
    by: str,
    reason: str,
    at: datetime,
    document_no: str | None = None,
    document_date: str | None = None,
    evidence_ref: str | None = None,
    **facts: Any,
) -> Decision:
    """Record the decision; it is signed and sealed as evidence by a job right after."""
    row = Decision(
        incident_id=incident.id,
        kind=kind,
        category=incident.category,
        routing_kind=incident.routing_kind,
        reason=reason,
        by=by,
        at=at,
        document_no=document_no,
        document_date=document_date,
        evidence_ref=None,
        facts={
            **facts,
            "state": incident.state,
            "version": incident.version,
            "document": evidence_ref,
            "policy": (incident.policy or {}).get("digest"),
        },
    )
    tx.add(row)
    tx.flush()
    audit.record(
        tx,
        actor=by,
        action=f"incident.{kind}",
        subject=f"incident:{incident.ref}",
        incident=incident.ref,
        at=at,
        decision=row.id,
        state=incident.state,
        category=incident.category,
        routing_kind=incident.routing_kind,
        reason=reason,
        document_no=document_no,
        document_date=document_date,
        **facts,
    )
    outbox.put(
        tx,
        topic="incidents.keep_decision",
        key=f"incidents.keep_decision:{row.id}",
        at=at,
        decision_id=row.id,
    )
    if by.startswith("account:"):
        service.accept(tx, incident, by=by, at=at)
    return row


def end(tx: Session, incident: Incident, at: datetime) -> None:
    """The incident is over: it frees its place and its complainants are answered."""
    incident.open = False
    incident.closed_at = at
    incident.pending = None
    incident.claimed_by = incident.claimed_until = None
    tell_complainants(tx, incident, at)


def tell_complainants(tx: Session, incident: Incident, at: datetime) -> None:
    """Promise the answer to everyone who complained (law 10), once per state reached."""
    outbox.put(
        tx,
        topic="intake.outcome",
        key=f"intake.outcome:{incident.ref}:{incident.state}:{incident.version}",
        at=at,
        incident=incident.ref,
    )
