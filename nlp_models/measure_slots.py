"""How well slots are cut: exact match with the golden texts of corpus_slots.

A row has `text`, `slots` (only what the text states; `wants_reply` always), `values` and `split`:
`dev` was tuned on, `test` is the other half by the digest of the text, `fresh` was written last and
never tuned on.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nlp_models.slots import NAMES, cut

FOLDER = Path(__file__).parent / "corpus_slots"
Row = dict[str, Any]
Figures = dict[str, float | int]


def load(file: Path | None = None) -> list[Row]:
    """The rows of a file of golden slots, or of every file of the folder."""
    files = [file] if file else sorted(FOLDER.glob("*.jsonl"))
    return [
        json.loads(line)
        for path in files
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.strip()
    ]


def _figures(pairs: Sequence[tuple[Any, Any]]) -> Figures:
    right = [wanted == given for wanted, given in pairs]
    stated = [
        hit for hit, (wanted, _) in zip(right, pairs, strict=True) if wanted not in (None, {})
    ]
    return {
        "exact": round(sum(right) / len(right), 4),
        "n": len(right),
        "exact_where_stated": round(sum(stated) / len(stated), 4) if stated else 1.0,
        "stated": len(stated),
    }


def measure(rows: Sequence[Row]) -> dict[str, Any]:
    """Exact match by slot, for `values` and for whole rows, over all texts and where stated."""
    if not rows:
        raise ValueError("no rows to measure on")
    cuts = [cut(row["text"]) for row in rows]
    pairs: dict[str, list[tuple[Any, Any]]] = {
        name: [
            (row["slots"].get(name), said.found[name]) for row, said in zip(rows, cuts, strict=True)
        ]
        for name in (*NAMES, "wants_reply")
    }
    pairs["values"] = [(row["values"], said.values) for row, said in zip(rows, cuts, strict=True)]
    misses = [
        {"text": row["text"], "slot": name, "wanted": column[at][0], "given": column[at][1]}
        for at, row in enumerate(rows)
        for name, column in pairs.items()
        if column[at][0] != column[at][1]
    ]
    return {
        "rows": len(rows),
        "whole_rows": round(1 - len({miss["text"] for miss in misses}) / len(rows), 4),
        "slots": {name: _figures(column) for name, column in pairs.items()},
        "misses": misses,
    }


def evaluate(file: Path | None, split: str) -> dict[str, Any]:
    """The figures for a file, or for the named splits of the golden texts."""
    rows = load(file)
    return measure(rows if file else [row for row in rows if row["split"] in split.split(",")])
