"""Letting go of what a person placed or confirmed: two persons, and only the article's way."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import service as accounts
from app.catalogue import queries as catalogue
from app.catalogue import service as resources
from app.core.errors import ConflictError, InvalidError
from app.incidents import duties, measures, plan, rows, service
from app.incidents.models import Decision, Incident, ReentryCase, ReentryStep
from app.incidents.records import decide, end, need
from app.incidents.states import Action, DutyState, State, advance
from app.incidents.values import IncidentView
from app.norm import deadlines
from app.norm.book import BOOK
from app.norm.decisions import LiftNeeds, lift_needs
from app.norm.duties import records_source
from app.norm.values import Act, Source, Step
from app.suspension import queries as stops
from app.suspension import service as suspension


def request_lift(
    tx: Session, *, ref: str, reason: str, by: str, at: datetime, version: int | None = None
) -> IncidentView:
    """The first of two persons asks that transmission resumes.

    Raises:
        ConflictError: the article's condition is not met yet; the sentence names the article.
    """
    reason = need(reason, "reason")
    incident = rows.take(tx, ref, version)
    _next_state(incident)
    refuse_if_not_allowed(tx, incident)
    for one in _held_refs(tx, incident):
        suspension.request_lift(tx, incident=one, by=by, reason=reason, at=at)
    incident.pending = {"act": "lift", "by": by, "at": at.isoformat(), "reason": reason}
    decide(tx, incident, kind="lift_request", by=by, reason=reason, at=at)
    ask_second(tx, incident, at)
    return rows.view(tx, incident)


def approve_lift(
    tx: Session, *, ref: str, reason: str, by: str, at: datetime, version: int | None = None
) -> IncidentView:
    """Another person agrees: every hold of the incident ends, nobody else's hold does.

    Raises:
        ConflictError: not requested, the same person, or the article's condition is not met.
    """
    reason = need(reason, "reason")
    incident = rows.take(tx, ref, version)
    second_person(incident, "lift", by)
    refuse_if_not_allowed(tx, incident)
    after = _next_state(incident)
    for one in _held_refs(tx, incident):
        suspension.approve_lift(tx, incident=one, by=by, reason=reason, at=at)
    incident.state = after.value
    requested = incident.pending or {}
    unfounded = incident.state == State.RELEASED or incident.mistaken_at is not None
    decide(
        tx,
        incident,
        kind="lift",
        by=by,
        reason=reason,
        at=at,
        requested_by=requested.get("by"),
    )
    duties.cancel_open(tx, incident, why=incident.state, at=at)
    if unfounded:
        incident.summary = incident.summary or reason
        if incident.mistaken_at is None:
            duties.correct_told(tx, incident, note="unfounded", at=at)
    if incident.state == State.LIFTED:
        resources.readmit(tx, incident.resource_id, at, by=by)
        duties.restore_told(tx, incident, at=at)
    end(tx, incident, at)
    duties.advance_duties(tx, incident, at)
    return rows.view(tx, incident)


def _next_state(incident: Incident) -> State:
    action = Action.RELEASE if incident.state == State.PRECAUTION else Action.LIFT
    return advance(incident.state, action)


def _held_refs(tx: Session, incident: Incident) -> list[str]:
    held = [
        ref
        for ref in rows.refs_with_merged(tx, incident)
        if any(hold.standing for hold in stops.holds(tx, incident=ref))
    ]
    if not held:
        raise ConflictError("No hold of this incident stands; there is nothing to lift.")
    return held


def refuse_if_not_allowed(tx: Session, incident: Incident) -> None:
    """After a finding only the article's way leads back (page 1).

    Raises:
        ConflictError: a sentence that names the article and what is missing.
    """
    if incident.state == State.PRECAUTION or incident.mistaken_at is not None:
        return
    article = BOOK.category(incident.category).article
    needs = lift_needs(incident.category, incident.kind)
    if needs is LiftNeeds.AUTHORITY_DECISION and not authority_decision(tx, incident):
        raise ConflictError(
            "Article %(article)s: a confirmed case is lifted only by the authority's written "
            "decision. Record its number, date and file first.",
            article=article,
        )
    if needs is LiftNeeds.REENTRY:
        case = _case(tx, incident)
        current = catalogue.current_version(tx, incident.resource_id)
        if case is None or case.completed_at is None:
            raise ConflictError(
                "Article %(article)s: transmission resumes only after the whole intake procedure "
                "(Articles 13 to 16). Still missing: %(steps)s.",
                article=article,
                steps=_missing(tx, case),
            )
        if current.id != case.version_id:
            raise ConflictError(
                "Article %(article)s: the re-entry case is about another version than the one "
                "served now. Open a new case.",
                article=article,
            )


def _case(tx: Session, incident: Incident) -> ReentryCase | None:
    return tx.scalar(
        select(ReentryCase)
        .where(ReentryCase.incident_id == incident.id)
        .order_by(ReentryCase.id.desc())
    )


def _missing(tx: Session, case: ReentryCase | None) -> str:
    if case is None:
        return "the re-entry case"
    steps = tx.scalars(
        select(ReentryStep.step)
        .where(ReentryStep.case_id == case.id, ReentryStep.state != "signed")
        .order_by(ReentryStep.seq)
    )
    return ", ".join(steps)


def authority_decision(tx: Session, incident: Incident) -> Decision | None:
    """The authority's written decision made since the finding, if one is on record."""
    return tx.scalar(
        select(Decision)
        .where(
            Decision.incident_id == incident.id,
            Decision.kind == "authority_decision",
            Decision.at >= (incident.found_at or incident.opened_at),
        )
        .order_by(Decision.id.desc())
    )


def second_person(incident: Incident, act: str, by: str) -> None:
    """Law 4: the one who asked cannot agree, nor the one whose finding it is.

    Raises:
        ConflictError: nobody asked, or it is the same person.
    """
    pending = incident.pending or {}
    if pending.get("act") != act:
        raise ConflictError("Nobody has requested this yet; one person requests, another agrees.")
    if by == pending.get("by"):
        raise ConflictError("You requested this yourself; a second person must agree.")
    if by == incident.found_by:
        raise ConflictError("You confirmed this finding; another person must agree.")


def ask_second(tx: Session, incident: Incident, at: datetime) -> None:
    """Call a second person, and a supervisor if nobody answers in time."""
    act = (incident.pending or {}).get("act")
    accounts.page(
        tx,
        key=f"second:{incident.ref}:{act}:{incident.version}",
        why="A decision waits for a second person.",
        at=at,
        platform_id=incident.platform_id,
        incident=incident.ref,
    )
    moment = deadlines.due(at, BOOK.house.clocks.lift_second_person).at
    service.promise_clock(tx, incident, "second", moment, at)


def record_authority_decision(
    tx: Session,
    *,
    ref: str,
    document_no: str,
    document_date: str,
    evidence_ref: str,
    reason: str,
    by: str,
    at: datetime,
    version: int | None = None,
) -> IncidentView:
    """Put the authority's written decision on record: its number, its date, its file.

    Raises:
        InvalidError: one of the three is missing or the date is none.
    """
    reason = need(reason, "reason")
    if not document_no.strip():
        raise InvalidError(
            "Give the number of the authority's document.",
            fields={"document_no": "Give the number of the authority's document."},
        )
    try:
        day = date.fromisoformat(document_date.strip())
    except ValueError:
        raise InvalidError(
            "Give the date of the authority's document.",
            fields={"document_date": "Give the date as year-month-day."},
        ) from None
    if not evidence_ref:
        raise InvalidError(
            "Attach the authority's document.",
            fields={"file": "Attach the authority's document."},
        )
    incident = rows.take(tx, ref, version)
    if incident.found_at is None:
        raise ConflictError("Nothing is found yet; the authority decides about a finding.")
    decide(
        tx,
        incident,
        kind="authority_decision",
        by=by,
        reason=reason,
        at=at,
        document_no=document_no.strip(),
        document_date=day.isoformat(),
        evidence_ref=evidence_ref,
    )
    return rows.view(tx, incident)


def request_remove(
    tx: Session, *, ref: str, reason: str, by: str, at: datetime, version: int | None = None
) -> IncidentView:
    """出库, the permanent decision: the first of two persons asks for it."""
    reason = need(reason, "reason")
    incident = rows.take(tx, ref, version)
    advance(incident.state, Action.REMOVE)
    if records_source(incident.category) is Source.HOUSE:
        _keep_records(tx, incident, at)
    incident.pending = {"act": "remove", "by": by, "at": at.isoformat(), "reason": reason}
    decide(tx, incident, kind="remove_request", by=by, reason=reason, at=at)
    ask_second(tx, incident, at)
    duties.advance_duties(tx, incident, at)
    return rows.view(tx, incident)


def _keep_records(tx: Session, incident: Incident, at: datetime) -> None:
    """Art. 23 names no record keeping; the house keeps records before such a removal too."""
    article = BOOK.category(incident.category).article
    if article is None or any(r.step == Step.PRESERVE_RECORDS for r in rows.duties(tx, incident)):
        return
    act = Act(Step.PRESERVE_RECORDS, (), Source.HOUSE, article)
    plan.write(tx, incident, act, wording="found", at=at, base=at, due_at=at)


def approve_remove(
    tx: Session, *, ref: str, reason: str, by: str, at: datetime, version: int | None = None
) -> IncidentView:
    """Another person agrees: the resource leaves the catalogue, its holds stand, the case ends.

    Raises:
        ConflictError: not requested, the same person, or Art. 23 without the authority's guidance.
    """
    reason = need(reason, "reason")
    incident = rows.take(tx, ref, version)
    second_person(incident, "remove", by)
    article = BOOK.category(incident.category).article
    held = [h for h in stops.holds(tx, incident=ref) if h.standing]
    if not held:
        # Arts. 23, 24: 在平台主管单位的指导下 / 按要求: nothing was stopped at once.
        if not authority_decision(tx, incident):
            raise ConflictError(
                "Article %(article)s: removal follows the authority's word. Record its number, "
                "date and file first.",
                article=article,
            )
        suspension.place_hold(
            tx,
            platform_id=incident.platform_id,
            resource_id=incident.resource_id,
            version_id=incident.version_id,
            incident=incident.ref,
            article=measures.article(incident),
            kind="confirmed",
            placed_by=str((incident.pending or {}).get("by")),
            reason=reason,
            at=at,
            exercise=incident.exercise,
        )
    incident.state = advance(incident.state, Action.REMOVE).value
    requested = (incident.pending or {}).get("by")
    decide(tx, incident, kind="remove", by=by, reason=reason, at=at, requested_by=requested)
    resources.mark_removed(tx, resource_id=incident.resource_id, at=at)
    for row in rows.duties(tx, incident):
        if row.step == Step.REMOVE and row.state == DutyState.OPEN:
            row.state, row.done_at = DutyState.DONE.value, at
    end(tx, incident, at)
    duties.advance_duties(tx, incident, at)
    return rows.view(tx, incident)
