"""Suggestions, proposals and the counts that the precaution policy asks for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalogue import queries as catalogue
from app.catalogue.values import ResourceView
from app.core import clock
from app.incidents import queries as incidents
from app.incidents.values import IncidentView
from app.intake import queries as intake
from app.intake.values import ComplaintView
from app.norm import precaution
from app.norm.book import BOOK, Book
from app.suspension import queries as stops
from app.triage.joining import offer
from app.triage.models import Precaution, PrecautionQuota, Proposal, Suggestion
from app.triage.problems import problems, same_problem, told
from app.triage.values import ProposalView, SuggestionView

__all__ = [
    "named_addresses",
    "offer",
    "precaution_facts",
    "problems",
    "proposals",
    "quota_day",
    "same_problem",
    "suggestion",
    "suggestions",
    "told",
]
_PAGE_ROLE = "page"


def suggestion(session: Session, complaint_id: int) -> SuggestionView | None:
    """The machine's reading of a complaint, if it was read already."""
    return suggestions(session, [complaint_id]).get(complaint_id)


def suggestions(session: Session, complaint_ids: Iterable[int]) -> dict[int, SuggestionView]:
    """The machine's readings, by complaint."""
    rows = session.scalars(
        select(Suggestion).where(Suggestion.complaint_id.in_(list(complaint_ids)))
    )
    return {
        r.complaint_id: SuggestionView(
            complaint_id=r.complaint_id,
            model=r.model,
            category=r.category,
            kind=r.kind,
            kinds=list(r.kinds),
            severe=r.severe,
            severe_score=r.severe_score,
            confidence=r.confidence,
            abstain=r.abstain,
            would_hold=r.would_hold,
            risk=r.risk,
            cues=list(r.cues),
            at=r.at,
        )
        for r in rows
    }


def proposals(session: Session, incident: str) -> list[ProposalView]:
    """What the policy placed or proposed for an incident, newest first."""
    rows = session.scalars(
        select(Proposal).where(Proposal.incident == incident).order_by(Proposal.id.desc())
    )
    return [
        ProposalView(
            id=r.id,
            incident=r.incident,
            act=r.act,
            outcome=r.outcome,
            reasons=[str(reason) for reason in r.reasons],
            score=r.score,
            model=r.model,
            scope=dict(r.scope),
            at=r.at,
            answered_by=r.answered_by,
        )
        for r in rows
    ]


def named_addresses(session: Session, complaint: ComplaintView) -> frozenset[int]:
    """The resource's own addresses, other than its page, that the complaint names by address.

    A time, page, slide, exercise or ``whole`` never narrows (design 2.7).
    """
    links = [place.start for place in complaint.locators if place.kind == "link"]
    found = set()
    for url in [complaint.resource_url, *links]:
        hit = catalogue.by_url(session, url) if url else None
        if hit and hit.resource_id == complaint.resource_id and hit.role != _PAGE_ROLE:
            found.add(hit.address_id)
    return frozenset(found)


def precaution_facts(
    session: Session,
    *,
    complaint: ComplaintView,
    incident: IncidentView,
    reading: SuggestionView,
    threshold: float,
    day_tag: str | None,
    at: datetime,
    book: Book = BOOK,
) -> precaution.Facts:
    """Everything the policy may look at for one claim, read in one transaction."""
    rules = book.house.precaution
    resource = catalogue.resource(session, incident.resource_id)
    named = named_addresses(session, complaint)
    window = _placed_since(session, resource, at - timedelta(minutes=rules.window_minutes))
    provider_since = at - timedelta(minutes=rules.provider_window_minutes)
    on_provider = _placed_since(session, resource, provider_since, of_provider=True)
    total = max(catalogue.platform_views(session, resource.platform_id), 1)
    month = at - timedelta(days=rules.rejected_claims_days)
    standing = [h for h in stops.holds(session, resource_id=resource.id) if h.standing]
    covered = any(h.address_id is None or h.address_id in named for h in standing)
    return precaution.Facts(
        kind=incident.routing_kind,
        severe=reading.severe and reading.category == incident.category,
        would_hold=reading.would_hold and reading.category == incident.category,
        score=reading.severe_score,
        threshold=threshold,
        independent_sources=_sources(session, incident, complaint),
        signed_monitor=complaint.source == "monitor",
        already_stopped=covered,
        named_addresses=named,
        rejected_on_resource=incidents.rejected_since(session, resource.id, month),
        rejecting_tags_on_other_resources=_rejecting_tags(session, resource, month),
        version_released_before=incidents.released_before(session, incident.version_id),
        provider_has_open_machine_hold=_other_machine_hold(session, resource),
        protected=resource.protected_until is not None and resource.protected_until > at,
        holds_by_tag_on_resource=_by_tag(session, resource.id, complaint.source_tag),
        holds_by_day_tag=_by_day_tag(session, resource.platform_id, day_tag, at),
        holds_on_provider=len(on_provider),
        holds_on_platform=len(window),
        views_held_beyond_first=sum(p.views for p in window[1:]) / total,
        views_of_resource=resource.views_30d / total,
    )


def _placed_since(
    session: Session, resource: ResourceView, since: datetime, *, of_provider: bool = False
) -> list[Precaution]:
    scope = (
        Precaution.provider_id == resource.provider_id
        if of_provider
        else Precaution.platform_id == resource.platform_id
    )
    return list(
        session.scalars(
            select(Precaution).where(scope, Precaution.at > since).order_by(Precaution.at)
        )
    )


def _sources(session: Session, incident: IncidentView, complaint: ComplaintView) -> int:
    """Distinct source tags of the incident's complaints; tagless ones count as one together."""
    claims = intake.claims(session, [*incident.complaint_ids, complaint.id])
    return len({claim.source_tag for claim in claims})


def _rejecting_tags(session: Session, resource: ResourceView, since: datetime) -> int:
    others = catalogue.resources_of_provider(session, resource.provider_id)
    tags: set[tuple[int, str | None]] = set()
    for other in others:
        if other == resource.id:
            continue
        ids = incidents.unfounded_complaints(session, other, since)
        tags.update((other, claim.source_tag) for claim in intake.claims(session, ids))
    return len(tags)


def _other_machine_hold(session: Session, resource: ResourceView) -> bool:
    rows = session.scalars(
        select(Precaution.resource_id)
        .where(
            Precaution.provider_id == resource.provider_id, Precaution.resource_id != resource.id
        )
        .distinct()
    )
    return any(
        hold.standing and hold.kind == "precaution"
        for resource_id in rows
        for hold in stops.holds(session, resource_id=resource_id)
    )


def _by_tag(session: Session, resource_id: int, tag: str | None) -> int:
    rows = session.scalars(
        select(Precaution.id).where(
            Precaution.resource_id == resource_id, Precaution.source_tag == tag
        )
    )
    return len(list(rows)) if tag else 0


def _by_day_tag(session: Session, platform_id: int, day_tag: str | None, at: datetime) -> int:
    if not day_tag:
        return 0
    n = session.scalar(
        select(PrecautionQuota.n).where(
            PrecautionQuota.platform_id == platform_id,
            PrecautionQuota.day == quota_day(at),
            PrecautionQuota.day_tag == day_tag,
        )
    )
    return n or 0


def quota_day(at: datetime) -> str:
    """The day a cap counts in, Asia/Shanghai."""
    return at.astimezone(clock.SHANGHAI).strftime("%Y-%m-%d")
