"""The events of a dialogue and which of them still count. Pure.

The list only grows. ``undo``, ``redo`` and ``after`` (an answer given on an earlier page, by the
browser's back button) are events too; what counts is a fold over all of them. Facts, such as a
hand-off that an officer has seen, cannot be taken back.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.intake import cues

Turn = dict[str, Any]


def is_fact(turn: Turn) -> bool:
    """Whether it happened outside the dialogue and so cannot be unsaid."""
    return "officer" in turn


def _folded(turns: Sequence[Turn]) -> tuple[list[Turn], list[Turn]]:
    kept: list[Turn] = []
    undone: list[Turn] = []
    for turn in turns:
        before, kept = kept, _until(kept, turn.get("after"))
        if len(kept) < len(before):
            undone = []
        if _takes_back(turn):
            taken = _pop(kept)
            undone += [taken] if taken else []
        elif _brings_back(turn):
            kept += [undone.pop()] if undone else []
        elif not turn.get("cut"):
            kept.append(turn)
            undone = []
    return kept, undone


def living(turns: Sequence[Turn]) -> list[Turn]:
    """The turns that still count."""
    return _folded(turns)[0]


def undone(turns: Sequence[Turn]) -> int:
    """How many turns ``redo`` could bring back."""
    return len(_folded(turns)[1])


def until(turns: Sequence[Turn], n: int | None) -> list[Turn]:
    """The living turns as they stood when there were ``n`` of them: the browser went back."""
    return _until(living(turns), n)


def _until(kept: list[Turn], n: Any) -> list[Turn]:
    if not isinstance(n, int) or n >= len(kept) or n < 0:
        return kept
    return kept[:n] + [turn for turn in kept[n:] if is_fact(turn)]


def cut(events: Sequence[Turn], n: int | None) -> Turn | None:
    """The event that makes the first ``n`` turns all there is; None when they are already."""
    kept = living(events)
    return {"cut": True, "after": n} if len(_until(kept, n)) < len(kept) else None


def _pop(kept: list[Turn]) -> Turn | None:
    for n in range(len(kept) - 1, -1, -1):
        if not is_fact(kept[n]):
            return kept.pop(n)
    return None


def _takes_back(turn: Turn) -> bool:
    return bool(turn.get("undo")) or cues.UNDO.fullmatch(said(turn)) is not None


def _brings_back(turn: Turn) -> bool:
    return bool(turn.get("redo")) or cues.REDO.fullmatch(said(turn)) is not None


def said(turn: Turn) -> str:
    """The words of a turn; empty when a button was pressed."""
    return "" if turn.get("option") else str(turn.get("text", "")).strip()
