"""The bench's own sums: a bench that cannot fail is none."""

from __future__ import annotations

from itertools import count

import pytest

from bench.measure import Goal, Row, less, pairs, percentile, times_row

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(
    ("goal", "value", "verdict"),
    [
        (Goal(0.35, 0.7), 0.34, "miss"),
        (Goal(0.35, 0.7), 0.35, "ok"),
        (Goal(0.35, 0.7), 0.7, "aim"),
        (less(3, 0.25, "s"), 3.1, "miss"),
        (less(3, 0.25, "s"), 3.0, "ok"),
        (less(3, 0.25, "s"), 0.25, "aim"),
        (Goal(0.35, 0.7), float("nan"), "miss"),
        (less(3, 0.25), float("nan"), "miss"),
    ],
)
def test_a_figure_beyond_its_miss_is_a_miss(goal: Goal, value: float, verdict: str) -> None:
    assert goal.verdict(value) == verdict


def test_ours_and_the_baseline_are_taken_in_turn_and_the_first_of_each_is_not_counted() -> None:
    turns, clock = [], count(1)

    def taken(name: str) -> float:
        turns.append(name)
        return float(next(clock))

    both = pairs(lambda: taken("A"), lambda: taken("B"), 3)
    assert "".join(turns) == "ABABABAB"
    assert both.ours == (3.0, 5.0, 7.0)
    assert both.base == (4.0, 6.0, 8.0)
    row = both.row("x", "x", Goal(0.5, 1), baseline="b", unit="/s")
    assert (row.value, row.low, row.high, row.n) == (5 / 6, 3 / 4, 7 / 8, 3)


def test_p95_is_a_value_that_was_seen() -> None:
    values = list(range(1, 101))
    assert percentile(values, 0.95) == 95
    assert percentile(values, 0.5) == 50
    assert percentile([7], 0.95) == 7
    assert times_row("x", "x", [3, 1, 2], less(5, 1)).value == 3


def test_a_row_names_the_command_that_shows_it() -> None:
    row = Row("edge", "edge: something", 1.0, 1.0, 1.0, Goal(0.5, 1))
    assert row.command == "python -m bench edge"
    assert row.as_json()["verdict"] == "aim"
