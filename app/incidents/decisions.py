"""What one officer decides alone: stop, confirm, severe, reject, release, close (law 4)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.core.errors import AppError, ConflictError, InvalidError
from app.incidents import duties, measures, plan, rows, service
from app.incidents.merging import merge_into, open_twin
from app.incidents.models import Duty, Incident
from app.incidents.records import decide, end, need, tell_complainants
from app.incidents.states import Action, DutyState, State, advance
from app.incidents.values import IncidentView
from app.norm import kinds
from app.norm.book import BOOK
from app.norm.duties import duties_for, precaution_duties
from app.norm.errors import NormError
from app.norm.values import Step
from app.suspension import queries as stops
from app.suspension import service as suspension
from app.suspension.values import HoldKind


def classify(category: str, kind: str | None, routing_kind: str) -> tuple[str, str | None]:
    """The routing kind and kind that this category and choice of kind mean.

    Raises:
        InvalidError: unknown, or a category without duties.
    """
    try:
        row = BOOK.category(category)
        if row.article is None:
            raise InvalidError("This category has no duties; reject the incident instead.")
        if not kind:
            if category == kinds.category_of(routing_kind):
                return routing_kind, None
            if row.routing is None:
                raise InvalidError(
                    "Choose which kind it is.", fields={"kind": "Choose which kind it is."}
                )
            return row.routing, None
        if row.free_kinds:
            return row.routing or category, kind
        kinds.find_kind(row, kind)
        return kinds.routing_kind_of(kind), kind
    except NormError as error:
        raise InvalidError("There is no kind %(kind)s here.", kind=kind or category) from error


def stop_now(
    tx: Session, *, ref: str, reason: str, by: str, at: datetime, version: int | None = None
) -> IncidentView:
    """Any officer stops at once for a reason of Arts. 20-22; one person suffices (law 4).

    Raises:
        ConflictError: stopped already, or an article that stops nothing before its report.
    """
    reason = need(reason, "reason")
    incident = rows.take(tx, ref, version)
    if incident.state == State.ALLEGED:
        service.place_precaution(tx, incident_ref=ref, by=by, reason=reason, at=at)
    elif not _widen(tx, incident, by=by, reason=reason, at=at):
        raise ConflictError("The whole resource is stopped by this incident already.")
    decide(tx, incident, kind="stop", by=by, reason=reason, at=at)
    return rows.view(tx, incident)


def _widen(tx: Session, incident: Incident, *, by: str, reason: str, at: datetime) -> bool:
    """From the one address a policy stopped to the whole resource."""
    standing = [
        hold
        for hold in stops.holds(tx, incident=incident.ref)
        if hold.standing and hold.resource_id == incident.resource_id
    ]
    if not incident.open or any(hold.address_id is None for hold in standing):
        return False
    if not precaution_duties(incident.category).allowed and not standing:
        return False  # Art. 24: an incident's own hold waits for its report
    suspension.place_hold(
        tx,
        platform_id=incident.platform_id,
        resource_id=incident.resource_id,
        version_id=incident.version_id,
        incident=incident.ref,
        article=measures.article(incident),
        kind="manual",
        placed_by=by,
        reason=reason,
        at=at,
        review_by=incident.review_by,
        exercise=incident.exercise,
    )
    measures.reopen_stop(tx, incident)
    duties.advance_duties(tx, incident, at)
    return True


def confirm(
    tx: Session,
    *,
    ref: str,
    category: str,
    reason: str,
    summary: str,
    by: str,
    at: datetime,
    kind: str | None = None,
    severe: bool = False,
    severe_reason: str = "",
    document_no: str | None = None,
    document_date: str | None = None,
    evidence_ref: str | None = None,
    version: int | None = None,
) -> IncidentView:
    """发现/核实: a person finds the problem; the article's duties begin.

    Raises:
        ConflictError: found already, or somebody was first.
        InvalidError: no summary for the letters, severe without its reason, Art. 24 without the
            authority's document.
    """
    reason, summary = need(reason, "reason"), need(summary, "summary")
    incident = rows.take(tx, ref, version)
    routing_kind, kind = classify(category, kind, incident.routing_kind)
    if BOOK.category(category).by_designation and not (document_no and document_date):
        raise InvalidError(
            "Article %(article)s needs the authority's designation: give its number and date.",
            fields={"document_no": "Give the number of the authority's document."},
            article=BOOK.category(category).article,
        )
    incident = _into_twin(tx, incident, routing_kind, by, at)
    if incident.state in (State.FOUND, State.REENTRY):
        return rows.view(tx, incident)  # merged into a case that is found already
    incident.state = advance(incident.state, Action.FIND).value
    _free_what_waits(tx, incident, category, by=by, at=at)
    incident.category, incident.routing_kind, incident.kind = category, routing_kind, kind
    incident.summary, incident.found_at, incident.found_by = summary, at, by
    if severe:
        _severe(incident, severe_reason, by, at)
    incident.rank = 4
    tx.flush()
    plan.apply(tx, incident, duties_for(category, kind, severe=severe), at=at, old_article=None)
    decide(
        tx,
        incident,
        kind="confirm",
        by=by,
        reason=reason,
        at=at,
        document_no=document_no,
        document_date=document_date,
        evidence_ref=evidence_ref,
        summary=summary,
        severe=severe,
        severe_reason=severe_reason if severe else None,
    )
    duties.advance_duties(tx, incident, at)
    tell_complainants(tx, incident, at)
    return rows.view(tx, incident)


def _into_twin(
    tx: Session, incident: Incident, routing_kind: str, by: str, at: datetime
) -> Incident:
    if routing_kind == incident.routing_kind:
        return incident
    twin = open_twin(tx, incident, routing_kind)
    if twin is None:
        return incident
    return merge_into(tx, incident, rows.take(tx, twin.ref), by=by, at=at)


def _free_what_waits(
    tx: Session, incident: Incident, category: str, *, by: str, at: datetime
) -> None:
    """Arts. 23, 24 stop nothing before a reminder or report: a machine's precaution ends here."""
    if precaution_duties(category).allowed:
        return
    standing = [hold for hold in stops.holds(tx, incident=incident.ref) if hold.standing]
    if any(hold.needs_two for hold in standing):
        raise ConflictError(
            "Article %(article)s stops nothing before its report. A person placed this hold: "
            "request its release first, a second person approves it.",
            article=BOOK.category(category).article,
        )
    if standing:
        suspension.release(tx, incident=incident.ref, by=by, reason="reclassified", at=at)
        for row in rows.duties(tx, incident):
            if row.step == Step.STOP_TRANSMISSION:
                row.state, row.note = DutyState.CANCELLED.value, "released"


def _severe(incident: Incident, reason: str, by: str, at: datetime) -> None:
    incident.severe_impact = True
    incident.severe_reason = need(reason, "severe_reason")
    incident.severe_by, incident.severe_at = by, at


def mark_severe(
    tx: Session, *, ref: str, reason: str, by: str, at: datetime, version: int | None = None
) -> IncidentView:
    """造成严重影响, a person's finding with its reason: adds the second report only (page 1).

    Raises:
        ConflictError: nothing is found yet, or it is severe already.
    """
    incident = rows.take(tx, ref, version)
    if incident.state not in (State.FOUND, State.REENTRY, State.REMOVED):
        raise ConflictError("Only a confirmed incident can be found severe; confirm it first.")
    if incident.severe_impact:
        raise ConflictError("This incident is marked severe already.")
    _severe(incident, reason, by, at)
    decide(tx, incident, kind="severe", by=by, reason=reason, at=at)
    found = duties_for(incident.category, incident.kind, severe=True)
    plan.apply(tx, incident, found, at=at, old_article=found.article)
    duties.advance_duties(tx, incident, at)
    return rows.view(tx, incident)


def reject(
    tx: Session, *, ref: str, reason: str, by: str, at: datetime, version: int | None = None
) -> IncidentView:
    """Unfounded, and nothing was ever held: the case ends, the complainants are answered."""
    reason = need(reason, "reason")
    incident = rows.take(tx, ref, version)
    incident.state = advance(incident.state, Action.REJECT).value
    decide(tx, incident, kind="reject", by=by, reason=reason, at=at)
    _nothing_found(tx, incident, reason, at)
    return rows.view(tx, incident)


def release(
    tx: Session, *, ref: str, reason: str, by: str, at: datetime, version: int | None = None
) -> IncidentView:
    """解除: unfounded after a precaution that a machine placed; one officer suffices (law 4).

    Raises:
        ConflictError: a person placed a hold of it: then two persons let go.
    """
    reason = need(reason, "reason")
    incident = rows.take(tx, ref, version)
    state = advance(incident.state, Action.RELEASE).value
    refs = rows.refs_with_merged(tx, incident)
    standing = [h for one in refs for h in stops.holds(tx, incident=one) if h.standing]
    if any(hold.needs_two for hold in standing):
        raise ConflictError(
            "A person placed this hold, so two persons release it: request the release, "
            "a second person approves."
        )
    incident.state = state
    decide(tx, incident, kind="release", by=by, reason=reason, at=at)
    for one in refs:
        suspension.release(tx, incident=one, by=by, reason=reason, at=at)
    _nothing_found(tx, incident, reason, at)
    return rows.view(tx, incident)


def _nothing_found(tx: Session, incident: Incident, reason: str, at: datetime) -> None:
    incident.summary = incident.summary or reason
    duties.cancel_open(tx, incident, why=incident.state, at=at)
    duties.correct_told(tx, incident, note="unfounded", at=at)
    end(tx, incident, at)
    duties.advance_duties(tx, incident, at)


def release_many(
    tx: Session, *, refs: list[str], reason: str, by: str, at: datetime
) -> dict[str, AppError | None]:
    """After a brigade: release each; answers each one's refusal, None where it was released."""
    results: dict[str, AppError | None] = {}
    for ref in refs:
        try:
            with tx.begin_nested():
                _only_machines(tx, ref)
                release(tx, ref=ref, reason=reason, by=by, at=at)
            results[ref] = None
        except AppError as error:
            results[ref] = error
    return results


def _only_machines(tx: Session, ref: str) -> None:
    """A right holder's notice is no brigade: what it stopped is never let go in bulk."""
    if any(h.standing and h.kind == HoldKind.NOTICE for h in stops.holds(tx, incident=ref)):
        raise ConflictError("A copyright notice stops it too. Open the incident and decide there.")


def close(
    tx: Session, *, ref: str, reason: str, by: str, at: datetime, version: int | None = None
) -> IncidentView:
    """The duties are done and nothing is held (Art. 23's reminder): the case ends.

    Raises:
        ConflictError: a hold stands or a duty is not done.
    """
    reason = need(reason, "reason")
    incident = rows.take(tx, ref, version)
    if any(h.standing for h in stops.holds(tx, incident=ref)):
        raise ConflictError("A hold stands: lift it or remove the resource before you close.")
    waiting = [r for r in rows.duties(tx, incident) if r.due_at and r.state in ("open", "running")]
    if any(not _follows_removal(tx, incident, row) for row in waiting):
        raise ConflictError("Some duties are not done yet; the incident cannot be closed.")
    incident.state = advance(incident.state, Action.CLOSE).value
    decide(tx, incident, kind="close", by=by, reason=reason, at=at)
    duties.cancel_open(tx, incident, why="closed", at=at)
    end(tx, incident, at)
    return rows.view(tx, incident)


def _follows_removal(tx: Session, incident: Incident, row: Duty) -> bool:
    removal = [r.seq for r in rows.duties(tx, incident) if r.step == Step.REMOVE]
    return row.after_seq in removal


def hold_elsewhere(
    tx: Session, *, ref: str, address_id: int, reason: str, by: str, at: datetime
) -> IncidentView:
    """Accept the proposal to stop the same content at another resource.

    Raises:
        ConflictError: nothing is found yet, or that address has other content.
    """
    reason = need(reason, "reason")
    incident = rows.take(tx, ref)
    if incident.state not in (State.FOUND, State.REENTRY, State.REMOVED):
        raise ConflictError("Before a finding the same content elsewhere is only proposed.")
    for sibling in measures.siblings(tx, incident):
        if sibling.address_id == address_id:
            measures.hold_sibling(tx, incident, sibling, by=by, at=at)
            decide(tx, incident, kind="spread_hold", by=by, reason=reason, at=at, url=sibling.url)
            return rows.view(tx, incident)
    raise ConflictError("That address does not carry the same content, or is stopped already.")
