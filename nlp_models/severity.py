"""How grave is what is alleged, judged from everything the model says of a text.

The words of severity alone miss what the kinds know: gambling is grave, a stolen worksheet is not.
A small logistic regression over all log-odds, fitted on held-out ones, joins both.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nlp_models.labels import LABELS
from nlp_models.measure import logistic

Floats = NDArray[np.float64]
_RIDGE = 1.0


def seen(logits: ArrayLike, listed: float) -> Floats:
    """What is weighed: every log-odds, what of it is positive, and whether a list was met."""
    given = np.asarray(logits, dtype="d")
    return np.concatenate([given, np.maximum(given, 0.0), [listed, 1.0]])


def fit(
    logits: Sequence[dict[str, float]], listed: Sequence[bool], truth: Sequence[bool]
) -> list[float]:
    """The weights, from held-out log-odds of texts whose severity is known."""
    rows = [
        seen([item[label] for label in LABELS], float(met))
        for item, met in zip(logits, listed, strict=True)
    ]
    weights = logistic(np.stack(rows), np.asarray(truth, dtype="d"), _RIDGE)
    return [round(float(weight), 6) for weight in weights]


def log_odds(weights: Floats, logits: ArrayLike, listed: float) -> float:
    """The log-odds that what is alleged is grave."""
    return float(seen(logits, listed) @ weights)
