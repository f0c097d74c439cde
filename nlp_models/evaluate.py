"""Measuring versions on labelled rows, as they are used: whole readings."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nlp_models import corpus, outside
from nlp_models.corpus import Row
from nlp_models.decide import Limits
from nlp_models.deletion import deletion_test
from nlp_models.pipeline import Pipeline, Reading
from nlp_models.train import figures

_BATCH = 64
# The parts that no version is trained on, whatever rows are added.
FIXED = ("test", "fresh")
# A candidate may lose so much of a kind's F1 and no more.
_F1_LOSS = 0.02


def rows_of(file: Path | None, split: str) -> list[Row]:
    """The labelled rows of a file, or of parts of the corpus.

    Raises:
        ValueError: there are none, or the file is not in the corpus's shape.
    """
    rows = outside.read(file) if file else corpus.part(corpus.load(), *split.split(","))
    if not rows:
        raise ValueError("no rows to measure on")
    return rows


def evaluate(
    file: Path | None = None, split: str = "test", folder: Path | None = None
) -> dict[str, Any]:
    """The figures of a version (default: the shipped one), its confusions and its speed."""
    rows = rows_of(file, split)
    pipeline = Pipeline.load(folder)
    began = time.perf_counter()
    readings = [pipeline.read(row.text) for row in rows]
    took = time.perf_counter() - began
    confusions = Counter(
        (row.primary, reading.decision.kind)
        for row, reading in zip(rows, readings, strict=True)
        if row.primary != reading.decision.kind
    )
    return {
        "model": pipeline.card.model,
        **measured(pipeline, rows, readings),
        "deletion": deletion_test(pipeline, rows, readings),
        "texts_per_second": round(len(rows) / took, 1),
        "confusions": [
            {"wanted": wanted, "given": given, "n": count}
            for (wanted, given), count in confusions.most_common(12)
        ],
    }


def measured(
    pipeline: Pipeline, rows: Sequence[Row], readings: Sequence[Reading]
) -> dict[str, Any]:
    """The figures of readings under the limits of the version that made them."""
    card = pipeline.card
    limits = Limits(card.threshold, card.severe_at, card.abstain_below)
    return figures(rows, [reading.scores for reading in readings], limits)


def read_rows(pipeline: Pipeline, rows: Sequence[Row]) -> list[Reading]:
    """The readings of rows, in batches."""
    texts = [row.text for row in rows]
    return [
        reading
        for first in range(0, len(texts), _BATCH)
        for reading in pipeline.read_many(texts[first : first + _BATCH])
    ]


def compare(
    live: Path, candidate: Path, file: Path | None = None, own: Sequence[Row] | None = None
) -> dict[str, Any]:
    """Both versions on the fixed parts, apart and together, and on the unseen rows of a file.

    `fixed`, the parts together, is what a version is refused on: one part alone has kinds with
    so few rows that a single text is many points.
    """
    own = corpus.load() if own is None else own
    sets = {"fixed": corpus.part(own, *FIXED)}
    sets |= {name: part for name in FIXED if (part := corpus.part(own, name))}
    if file is not None:
        # Rows of the file's train and dev parts may have been trained on.
        sets["file"] = corpus.part(outside.read(file), *FIXED)
    both = {"live": Pipeline.load(live), "candidate": Pipeline.load(candidate)}
    found: dict[str, Any] = {name: pipe.card.model for name, pipe in both.items()}
    found["sets"] = {
        name: {who: measured(pipe, rows, read_rows(pipe, rows)) for who, pipe in both.items()}
        for name, rows in sets.items()
        if rows
    }
    found["objections"] = objections(**found["sets"]["fixed"])
    return found


def objections(live: dict[str, Any], candidate: dict[str, Any]) -> list[str]:
    """Why the candidate may not take the place of the version in service; empty: it may.

    Severe recall may not fall at all, no kind's F1 by more than two points.
    """
    found = []
    was, now = live["severe_recall"] or 0.0, candidate["severe_recall"] or 0.0
    if now < was:
        found.append(f"severe recall falls from {was:.4f} to {now:.4f}")
    for kind, item in live["by_kind"].items():
        loss = item["f1"] - candidate["by_kind"][kind]["f1"]
        if item["n"] and round(loss, 4) > _F1_LOSS:
            f1 = candidate["by_kind"][kind]["f1"]
            found.append(f"F1 of {kind} falls from {item['f1']:.4f} to {f1:.4f}")
    return found
