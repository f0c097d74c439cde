"""After a finding: another category, or 认定有误. What weakens it needs a second person (law 4)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.core.errors import ConflictError, InvalidError
from app.incidents import duties, plan, rows
from app.incidents.decisions import classify
from app.incidents.lifting import ask_second, authority_decision, second_person
from app.incidents.merging import merge_into, open_twin
from app.incidents.models import Incident
from app.incidents.records import decide, need
from app.incidents.states import Action, State, advance
from app.incidents.values import IncidentView
from app.norm import kinds
from app.norm.book import BOOK
from app.norm.decisions import weakening_needs_authority
from app.norm.duties import duties_for
from app.suspension import queries as stops
from app.suspension import service as suspension


def reclassify(
    tx: Session,
    *,
    ref: str,
    category: str,
    reason: str,
    by: str,
    at: datetime,
    kind: str | None = None,
    summary: str = "",
    version: int | None = None,
) -> IncidentView:
    """Another category or kind: stricter takes effect at once, less strict waits for a second.

    Raises:
        ConflictError: nothing is found yet.
        InvalidError: it says the same as before.
    """
    reason = need(reason, "reason")
    incident = rows.take(tx, ref, version)
    advance(incident.state, Action.RECLASSIFY)
    routing_kind, kind = classify(category, kind, incident.routing_kind)
    same = (category, routing_kind, kind)
    if same == (incident.category, incident.routing_kind, incident.kind):
        raise InvalidError("That is the category it has already.")
    change = {
        "category": category,
        "routing_kind": routing_kind,
        "kind": kind,
        "summary": summary.strip() or incident.summary,
    }
    if kinds.is_less_strict(category, incident.category):
        _wait(tx, incident, "reclassify", by=by, reason=reason, at=at, change=change)
        return rows.view(tx, incident)
    return _apply(tx, incident, change, by=by, reason=reason, at=at)


def withdraw_finding(
    tx: Session, *, ref: str, reason: str, by: str, at: datetime, version: int | None = None
) -> IncidentView:
    """认定有误: the first of two persons says that the finding was mistaken."""
    reason = need(reason, "reason")
    incident = rows.take(tx, ref, version)
    if incident.state not in (State.FOUND, State.REENTRY):
        raise ConflictError("Only a confirmed finding can be withdrawn as mistaken.")
    if incident.mistaken_at is not None:
        raise ConflictError("This finding is withdrawn as mistaken already.")
    _wait(tx, incident, "mistaken", by=by, reason=reason, at=at, change={})
    return rows.view(tx, incident)


def _wait(
    tx: Session,
    incident: Incident,
    act: str,
    *,
    by: str,
    reason: str,
    at: datetime,
    change: dict[str, Any],
) -> None:
    incident.pending = {"act": act, "by": by, "at": at.isoformat(), "reason": reason, **change}
    decide(tx, incident, kind=f"{act}_request", by=by, reason=reason, at=at, change=change)
    ask_second(tx, incident, at)


def agree(
    tx: Session, *, ref: str, reason: str, by: str, at: datetime, version: int | None = None
) -> IncidentView:
    """The second person agrees to the weaker category or to 认定有误; it frees nothing by itself.

    Raises:
        ConflictError: nobody asked, the same person, or the authority has not decided.
    """
    reason = need(reason, "reason")
    incident = rows.take(tx, ref, version)
    pending = dict(incident.pending or {})
    if pending.get("act") not in ("reclassify", "mistaken"):
        raise ConflictError("Nobody has requested this yet; one person requests, another agrees.")
    second_person(incident, str(pending["act"]), by)
    if weakening_needs_authority(incident.category) and not authority_decision(tx, incident):
        raise ConflictError(
            "Article %(article)s: a weaker finding takes effect only with the authority's "
            "written decision. Record its number, date and file first.",
            article=BOOK.category(incident.category).article,
        )
    incident.pending = None
    if pending["act"] == "reclassify":
        return _apply(tx, incident, pending, by=by, reason=reason, at=at)
    incident.mistaken_at = at
    decide(tx, incident, kind="mistaken", by=by, reason=reason, at=at, requested_by=pending["by"])
    duties.correct_told(tx, incident, note="mistaken", at=at)
    duties.advance_duties(tx, incident, at)
    return rows.view(tx, incident)


def decline(
    tx: Session, *, ref: str, reason: str, by: str, at: datetime, version: int | None = None
) -> IncidentView:
    """The second person does not agree; everything stays as it was."""
    reason = need(reason, "reason")
    incident = rows.take(tx, ref, version)
    if incident.pending is None:
        raise ConflictError("Nothing waits for a second person here.")
    pending, incident.pending = dict(incident.pending), None
    decide(
        tx,
        incident,
        kind="decline",
        by=by,
        reason=reason,
        at=at,
        act=pending["act"],
        requested_by=pending["by"],
    )
    return rows.view(tx, incident)


def _apply(
    tx: Session, incident: Incident, change: dict[str, Any], *, by: str, reason: str, at: datetime
) -> IncidentView:
    old = BOOK.category(incident.category).article
    routing_kind = change["routing_kind"]
    twin = open_twin(tx, incident, routing_kind) if routing_kind != incident.routing_kind else None
    if twin is not None:
        decide(tx, incident, kind="reclassify", by=by, reason=reason, at=at, into=twin.ref)
        target = merge_into(tx, incident, rows.take(tx, twin.ref), by=by, at=at)
        _find_if_alleged(target, incident)
        incident = target
    incident.category, incident.routing_kind = change["category"], routing_kind
    incident.kind, incident.summary = change["kind"], change["summary"] or incident.summary
    tx.flush()
    wanted = duties_for(incident.category, incident.kind, severe=incident.severe_impact)
    plan.apply(tx, incident, wanted, at=at, old_article=old)
    if wanted.article is not None and any(
        hold.standing for hold in stops.holds(tx, incident=incident.ref)
    ):
        suspension.confirm_holds(tx, incident=incident.ref, article=wanted.article, by=by, at=at)
    if twin is None:
        decide(tx, incident, kind="reclassify", by=by, reason=reason, at=at)
    duties.advance_duties(tx, incident, at)
    return rows.view(tx, incident)


def _find_if_alleged(target: Incident, source: Incident) -> None:
    """The finding travels with the case: what was merely alleged there is found now."""
    if target.state in (State.ALLEGED, State.PRECAUTION):
        target.state = advance(target.state, Action.FIND).value
        target.found_at, target.found_by = source.found_at, source.found_by
        target.summary = target.summary or source.summary
        target.severe_impact = target.severe_impact or source.severe_impact
        target.severe_reason = target.severe_reason or source.severe_reason
