"""When each step of the exercise happened, as the rows say; None while it has not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.incidents import queries as incidents
from app.incidents.values import IncidentView
from app.norm.values import LETTERS
from app.notices import queries as notices
from app.notices.values import NoticeView
from app.suspension import queries as stops
from app.suspension.values import HoldView, ResourceState

_OVER = frozenset({"done", "not_applicable"})


@dataclass(frozen=True)
class Step:
    """One line of the table."""

    name: str
    at: datetime | None
    note: str = ""


def incident_of(session: Session, complaint_id: int) -> IncidentView | None:
    """The exercise's incident once the complaint is sorted."""
    found = incidents.incidents_of_complaint(session, complaint_id)
    return found[0] if found else None


def hold_of(session: Session, incident: str) -> HoldView | None:
    """The hold that the policy or the drill placed."""
    return next((h for h in stops.holds(session, incident=incident) if h.standing), None)


def applied(session: Session, resource_id: int) -> datetime | None:
    """When the last of the targets that must apply it had applied it."""
    must = [t for t in stops.stop_state(session, resource_id).targets if t.must]
    if any(t.behind or t.applied_at is None for t in must):
        return None
    return max((t.applied_at for t in must if t.applied_at), default=None)


def has_targets(session: Session, resource_id: int) -> bool:
    """Whether anybody must be told at all; else only the probe's word counts."""
    return any(t.must for t in stops.stop_state(session, resource_id).targets)


def dark(session: Session, resource_id: int) -> datetime | None:
    """When the probe saw all of it dark."""
    seen = stops.stop_state(session, resource_id)
    return seen.stopped_at if seen.dark else None


def letters(session: Session, incident: str) -> datetime | None:
    """When the last letter that the article demands was accepted."""
    owed = [d for d in incidents.duties(session, incident) if d.step in LETTERS]
    mine = [d for d in owed if d.state != "cancelled"]
    if not mine or any(d.state not in _OVER for d in mine):
        return None
    return max((n.sent_at for n in sent(session, incident) if n.sent_at), default=None)


def sent(session: Session, incident: str) -> list[NoticeView]:
    """The exercise's letters so far."""
    return notices.for_incident(session, incident)


def waiting_letters(session: Session, incident: str) -> str:
    """Which letters are not out, and what their last attempt met."""
    open_duties = [d for d in incidents.duties(session, incident)
                   if d.step in LETTERS and d.state not in {*_OVER, "cancelled"}]  # fmt: skip
    names = ", ".join(f"{d.step} {d.role} {d.note or d.state}" for d in open_duties)
    errors = {
        one.last_error
        for letter in sent(session, incident)
        for one in letter.deliveries
        if one.last_error and one.state not in {"sent", "delivered"}
    }
    return "; ".join([names, *sorted(errors)])


def light(session: Session, resource_id: int, *, since: datetime) -> datetime | None:
    """When the probe saw it served again."""
    seen = stops.stop_state(session, resource_id)
    lit = not seen.dark and seen.state == ResourceState.ONLINE
    return seen.probed_at if lit and seen.probed_at and seen.probed_at >= since else None


def still_dark(session: Session, resource_id: int) -> str:
    """The addresses that are not as they should be."""
    wrong = [a for a in stops.address_states(session, resource_id) if a.dark != a.desired_dark]
    return ", ".join(f"{a.url} answers {a.status or a.error}" for a in wrong)


def behind(session: Session, resource_id: int) -> str:
    """The targets that have not applied it."""
    targets = stops.stop_state(session, resource_id).targets
    return ", ".join(f"{t.target} {t.error or 'has not reported'}" for t in targets if t.behind)
