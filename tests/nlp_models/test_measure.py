"""The figures that decide what a machine may hold."""

from __future__ import annotations

import pytest

from nlp_models.measure import expected_error, f1_by_class, platt, threshold_for, wilson


def test_the_wilson_interval_matches_the_textbook() -> None:
    low, high = wilson(38, 40)
    assert low == pytest.approx(0.835, abs=0.002)
    assert high == pytest.approx(0.986, abs=0.002)


def test_no_threshold_without_forty_passing_items() -> None:
    assert threshold_for([(0.9, True)] * 39)[0] is None


def test_the_threshold_is_the_lowest_that_keeps_the_precision() -> None:
    scored = [(0.9, True)] * 40 + [(0.8, True)] * 5 + [(0.7, False)] * 10
    assert threshold_for(scored) == (0.8, 45, 45)


def test_the_interval_must_not_fall_below_what_is_demanded() -> None:
    scored = [(0.9, True)] * 49 + [(0.8, False)] + [(0.7, True)] * 60
    assert threshold_for(scored, 0.95, lower=0.93) == (0.7, 109, 110)
    assert threshold_for(scored[:50], 0.95, lower=0.93) == (None, 0, 0)


def test_items_of_one_score_pass_together() -> None:
    assert threshold_for([(0.9, True)] * 40 + [(0.9, False)] * 10)[0] is None


def test_perfect_scores_have_no_calibration_error() -> None:
    assert expected_error([0.0, 1.0, 1.0], [False, True, True]) == 0.0


def test_overconfident_scores_are_calmed() -> None:
    slope, _ = platt([8.0, 8.0, -8.0, -8.0] * 20, [True, False, False, True] * 20)
    assert slope < 0.2


def test_a_class_that_is_never_given_has_no_f1() -> None:
    assert f1_by_class(["a", "b"], ["a", "a"], ["a", "b"])["b"]["f1"] == 0.0
