"""From calibrated probabilities to a proposal: kind, severity, abstention, hold. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from nlp_models.labels import FINE, HOLDABLE, LISTED, ROUTING

_SHOWN = 0.3
_LIKELY = 0.5
# Page 1 knows these kinds only by their finer ones; the likeliest is named, however unsure.
_ALWAYS_FINE = ("legal", "other")
_STEEPEST = 60.0
_SERIOUS = ROUTING[:4]


@dataclass(frozen=True, slots=True)
class Decision:
    """What the model proposes; a person's word outranks it."""

    kind: str
    kinds: list[tuple[str, float]]
    severe: bool
    severe_score: float
    confidence: float
    abstain: bool
    would_hold: bool


@dataclass(frozen=True, slots=True)
class Limits:
    """The measured limits of one model card."""

    # What severe_score x confidence must reach: grave, and grave of this kind.
    threshold: float | None
    severe_at: float
    abstain_below: float


def sigmoid(logit: float) -> float:
    """The probability of some log-odds."""
    return 1.0 / (1.0 + math.exp(-max(min(logit, _STEEPEST), -_STEEPEST)))


def routing_kind(scores: Mapping[str, float]) -> str:
    """The most serious kind that is likely; within Arts. 22 and 23 the likeliest."""
    top = max(ROUTING, key=lambda label: scores[label])
    for label in _SERIOUS:
        # Rule 2 of the labelling rules: article order among what is really complained about.
        if label == top or scores[label] >= _LIKELY:
            return label
    return top


def finer(scores: Mapping[str, float], kind: str) -> list[tuple[str, float]]:
    """The finer kinds of a routing kind with their scores, or the kind itself."""
    own = [(fine, scores[fine]) for fine in FINE.get(kind, ()) if scores[fine] >= _SHOWN]
    if not own and kind in _ALWAYS_FINE:
        best = max(FINE[kind], key=lambda fine: scores[fine])
        own = [(best, scores[best])]
    # A finer kind is never surer than the kind it stands under.
    return sorted(
        ((fine, min(score, scores[kind])) for fine, score in own), key=lambda item: -item[1]
    ) or [(kind, scores[kind])]


def decide(scores: Mapping[str, float], limits: Limits) -> Decision:
    """The proposal for one text from the probabilities of all labels."""
    kind = routing_kind(scores)
    kinds = finer(scores, kind)
    for label in ROUTING:
        if label != kind and scores[label] >= _SHOWN:
            kinds += finer(scores, label)
    severe_score = scores["severe"] if kind in _SERIOUS else min(scores["severe"], scores[kind])
    severe = kind in _SERIOUS and severe_score >= limits.severe_at
    confidence = scores[kind]
    abstain = confidence < limits.abstain_below
    would_hold = (
        severe
        and kind in HOLDABLE
        and not abstain
        # Two witnesses: the weights and a list of the officers.
        and scores[LISTED] >= _LIKELY
        and limits.threshold is not None
        and severe_score * confidence >= limits.threshold
    )
    return Decision(kind, kinds, severe, severe_score, confidence, abstain, would_hold)
