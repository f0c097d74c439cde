"""Everything the report page shows of a version, as plain values."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nlp_models import corpus, outside
from nlp_models.card import Card
from nlp_models.corpus import Row
from nlp_models.deletion import deletion_test
from nlp_models.evaluate import FIXED, measured, read_rows
from nlp_models.labels import HOLDABLE, ROUTING
from nlp_models.measure import expected_error, wilson
from nlp_models.pipeline import Pipeline, Reading
from nlp_models.speed import speed

TRIALS = Path(__file__).parent / "TRIALS.json"
_HARDEST = 30
_BINS = 10
_SHADES = 9


def report(
    folder: Path, file: Path | None = None, own: Sequence[Row] | None = None, trials: Path = TRIALS
) -> dict[str, Any]:
    """Figures of the fixed parts of the corpus, or of an outside file: of that only ids are told.

    Raises:
        ValueError: no rows to measure on.
    """
    pipeline = Pipeline.load(folder)
    own = corpus.load() if own is None else own
    if file is not None:
        given = {"file": outside.read(file)}
    else:
        given = {name: corpus.part(own, name) for name in FIXED}
    parts = [
        _part(pipeline, name, rows, texts=file is None) for name, rows in given.items() if rows
    ]
    if not parts:
        raise ValueError("no rows to measure on")
    return {
        "card": _card(pipeline.card),
        "kinds": ROUTING,
        "parts": parts,
        "data": _data(own),
        "trials": _trials(trials),
        "speed": speed(folder),
    }


def _card(card: Card) -> dict[str, Any]:
    return {
        "model": card.model,
        "rows": card.rows,
        "corpus_sha256": card.corpus_sha256,
        "threshold": card.threshold,
        "severe_at": card.severe_at,
        "abstain_below": card.abstain_below,
        "hold_threshold": card.figures.get("hold_threshold"),
        "wheels": card.wheels,
        "added": card.added,
    }


def _part(pipeline: Pipeline, name: str, rows: Sequence[Row], *, texts: bool) -> dict[str, Any]:
    readings = read_rows(pipeline, rows)
    found = measured(pipeline, rows, readings)
    holds = [row for row, said in zip(rows, readings, strict=True) if said.decision.would_hold]
    right = sum(row.severe and bool(set(row.labels) & set(HOLDABLE)) for row in holds)
    confidence = [
        (said.decision.confidence, said.decision.kind in row.labels)
        for row, said in zip(rows, readings, strict=True)
    ]
    grave = [
        (said.decision.severe_score, row.severe) for row, said in zip(rows, readings, strict=True)
    ]
    return {
        "name": name,
        **found,
        "holds_right": right,
        "holds_wilson": wilson(right, len(holds)),
        "confusion": _confusion(rows, readings),
        "calibration": [
            {"of": "confidence", **_reliability(confidence)},
            {"of": "severe", **_reliability(grave)},
        ],
        "deletion": deletion_test(pipeline, rows, readings),
        "hardest": _hardest(rows, readings, texts=texts),
    }


def _confusion(rows: Sequence[Row], readings: Sequence[Reading]) -> list[dict[str, Any]]:
    """A line for each wanted kind: counts with a shade from 0 to 9 by share of the line."""
    lines = []
    for wanted in ROUTING:
        said = [r.decision.kind for row, r in zip(rows, readings, strict=True)
                if row.primary == wanted]  # fmt: skip
        counts = [said.count(given) for given in ROUTING]
        cells = [
            {"n": n, "shade": -(-n * _SHADES // len(said)) if n else 0, "right": given == wanted}
            for given, n in zip(ROUTING, counts, strict=True)
        ]
        lines.append({"kind": wanted, "n": len(said), "cells": cells})
    return lines


def _reliability(scored: Sequence[tuple[float, bool]]) -> dict[str, Any]:
    """Ten bins of equal width: how many, their mean score, the share that was right."""
    bins = []
    for index in range(_BINS):
        inside = [(s, hit) for s, hit in scored if min(int(s * _BINS), _BINS - 1) == index]
        if inside:
            bins.append(
                {
                    "from": index / _BINS,
                    "to": (index + 1) / _BINS,
                    "n": len(inside),
                    "mean": sum(s for s, _ in inside) / len(inside),
                    "share": sum(hit for _, hit in inside) / len(inside),
                }
            )
    error = expected_error([s for s, _ in scored], [hit for _, hit in scored])
    return {"bins": bins, "ece": round(error, 4)}


def _hardest(
    rows: Sequence[Row], readings: Sequence[Reading], *, texts: bool
) -> list[dict[str, Any]]:
    """The errors that were surest of themselves."""
    wrong = [
        (said.decision, row)
        for row, said in zip(rows, readings, strict=True)
        if said.decision.kind != row.primary
    ]
    wrong.sort(key=lambda item: (-item[0].confidence, item[1].id))
    return [
        {
            "id": row.id,
            "wanted": row.primary,
            "also_right": made.kind in row.labels,
            "given": made.kind,
            "confidence": made.confidence,
            "abstained": made.abstain,
            "would_hold": made.would_hold,
            "text": row.text if texts else None,
        }
        for made, row in wrong[:_HARDEST]
    ]


def _data(own: Sequence[Row]) -> list[dict[str, Any]]:
    """How many rows and situations each part of the corpus has."""
    splits = sorted({row.split for row in own}, key=lambda name: (name != "train", name))
    return [
        {
            "split": split,
            "rows": len(part),
            "situations": len({row.situation for row in part}),
            "severe": sum(row.severe for row in part),
            "hard": sum(row.hard for row in part),
            "english": sum(row.lang == "en" for row in part),
        }
        for split in splits
        if (part := corpus.part(own, split))
    ]


def _trials(file: Path) -> dict[str, Any] | None:
    """The variants that were tried, from TRIALS.json: [{"row": name, "cells": {column: value}}]."""
    if not file.is_file():
        return None
    rows = json.loads(file.read_text(encoding="utf-8"))
    columns = list(dict.fromkeys(name for row in rows for name in row["cells"]))
    return {
        "columns": columns,
        "rows": [
            {"name": row["row"], "cells": [row["cells"].get(name, "") for name in columns]}
            for row in rows
        ],
    }
