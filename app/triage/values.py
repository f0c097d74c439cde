"""What the desk and other packages see of triage."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.intake.values import ClaimView


@dataclass(frozen=True, slots=True)
class SuggestionView:
    """The machine's reading of one complaint; a person's word outranks it."""

    complaint_id: int
    model: str
    category: str
    kind: str
    kinds: list[Any]
    severe: bool
    severe_score: float
    confidence: float
    abstain: bool
    would_hold: bool
    risk: str | None
    cues: list[Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class ProposalView:
    """Why a precaution was or was not placed."""

    id: int
    incident: str
    act: str
    outcome: str  # placed | proposed | none
    reasons: list[str]
    score: float | None
    model: str | None
    scope: dict[str, Any]
    at: datetime
    answered_by: str | None


@dataclass(frozen=True, slots=True)
class Sorted:
    """Where a complaint went: an incident, or triage."""

    incident: str | None
    outcome: str  # placed | proposed | joined | triage | answered_before
    reasons: tuple[str, ...] = ()
    hold: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """An open complaint that another may join; the number of its kind only from five on."""

    complaint_id: int
    times: int | None


@dataclass(frozen=True, slots=True)
class Problem:
    """Complaints of one incident that tell the same problem, the first teller first."""

    complaint_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """One problem at the desk: its first claim, the newest that tell it again, how many."""

    first: ClaimView
    again: tuple[ClaimView, ...]
    times: int
