"""Pairs, medians, ranges, and what a figure must not miss."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Goal:
    """What would be a miss, and how far we want to go."""

    miss: float
    aim: float
    unit: str = ""
    more_is_better: bool = True

    def verdict(self, value: float) -> str:
        """``miss``, ``ok`` or ``aim``."""
        sign = 1 if self.more_is_better else -1
        if not sign * value >= sign * self.miss:  # no number is a miss, too
            return "miss"
        return "aim" if sign * value >= sign * self.aim else "ok"


def less(miss: float, aim: float, unit: str = "") -> Goal:
    """A goal for times, memory and growth."""
    return Goal(miss, aim, unit, more_is_better=False)


@dataclass(frozen=True)
class Row:
    """One line of the table: the judged figure, its range, and what it was made of."""

    group: str
    name: str
    value: float
    low: float
    high: float
    goal: Goal
    baseline: str = "–"
    made_of: str = ""
    n: int = 1
    load: float = field(default_factory=lambda: os.getloadavg()[0])

    @property
    def verdict(self) -> str:
        """Against the goal."""
        return self.goal.verdict(self.value)

    @property
    def command(self) -> str:
        """What shows this row."""
        return f"python -m bench {self.group}"

    def as_json(self) -> dict[str, Any]:
        """For the kept results."""
        return {**asdict(self), "verdict": self.verdict, "command": self.command}


@dataclass(frozen=True)
class Pairs:
    """Figures of ours and of the baseline, taken in turn."""

    ours: tuple[float, ...]
    base: tuple[float, ...]

    @property
    def ratios(self) -> list[float]:
        """Pair by pair, so that noise that lasts longer than a pair falls out."""
        return [a / b for a, b in zip(self.ours, self.base, strict=True)]

    def row(self, group: str, name: str, goal: Goal, *, baseline: str, unit: str) -> Row:
        """The median ratio with its range."""
        ratios = self.ratios
        return Row(
            group, name, median(ratios), min(ratios), max(ratios), goal, baseline,
            f"{figure(median(self.ours))} against {figure(median(self.base))} {unit}",
            len(ratios),
        )  # fmt: skip


def pairs(ours: Callable[[], float], base: Callable[[], float], n: int) -> Pairs:
    """A B A B …, after one of each that is not counted (caches, first connections)."""
    ours(), base()
    taken = [(ours(), base()) for _ in range(n)]
    return Pairs(tuple(a for a, _ in taken), tuple(b for _, b in taken))


def seconds(act: Callable[[], object]) -> float:
    """How long it takes once."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share of all values does not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * int(share * 1000) // 1000) - 1)]


def times_row(group: str, name: str, values: Sequence[float], goal: Goal, made_of: str = "") -> Row:
    """p95 of single times, with p50 and the range beside it."""
    p50 = f"p50 {figure(percentile(values, 0.5))} {goal.unit}"
    return Row(
        group, name, percentile(values, 0.95), min(values), max(values), goal,
        made_of=f"{p50}{'; ' if made_of else ''}{made_of}", n=len(values),
    )  # fmt: skip


def figure(value: float) -> str:
    """Three significant digits, no exponent."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value >= 0.001 or value <= 0 else f"{value:.5f}"
