"""Questions about incidents: the queue, one incident, its story, what earlier claims came to."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Select, and_, func, or_, select, true
from sqlalchemy.orm import Session

from app.audit import queries as audit
from app.core.errors import InvalidError
from app.incidents import measures, reentry, rows
from app.incidents.measures import Sibling
from app.incidents.models import Decision, Duty, Incident, IncidentComplaint
from app.incidents.states import UNFOUNDED, State
from app.incidents.values import (
    CaseView,
    DecisionView,
    DutyView,
    IncidentView,
    Recorded,
)

MAX_LIMIT = 200
_DIGITS = 18  # of an id in a cursor


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list and where the next begins."""

    items: tuple[IncidentView, ...]
    next: str | None


def queue(
    session: Session,
    *,
    after: str | None = None,
    limit: int = 50,
    platform_ids: Iterable[int] | None = None,
) -> Page:
    """Open incidents by rank, then by the clock that ends first; ``after`` is a cursor."""
    order = (Incident.rank, Incident.due_at, Incident.id)
    # Not `IS true`: on SQLite only the partial index's own words let it be used.
    query = select(Incident).where(Incident.open == true()).order_by(*order)
    if platform_ids is not None:
        query = query.where(Incident.platform_id.in_(list(platform_ids)))
    if after is not None:
        rank, due_at, last = _uncursor(after, 3)
        moment = _moment(due_at)
        query = query.where(
            or_(
                Incident.rank > int(rank),
                and_(Incident.rank == int(rank), Incident.due_at > moment),
                and_(
                    Incident.rank == int(rank),
                    Incident.due_at == moment,
                    Incident.id > int(last),
                ),
            )
        )
    return _page(session, query, limit, lambda r: [str(r.rank), r.due_at.isoformat(), str(r.id)])


def listing(
    session: Session,
    *,
    state: str | None = None,
    resource_id: int | None = None,
    after: str | None = None,
    limit: int = 50,
    platform_ids: Iterable[int] | None = None,
) -> Page:
    """Every incident, open or over, newest first."""
    query = select(Incident).order_by(Incident.id.desc())
    if platform_ids is not None:
        query = query.where(Incident.platform_id.in_(list(platform_ids)))
    if state is not None:
        query = query.where(Incident.state == state)
    if resource_id is not None:
        query = query.where(Incident.resource_id == resource_id)
    if after is not None:
        query = query.where(Incident.id < int(_uncursor(after, 1)[0]))
    return _page(session, query, limit, lambda r: [str(r.id)])


def _page(
    session: Session,
    query: Select[Incident],
    limit: int,
    key: Callable[[Incident], list[str]],
) -> Page:
    limit = max(1, min(limit, MAX_LIMIT))
    found = list(session.scalars(query.limit(limit + 1)))
    more, found = len(found) > limit, found[:limit]
    views = tuple(rows.views(session, found))
    return Page(views, _cursor(key(found[-1])) if more else None)


def _cursor(parts: list[str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def _uncursor(text: str, count: int) -> list[str]:
    try:
        parts = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        texts = [str(part) for part in parts]
        good = len(texts) == count and all(
            text.isdecimal() and len(text) <= _DIGITS for text in (texts[0], texts[-1])
        )
    except (ValueError, TypeError, RecursionError):
        good = False
    if not good:
        raise InvalidError("This cursor is not valid; start from the first page.")
    return texts


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidError("This cursor is not valid; start from the first page.") from None


def incident(session: Session, ref: str) -> IncidentView:
    """One incident.

    Raises:
        NotFoundError: there is none under that reference.
    """
    return rows.view(session, rows.by_ref(session, ref))


def by_ids(session: Session, ids: Iterable[int]) -> list[IncidentView]:
    """These incidents, in order of their ids."""
    found = session.scalars(select(Incident).where(Incident.id.in_(set(ids))).order_by(Incident.id))
    return rows.views(session, list(found))


def by_refs(session: Session, refs: Iterable[str]) -> dict[str, IncidentView]:
    """These incidents by their references."""
    found = session.scalars(select(Incident).where(Incident.ref.in_(set(refs))))
    return {one.ref: one for one in rows.views(session, list(found))}


def incidents_of_complaint(session: Session, complaint_id: int) -> list[IncidentView]:
    """The incidents a complaint belongs to now."""
    ids = session.scalars(
        select(IncidentComplaint.incident_id).where(
            IncidentComplaint.complaint_id == complaint_id, IncidentComplaint.until.is_(None)
        )
    )
    return by_ids(session, ids)


def open_for(session: Session, resource_id: int) -> list[IncidentView]:
    """Open incidents of a resource."""
    found = session.scalars(
        select(Incident)
        .where(Incident.resource_id == resource_id, Incident.open == true())
        .order_by(Incident.id)
    )
    return rows.views(session, list(found))


def duties(session: Session, ref: str) -> list[DutyView]:
    """What the norm demands of this incident and where each act stands."""
    return [rows.duty_view(row) for row in rows.duties(session, rows.by_ref(session, ref))]


def duty_of(session: Session, duty_key: str) -> str | None:
    """The ref of the incident whose duty this letter does."""
    return session.scalar(
        select(Incident.ref)
        .join(Duty, Duty.incident_id == Incident.id)
        .where(Duty.duty_key == duty_key)
        .limit(1)
    )


def decisions(session: Session, ref: str) -> list[DecisionView]:
    """Every decision, oldest first."""
    row = rows.by_ref(session, ref)
    found = session.scalars(
        select(Decision).where(Decision.incident_id == row.id).order_by(Decision.id)
    )
    return [rows.decision_view(one) for one in found]


def decision(session: Session, decision_id: int) -> tuple[DecisionView, str] | None:
    """One decision and the ref of its incident."""
    row = session.get(Decision, decision_id)
    if row is None:
        return None
    return rows.decision_view(row), session.get_one(Incident, row.incident_id).ref


def reentry_cases(session: Session, ref: str) -> list[CaseView]:
    """Re-entry cases, newest first."""
    return reentry.cases(session, rows.by_ref(session, ref).id)


def same_content_elsewhere(session: Session, ref: str) -> list[Sibling]:
    """The same content at other resources that this incident does not hold (防止扩散)."""
    return measures.siblings(session, rows.by_ref(session, ref))


def held_refs(session: Session, ref: str) -> list[str]:
    """The incident's ref and those merged into it: their holds and evidence belong here."""
    return rows.refs_with_merged(session, rows.by_ref(session, ref))


def timeline(session: Session, ref: str) -> list[Recorded]:
    """What was done, oldest first, as the audit log has it; merged incidents included."""
    found = [
        Recorded(e.at, e.actor, e.action, e.subject, dict(e.data))
        for one in held_refs(session, ref)
        for e in audit.entries(session, incident=one)
    ]
    return sorted(found, key=lambda entry: entry.at)


def unfounded_claims(session: Session, resource_id: int, since: datetime) -> int:
    """How many complaints on this resource were found unfounded since then (condition a)."""
    return len(unfounded_complaints(session, resource_id, since))


def unfounded_complaints(session: Session, resource_id: int, since: datetime) -> list[int]:
    """The complaints on this resource that were found unfounded since then."""
    return list(
        session.scalars(
            select(IncidentComplaint.complaint_id)
            .join(Incident, Incident.id == IncidentComplaint.incident_id)
            .where(
                Incident.resource_id == resource_id,
                Incident.state.in_([state.value for state in UNFOUNDED]),
                Incident.exercise.is_(False),
                Incident.closed_at >= since,
            )
            .distinct()
        )
    )


def rejected_since(session: Session, resource_id: int, since: datetime) -> int:
    """How many incidents on this resource ended unfounded since then, signals included."""
    return (
        session.scalar(
            select(func.count(Incident.id)).where(
                Incident.resource_id == resource_id,
                Incident.state.in_([state.value for state in UNFOUNDED]),
                Incident.exercise.is_(False),
                Incident.closed_at >= since,
            )
        )
        or 0
    )


def named_in_letter(session: Session, notice_id: int) -> str | None:
    """The copyright notice that this letter forwards; None for any other letter."""
    found = session.scalars(select(Duty.facts).where(Duty.notice_id == notice_id))
    return next((str(facts["notice"]) for facts in found if facts and "notice" in facts), None)


def released_before(session: Session, version_id: int) -> bool:
    """Whether this version was stopped as a precaution and released as unfounded (condition b)."""
    return (
        session.scalar(
            select(Incident.id)
            .where(
                Incident.version_id == version_id,
                Incident.state == State.RELEASED,
                Incident.exercise.is_(False),
            )
            .limit(1)
        )
        is not None
    )
