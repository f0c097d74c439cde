"""From a complaint to its incident, and from there to a precaution or a proposal."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import classifier
from app.accounts import service as accounts
from app.audit import service as audit
from app.catalogue import queries as catalogue
from app.core.errors import InvalidError
from app.incidents import queries as incident_queries
from app.incidents import service as incidents
from app.incidents.values import IncidentView
from app.intake import queries as intake_queries
from app.intake import service as intake
from app.intake.values import ComplaintView
from app.norm import kinds, precaution
from app.norm.errors import NormError
from app.norm.precaution import Reason
from app.outbox import service as outbox
from app.triage import problems, queries
from app.triage.models import Precaution, PrecautionQuota, Proposal, SignalSeen, Suggestion
from app.triage.values import Sorted

POLICY = "policy:precaution"
_NEVER = 2.0


def threshold(model: str | None = None) -> float:
    """The score for a hold on the card of the model that read (default: the one in service).

    Above every score when the card grants none.
    """
    measured = classifier.threshold(model)
    return _NEVER if measured is None else measured


def store_suggestion(
    tx: Session, *, complaint_id: int, reading: dict[str, Any], at: datetime
) -> None:
    """Keep the machine's reading (the shape of design 3.5); a second reading changes nothing."""
    if tx.scalar(select(Suggestion.id).where(Suggestion.complaint_id == complaint_id)):
        return
    names = (
        "model", "category", "kind", "kinds", "severe", "severe_score", "confidence",
        "abstain", "would_hold", "risk", "cues", "slots",
    )  # fmt: skip
    tx.add(Suggestion(complaint_id=complaint_id, at=at, **{name: reading[name] for name in names}))
    tx.flush()
    problems.keep(tx, intake_queries.for_triage(tx, complaint_id))


def sort(
    tx: Session, *, complaint_id: int, threshold: float, day_tag: str | None, at: datetime
) -> Sorted:
    """Tie the read complaint to its incident and ask the policy; sorting twice is sorting once.

    ``other`` and complaints without a resource stay in triage, on their own clock.
    """
    complaint = intake_queries.for_triage(tx, complaint_id)
    reading = queries.suggestion(tx, complaint_id)
    assert reading is not None
    if complaint.state in {"closed", "withdrawn"}:
        return Sorted(None, "answered_before")
    if reading.risk:
        _call_for_risk(tx, complaint, at)
    joined = _joined(tx, complaint)
    routing = joined.routing_kind if joined else routing_kind(complaint.kind, reading.kind)
    if complaint.resource_id is None or complaint.version_id is None or routing == "other":
        _wait_in_triage(tx, complaint, at)
        return Sorted(None, "triage")
    platform = catalogue.resource(tx, complaint.resource_id).platform_id
    incident = incidents.open_or_join(
        tx,
        complaint_id=complaint.id,
        resource_id=complaint.resource_id,
        version_id=complaint.version_id,
        platform_id=platform,
        routing_kind=routing,
        kind=_finer(complaint, reading.kinds, routing),
        by=POLICY,
        at=at,
        exercise=complaint.exercise,
    )
    intake.out_of_triage(tx, complaint.id, category=incident.category, at=at)
    facts = queries.precaution_facts(
        tx,
        complaint=complaint,
        incident=incident,
        reading=reading,
        threshold=threshold,
        day_tag=day_tag,
        at=at,
    )
    return _apply(tx, complaint, incident, facts, reading.model, day_tag, at)


def _joined(tx: Session, complaint: ComplaintView) -> IncidentView | None:
    """The open incident of the complaint that this one joins by its own word."""
    if complaint.joins is None:
        return None
    known = incident_queries.incidents_of_complaint(tx, complaint.joins)
    return next((i for i in known if i.open and i.resource_id == complaint.resource_id), None)


def routing_kind(chosen: str | None, read: str) -> str:
    """The person's word outranks the machine's; a finer kind routes by its group."""
    if chosen and chosen != "other":
        try:
            return kinds.routing_kind_of(chosen)
        except NormError:
            return read
    return read


def _finer(complaint: ComplaintView, scored: list[Any], routing: str) -> str | None:
    candidates = [complaint.kind, *(entry["kind"] for entry in scored)]
    for kind in candidates:
        if not kind or kind == routing:
            continue
        try:
            if kinds.routing_kind_of(kind) == routing:
                return str(kind)
        except NormError:
            continue
    return None


def _apply(
    tx: Session,
    complaint: ComplaintView,
    incident: IncidentView,
    facts: precaution.Facts,
    model: str,
    day_tag: str | None,
    at: datetime,
) -> Sorted:
    decision = precaution.decide(facts)
    reasons = tuple(str(reason) for reason in decision.reasons)
    if decision.place:
        incidents.place_precaution(
            tx,
            incident_ref=incident.ref,
            by=POLICY,
            reason=", ".join(reasons),
            at=at,
            address_id=decision.scope.address,
        )
        if not incident.exercise:  # an exercise uses up nobody's cap
            _count(tx, complaint, incident, day_tag, at)
    outcome = "placed" if decision.place else "proposed" if decision.propose else "none"
    if outcome != "none":
        _write_proposal(tx, complaint, incident, facts, decision, outcome, model, at)
    if decision.page:
        incidents.to_top(
            tx,
            incident_ref=incident.ref,
            why="A grave complaint waits for your decision: nothing was stopped without you.",
            key=f"proposal:{incident.ref}",  # 200 copies of one text call once
            at=at,
        )
    if Reason.ALREADY_STOPPED in decision.reasons:
        return Sorted(incident.ref, "joined", reasons, hold=True)
    words = {"placed": "placed", "proposed": "proposed", "none": "joined"}
    return Sorted(incident.ref, words[outcome], reasons, hold=decision.place)


def _count(
    tx: Session,
    complaint: ComplaintView,
    incident: IncidentView,
    day_tag: str | None,
    at: datetime,
) -> None:
    """What later caps count; the day tag is counted apart, never beside the complaint."""
    resource = catalogue.resource(tx, incident.resource_id)
    tx.add(
        Precaution(
            platform_id=resource.platform_id,
            provider_id=resource.provider_id,
            resource_id=resource.id,
            incident=incident.ref,
            source_tag=complaint.source_tag,
            views=resource.views_30d,
            at=at,
        )
    )
    if not day_tag:
        return
    row = tx.scalar(
        select(PrecautionQuota).where(
            PrecautionQuota.platform_id == resource.platform_id,
            PrecautionQuota.day == queries.quota_day(at),
            PrecautionQuota.day_tag == day_tag,
        )
    )
    if row is None:
        day = queries.quota_day(at)
        tx.add(PrecautionQuota(platform_id=resource.platform_id, day=day, day_tag=day_tag, n=1))
    else:
        row.n += 1


def _write_proposal(
    tx: Session,
    complaint: ComplaintView,
    incident: IncidentView,
    facts: precaution.Facts,
    decision: precaution.Decision,
    outcome: str,
    model: str,
    at: datetime,
) -> None:
    reasons = [str(reason) for reason in decision.reasons]
    latest = tx.scalar(
        select(Proposal).where(Proposal.incident == incident.ref).order_by(Proposal.id.desc())
    )
    if latest is not None and latest.outcome == outcome and list(latest.reasons) == reasons:
        return
    tx.add(
        Proposal(
            incident=incident.ref,
            complaint_id=complaint.id,
            act="stop",
            outcome=outcome,
            reasons=reasons,
            score=facts.score,
            model=model,
            scope={"address": decision.scope.address},
            at=at,
        )
    )
    audit.record(
        tx,
        actor=POLICY,
        action=f"precaution.{outcome}",
        subject=f"incident:{incident.ref}",
        incident=incident.ref,
        at=at,
        reasons=reasons,
        score=round(facts.score, 4),
        threshold=facts.threshold,
        model=model,
    )


def _wait_in_triage(tx: Session, complaint: ComplaintView, at: datetime) -> None:
    intake.into_triage(tx, complaint.id)
    audit.record(
        tx,
        actor=POLICY,
        action="triage.wait",
        subject=f"complaint:{complaint.ref}",
        at=at,
        known_resource=complaint.resource_id is not None,
    )
    outbox.put(
        tx,
        topic="triage.late",
        key=f"triage.late:{complaint.ref}",
        at=at,
        due_at=complaint.accept_by,
        complaint_id=complaint.id,
    )


def _call_for_risk(tx: Session, complaint: ComplaintView, at: datetime) -> None:
    accounts.page(
        tx,
        key=f"risk:{complaint.ref}",
        why="A complaint may mean that a person is in danger. Read it now.",
        at=at,
        platform_id=complaint.platform_id,
    )


def assign(
    tx: Session,
    *,
    complaint_ref: str,
    resource_ref: str,
    kind: str,
    by: str,
    at: datetime,
) -> IncidentView:
    """An officer ties a complaint to a resource and a kind; it joins or opens the incident.

    Raises:
        InvalidError: unknown kind, or ``other`` (which is answered, not opened).
        NotFoundError: no such complaint or resource.
    """
    complaint = intake_queries.by_ref(tx, complaint_ref)
    resource = catalogue.resource(tx, resource_ref)
    try:
        routing = kinds.routing_kind_of(kind)
    except NormError as error:
        raise InvalidError("There is no kind %(kind)s.", kind=kind) from error
    incident = incidents.open_or_join(
        tx,
        complaint_id=complaint.id,
        resource_id=resource.id,
        version_id=resource.version_id,
        platform_id=resource.platform_id,
        routing_kind=routing,
        kind=kind if kind != routing else None,
        by=by,
        at=at,
        exercise=complaint.exercise,
    )
    intake.set_resource(
        tx,
        complaint.id,
        resource_id=resource.id,
        version_id=resource.version_id,
        platform_id=resource.platform_id,
        by=by,
        at=at,
    )
    problems.keep(tx, intake_queries.for_triage(tx, complaint.id))
    intake.out_of_triage(tx, complaint.id, category=incident.category, at=at)
    intake.accept(tx, complaint.id, at, by=by)
    return incident


def answer_signal(tx: Session, *, key: str, answer: dict[str, Any], at: datetime) -> None:
    """Keep the answer to a monitor's signal, so that an exact replay has one effect."""
    tx.add(SignalSeen(key=key, answer=answer, at=at))
    tx.flush()


def signal_answer(session: Session, key: str) -> dict[str, Any] | None:
    """What the same signal was answered before."""
    row = session.get(SignalSeen, key)
    return dict(row.answer) if row is not None and row.answer is not None else None
