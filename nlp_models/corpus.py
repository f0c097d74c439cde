"""The written corpus: rows, splits by situation, folds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "corpus"


@dataclass(frozen=True, slots=True)
class Row:
    """One written complaint with what a careful officer would say of it."""

    id: str
    text: str
    labels: tuple[str, ...]
    kinds: tuple[str, ...]
    severe: bool
    lang: str
    situation: str
    split: str
    # A hard negative: grave words that are not what is complained about.
    hard: bool = False

    @property
    def primary(self) -> str:
        """The routing kind: the first of the labels, which stand in order of seriousness."""
        return self.labels[0]


def read(path: Path) -> list[Row]:
    """All rows of one file of corpus or evaluation data (`primary` puts one label first)."""
    rows: list[Row] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.strip():
            continue
        raw = json.loads(line)
        primary = raw.get("primary")
        labels = list(raw.get("labels") or [])
        if primary:
            labels = [primary, *(label for label in labels if label != primary)]
        names = tuple("politics" if label == "political" else label for label in labels)
        rows.append(
            Row(
                id=str(raw["id"]),
                text=raw["text"],
                labels=names,
                kinds=tuple(raw.get("kinds") or ()),
                severe=bool(raw.get("severe")),
                lang=raw.get("lang", "zh"),
                situation=raw.get("situation", str(raw["id"])),
                split=raw.get("split", "test"),
                hard=bool(raw.get("hard")),
            )
        )
    return rows


def load() -> list[Row]:
    """Every row of corpus/*.jsonl, in the order of files and lines."""
    return [row for path in sorted(FOLDER.glob("*.jsonl")) for row in read(path)]


def part(rows: Iterable[Row], *splits: str) -> list[Row]:
    """The rows of the named splits."""
    return [row for row in rows if row.split in splits]


def fold_of(situation: str, folds: int) -> int:
    """The fold of a situation: all its rows are held out together."""
    digest = hashlib.sha256(situation.encode()).digest()
    return int.from_bytes(digest[:4], "big") % folds


def digest(rows: Sequence[Row]) -> str:
    """SHA-256 over the rows as read, so that a model card names its data."""
    text = "\n".join(
        f"{row.id}\t{row.text}\t{row.labels}\t{row.severe}\t{row.split}" for row in rows
    )
    return hashlib.sha256(text.encode()).hexdigest()
