"""What a machine may hold."""

from __future__ import annotations

from nlp_models.decide import Limits, decide
from nlp_models.labels import FINE, LISTED, ROUTING, SEVERE

_LIMITS = Limits(threshold=0.8, severe_at=0.5, abstain_below=0.4)


def _scores(**given: float) -> dict[str, float]:
    names = (*ROUTING, *(fine for kinds in FINE.values() for fine in kinds), SEVERE, LISTED)
    return dict.fromkeys(names, 0.01) | given


def test_a_hold_needs_the_score_and_a_list_of_the_officers() -> None:
    sure = _scores(legal=0.99, gambling=0.9, severe=0.99, listed=1.0)
    assert decide(sure, _LIMITS).would_hold
    assert not decide(sure | {LISTED: 0.0}, _LIMITS).would_hold
    assert not decide(sure | {SEVERE: 0.7}, _LIMITS).would_hold


def test_without_a_measured_threshold_nothing_is_held() -> None:
    sure = _scores(legal=0.99, gambling=0.9, severe=0.99, listed=1.0)
    assert not decide(sure, Limits(None, 0.5, 0.4)).would_hold


def test_orientation_and_science_are_never_held_by_machine() -> None:
    sure = _scores(scientific=0.99, severe=0.99, listed=1.0)
    made = decide(sure, _LIMITS)
    assert made.severe
    assert not made.would_hold
