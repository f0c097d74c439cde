"""Figures: F1, precision with its Wilson interval, calibration of log-odds. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_LONGEST_STEP = 0.5
_STILL = 1e-7


def wilson(hits: int, of: int, z: float = 1.959964) -> tuple[float, float]:
    """The 95 % Wilson interval of a proportion."""
    if of == 0:
        return 0.0, 1.0
    p = hits / of
    middle = (p + z * z / (2 * of)) / (1 + z * z / of)
    half = z * math.sqrt(p * (1 - p) / of + z * z / (4 * of * of)) / (1 + z * z / of)
    # With none or all the bound is exact; rounding would miss it by the last bit.
    return (max(0.0, middle - half) if hits else 0.0), (
        min(1.0, middle + half) if hits < of else 1.0
    )


def f1_by_class(
    wanted: Sequence[str], given: Sequence[str], classes: Sequence[str]
) -> dict[str, dict[str, float]]:
    """Precision, recall, F1 and count of each class."""
    out: dict[str, dict[str, float]] = {}
    for name in classes:
        both = sum(w == name == g for w, g in zip(wanted, given, strict=True))
        said, were = sum(g == name for g in given), sum(w == name for w in wanted)
        precision, recall = both / said if said else 0.0, both / were if were else 0.0
        f1 = 2 * precision * recall / (precision + recall) if both else 0.0
        out[name] = {"precision": precision, "recall": recall, "f1": f1, "n": float(were)}
    return out


def platt(logits: Sequence[float], truth: Sequence[bool], steps: int = 60) -> list[float]:
    """Slope and offset that turn log-odds into probabilities; a ridge keeps small samples calm."""
    x: Floats = np.asarray(logits, dtype="d")
    y: Floats = np.asarray(truth, dtype="d")
    weights = np.array([1.0, 0.0])
    ridge = np.array([0.5, 0.05])
    for _ in range(steps):
        p = 1 / (1 + np.exp(-np.clip(weights[0] * x + weights[1], -30, 30)))
        slope = np.array([((p - y) * x).sum(), (p - y).sum()]) + ridge * (weights - [1.0, 0.0])
        w = p * (1 - p) + 1e-9
        hess = np.array([[(w * x * x).sum(), (w * x).sum()], [(w * x).sum(), w.sum()]])
        step = np.linalg.solve(hess + np.diag(ridge), slope)
        # A full Newton step overshoots where the curve is flat.
        weights = weights - step * min(1.0, _LONGEST_STEP / float(np.abs(step).max() + 1e-12))
    return [round(max(float(weights[0]), 0.05), 6), round(float(weights[1]), 6)]


def logistic(rows: Floats, truth: Floats, ridge: float, steps: int = 25) -> Floats:
    """Weights of a ridge logistic regression by Newton's method; a constant is a column of rows."""
    weights = np.zeros(rows.shape[1])
    penalty = ridge * np.eye(rows.shape[1])
    for _ in range(steps):
        p = 1 / (1 + np.exp(-np.clip(rows @ weights, -30, 30)))
        slope = rows.T @ (p - truth) + penalty @ weights
        bend = (rows * (p * (1 - p))[:, None]).T @ rows + penalty
        step = np.linalg.solve(bend, slope)
        weights = weights - step
        if float(np.abs(step).max()) < _STILL:
            break
    return weights


def expected_error(scores: Sequence[float], truth: Sequence[bool], bins: int = 10) -> float:
    """Expected calibration error over equal-width bins."""
    total, n = 0.0, len(scores)
    for index in range(bins):
        inside = [
            (score, hit)
            for score, hit in zip(scores, truth, strict=True)
            if index / bins <= score < (index + 1) / bins or (index == bins - 1 and score == 1.0)
        ]
        if inside:
            mean = sum(score for score, _ in inside) / len(inside)
            share = sum(hit for _, hit in inside) / len(inside)
            total += len(inside) / n * abs(mean - share)
    return total


def threshold_for(
    scored: Sequence[tuple[float, bool]],
    precision: float = 0.95,
    least: int = 40,
    lower: float = 0.0,
) -> tuple[float | None, int, int]:
    """The lowest score from which at least `least` pass with the precision; hits; passing.

    `lower` is what the 95 % Wilson interval must not fall below.
    """
    best: tuple[float | None, int, int] = (None, 0, 0)
    hits = 0
    ordered = sorted(scored, key=lambda item: -item[0])
    for passing, (score, good) in enumerate(ordered, start=1):
        hits += good
        tied = passing < len(ordered) and ordered[passing][0] == score
        if tied or passing < least or hits / passing < precision:
            continue
        if wilson(hits, passing)[0] >= lower:
            best = (score, hits, passing)
    return best
