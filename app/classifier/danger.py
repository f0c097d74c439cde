"""Whether somebody may be in danger: the officers' rules, without the model and without spaCy."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def risk(text: str) -> str | None:
    """`self_harm`, `child_in_danger`, `threat` or None; what `suggest` says of the same text."""
    from nlp_models.risk import risk as read  # noqa: PLC0415  (who asks for nothing loads nothing)

    return read(text)


def measure(file: Path | None = None) -> dict[str, Any]:
    """Figures of the rules on their corpus, or on a labelled file."""
    from nlp_models.measure_risk import measure as run  # noqa: PLC0415  (the same)

    return run(file)
