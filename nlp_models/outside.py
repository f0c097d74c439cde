"""Labelled rows from outside the corpus, checked before anything is done with them."""

from __future__ import annotations

from pathlib import Path

from nlp_models import corpus
from nlp_models.corpus import Row
from nlp_models.labels import ROUTING


def read(file: Path) -> list[Row]:
    """The rows of a file in the corpus's shape.

    Raises:
        ValueError: not JSON Lines, no rows, or a row without a known label; it is named.
    """
    try:
        rows = corpus.read(file)
    except (KeyError, TypeError, AttributeError) as problem:
        raise ValueError(f"a row is not in the corpus's shape: {problem}") from problem
    if not rows:
        raise ValueError("no rows")
    for row in rows:
        unknown = [label for label in row.labels if label not in ROUTING]
        if unknown or not row.labels:
            raise ValueError(f"row {row.id} has no known label: {', '.join(unknown) or 'none'}")
    return rows
