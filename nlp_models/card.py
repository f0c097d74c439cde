"""The model card as data: what was measured, and the thresholds that follow from it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

TRAINED = Path(__file__).parent / "trained"


@dataclass(frozen=True, slots=True)
class Card:
    """Read by the decision and by the precaution policy; written by `chuku train` only."""

    name: str
    version: str
    corpus_sha256: str
    rows: int
    wheels: dict[str, str]
    # label -> [slope, offset] of the calibrated log-odds
    calibration: dict[str, list[float]]
    # weights of severity.py: how severity follows from everything the model says
    severity: list[float]
    # severe_score x confidence from which a hold is precise enough; null: no machine holds
    threshold: float | None
    severe_at: float
    abstain_below: float
    figures: dict[str, Any] = field(default_factory=dict)
    # digest of the rules of reading these weights were made for (versions.rules_digest)
    rules: str = ""
    # rows from outside the committed corpus: {"sha256", "rows", "trained_on"} a file
    added: list[dict[str, Any]] = field(default_factory=list)

    @property
    def model(self) -> str:
        """`name@version`, as every suggestion carries it."""
        return f"{self.name}@{self.version}"

    def write(self, folder: Path) -> None:
        """Keep the card beside the weights."""
        text = json.dumps(asdict(self), ensure_ascii=False, indent=2, sort_keys=True)
        (folder / "card.json").write_text(text + "\n", encoding="utf-8")


def read_card(folder: Path) -> Card:
    """The card of one trained version."""
    return Card(**json.loads((folder / "card.json").read_text(encoding="utf-8")))


def current() -> Path:
    """The folder of the shipped version (trained/current names it)."""
    return TRAINED / (TRAINED / "current").read_text(encoding="utf-8").strip()
