"""What other packages see of an incident; rows never leave this package."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class IncidentView:
    """One 处置单 at a moment."""

    id: int
    ref: str
    platform_id: int
    resource_id: int
    version_id: int
    routing_kind: str
    kind: str | None
    category: str
    article: int | None
    state: str
    open: bool
    opened_at: datetime
    accept_by: datetime
    handle_by: datetime
    review_by: datetime | None
    due_at: datetime
    rank: int
    accepted_at: datetime | None
    review_ended_at: datetime | None
    found_at: datetime | None
    found_by: str | None
    severe_impact: bool
    severe_reason: str | None
    summary: str
    pending: dict[str, Any] | None
    mistaken_at: datetime | None
    claimed_by: str | None
    claimed_until: datetime | None
    merged_into: str | None
    closed_at: datetime | None
    policy: dict[str, Any] | None
    exercise: bool
    version: int
    complaint_ids: tuple[int, ...] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class DutyView:
    """One act the article or the house demands."""

    seq: int
    step: str
    role: str
    state: str
    article: int
    source: str
    severe: bool
    wording: str
    after_seq: int | None
    due_at: datetime | None
    not_later_than: datetime | None
    started_at: datetime | None
    done_at: datetime | None
    duty_key: str | None
    note: str | None


@dataclass(frozen=True, slots=True)
class DecisionView:
    """One decision of a person, or of the authority as a person recorded it."""

    id: int
    kind: str
    category: str | None
    routing_kind: str | None
    reason: str
    by: str
    at: datetime
    document_no: str | None
    document_date: str | None
    evidence_ref: str | None
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class StepView:
    """One step of the re-entry procedure."""

    seq: int
    step: str
    article: int
    role: str
    state: str
    signed_by: str | None
    signed_at: datetime | None
    signatory: str | None
    note: str | None
    evidence_ref: str | None


@dataclass(frozen=True, slots=True)
class CaseView:
    """A re-entry case of one version."""

    id: int
    version_id: int
    way: str
    opened_by: str
    opened_at: datetime
    completed_at: datetime | None
    steps: tuple[StepView, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """Steps not signed yet, in the order of the norm."""
        return tuple(step.step for step in self.steps if step.state != "signed")


@dataclass(frozen=True, slots=True)
class Recorded:
    """One line of the timeline."""

    at: datetime
    actor: str
    action: str
    subject: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Judged:
    """A complaint in an incident that a person has decided on."""

    complaint_id: int
    incident: str
    routing_kind: str
    kind: str | None
    verdict: str  # confirmed | reclassified | placed (by triage, not decided yet) | unfounded
    at: datetime
