"""`chuku evaluate --slots`, `--likeness`, `--risk`: figures beside those of the kinds."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.classifier import danger, workshop


def measure(of: str, file: Path | None, split: str, *, as_json: bool) -> str:
    """The figures of one such part, as lines for people or as one JSON document.

    Raises:
        ValueError, KeyError: the file or the part of the corpus cannot be read.
    """
    result, lines = _PARTS[of](file, split)
    return json.dumps(result, ensure_ascii=False, indent=2) if as_json else lines


def _slots(file: Path | None, split: str) -> tuple[dict[str, Any], str]:
    result = workshop.evaluate_slots(file, split)
    lines = [f"slots on {result['rows']} texts, whole texts right {result['whole_rows']:.3f}"]
    lines += [
        f"  {name:20} exact {item['exact']:.3f} of {item['n']}"
        f"  where stated {item['exact_where_stated']:.3f} of {item['stated']}"
        for name, item in result["slots"].items()
    ]
    lines += [
        f"  {miss['slot']}: {miss['wanted']} but {miss['given']}: {miss['text']}"
        for miss in result["misses"]
    ]
    return result, "\n".join(lines)


def _likeness(file: Path | None, split: str) -> tuple[dict[str, Any], str]:
    if file:
        raise ValueError("likeness is measured on its own corpus only")
    return workshop.evaluate_likeness(split)


def _risk(file: Path | None, split: str) -> tuple[dict[str, Any], str]:
    """Every part of its own corpus, or the file: is danger seen, and rightly named."""
    result = danger.measure(file)
    lines = []
    for name, part in result.items():
        lines.append(
            f"{name}: {part['positives']} of {part['rows']} texts with danger, "
            f"recall {_share(part['recall'])}, precision {_share(part['precision'])}"
        )
        lines += [
            f"  {kind:16} n {item['n']:4}  "
            f"recall {_share(item['recall'])}  precision {_share(item['precision'])}"
            for kind, item in part["by_kind"].items()
        ]
    return result, "\n".join(lines)


def _share(share: float | None) -> str:
    return "-" if share is None else f"{share:.3f}"


_PARTS: dict[str, Callable[[Path | None, str], tuple[dict[str, Any], str]]] = {
    "slots": _slots,
    "likeness": _likeness,
    "risk": _risk,
}
