"""Incidents through the services, on a small catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.authorities import queries as authorities
from app.catalogue.values import ResourceView
from app.incidents import decisions, duties, rows, service
from app.incidents.models import Duty
from app.incidents.values import IncidentView
from app.suspension.models import StopState
from tests.catalogue.make import make_catalogue

POLICY = "policy:precaution"


@dataclass(frozen=True)
class World:
    """A platform, its resource, three officers."""

    resource: ResourceView
    other: ResourceView
    ada: str
    ben: str
    cai: str
    at: datetime


def make_world(tx: Session, at: datetime) -> World:
    """A provincial platform below a national office, and three officers."""
    resource, other = make_catalogue(tx, at)
    # Verbs take the actor's word; only pages need real accounts (see test_desk.py).
    people = ("account:901", "account:902", "account:903")
    return World(resource, other, *people, at)


def make_incident(
    tx: Session,
    world: World,
    *,
    routing_kind: str = "legal",
    kind: str | None = "gambling",
    at: datetime | None = None,
    exercise: bool = False,
) -> IncidentView:
    """An incident in state ``alleged`` without complaints (a signal)."""
    return service.open_or_join(
        tx,
        complaint_id=None,
        resource_id=world.resource.id,
        version_id=world.resource.version_id,
        platform_id=world.resource.platform_id,
        routing_kind=routing_kind,
        kind=kind,
        by=POLICY,
        at=at or world.at,
        exercise=exercise,
    )


def make_precaution(tx: Session, world: World, **more: object) -> IncidentView:
    """The same, stopped by the policy."""
    opened = make_incident(tx, world, **more)  # type: ignore[arg-type]
    return service.place_precaution(
        tx, incident_ref=opened.ref, by=POLICY, reason="policy_met", at=world.at
    )


def make_found(
    tx: Session,
    world: World,
    *,
    category: str = "legal",
    kind: str | None = "gambling",
    routing_kind: str = "legal",
    severe: bool = False,
    at: datetime | None = None,
) -> IncidentView:
    """A confirmed incident."""
    opened = make_incident(tx, world, routing_kind=routing_kind, kind=None, at=at)
    return confirm(tx, world, opened.ref, category=category, kind=kind, severe=severe, at=at)


def confirm(
    tx: Session,
    world: World,
    ref: str,
    *,
    category: str = "legal",
    kind: str | None = "gambling",
    severe: bool = False,
    at: datetime | None = None,
    by: str | None = None,
) -> IncidentView:
    """安达 confirms."""
    return decisions.confirm(
        tx,
        ref=ref,
        category=category,
        kind=kind,
        reason="已核实",
        summary="课件末页二维码指向违法网站。",
        severe=severe,
        severe_reason="已在多所学校传播" if severe else "",
        document_no="示例〔2026〕3号" if category == "designated" else None,
        document_date="2026-11-20" if category == "designated" else None,
        by=by or world.ada,
        at=at or world.at,
    )


def see_dark(tx: Session, world: World, ref: str, at: datetime) -> None:
    """The probe saw every address dark; the topic went up."""
    state = tx.get_one(StopState, world.resource.id)
    state.stopped_at, state.state = at, "stopped"
    tx.flush()
    duties.advance_duties(tx, rows.lock(tx, ref), at)


def see_captured(tx: Session, ref: str, at: datetime, *, failed: int = 0) -> None:
    """Every capture is done, or failed."""
    duties.settle_capture(tx, rows.lock(tx, ref), failed=failed, at=at)


def letters(tx: Session, ref: str) -> list[tuple[str, tuple[str, ...]]]:
    """(kind, roles) of every letter promised for the incident and not called back."""
    found = tx.execute(
        text(
            "SELECT kind, roles FROM notice WHERE incident = :ref AND state <> 'cancelled' "
            "ORDER BY id"
        ).columns(roles=Duty.metadata.tables["notice"].c.roles.type),
        {"ref": ref},
    )
    return [(row.kind, tuple(row.roles)) for row in found]


def told(tx: Session, ref: str) -> set[tuple[str, str]]:
    """(kind, role) of every letter."""
    return {(kind, role) for kind, roles in letters(tx, ref) for role in roles}


def duty_states(tx: Session, ref: str) -> dict[tuple[str, str], str]:
    """State by (step, role), the newest row of each."""
    incident = rows.by_ref(tx, ref)
    found = tx.scalars(select(Duty).where(Duty.incident_id == incident.id).order_by(Duty.seq))
    return {(row.step, row.role): row.state for row in found}


def send(tx: Session, ref: str, kind: str, at: datetime, state: str = "sent") -> None:
    """The mail server of every recipient of this kind has accepted (or refused) the letter."""
    incident = rows.by_ref(tx, ref)
    keys = tx.scalars(
        select(Duty.duty_key)
        .where(Duty.incident_id == incident.id, Duty.step == kind, Duty.duty_key.is_not(None))
        .distinct()
    ).all()
    for key in keys:
        assert key is not None
        duties.settle_letter(tx, duty_key=key, state=state, at=at)


def superior_of(tx: Session, world: World) -> str | None:
    """The office one level up, if there is one."""
    regulator = authorities.bodies_for(tx, world.resource.platform_id, "regulator", world.at)[0]
    above = authorities.superior(tx, regulator.id)
    return above.name if above else None
