"""A text cut at the cues that moved the score. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def marked(text: str, cues: Iterable[dict[str, Any]]) -> list[tuple[str, str]]:
    """(piece, kind of cue or "") in text order; joined they are the text again."""
    pieces: list[tuple[str, str]] = []
    done = 0
    for cue in sorted(cues, key=lambda c: (c["start"], -c["end"])):
        start, end = max(int(cue["start"]), done), min(int(cue["end"]), len(text))
        if end <= start:
            continue
        if start > done:
            pieces.append((text[done:start], ""))
        pieces.append((text[start:end], str(cue["kind"])))
        done = end
    if done < len(text):
        pieces.append((text[done:], ""))
    return pieces
