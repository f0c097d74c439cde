"""What is taken out of sight: 不是第3课，是第5课 does not say 第3课; a title says no page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

Span = tuple[int, int]

_DENIED = re.compile(
    r"(?<!是)(?:不是|并非|而非|not(?: the)?|rather than|instead of)\s?[《\"“「]?第?$"
)
_CORRECTED = re.compile(
    r"(?:不对|打错|写错|说错|记错|搞错|更正|口误|[啊哦噢呃]不|sorry|i mean|correction"
    r"|(?<![a-z])no(?![a-z]))"
    r"|\?\s?不|^[》\"”」]?[,\-—、 ]{1,3}(?:不,|不是,|应该?是|应为|而是)"
)
_REACH = 16
_LIKELY = re.compile(r"不|错|更正|应|口误|非|而是|not |sorry|mean|no,|rather|instead|correction")


def standing(text: str, spans: Sequence[Span]) -> list[Span]:
    """The spans that the sender stands by; with a single one, there is nothing to correct it."""
    if len(spans) <= 1 or not _LIKELY.search(text):
        return list(spans)
    kept: list[Span] = []
    for index, (start, end) in enumerate(spans):
        if _DENIED.search(text[max(0, start - 14) : start]):
            continue
        following = spans[index + 1][0] if index + 1 < len(spans) else None
        if following is not None and following - end <= _REACH:
            between = text[end:following]
            if not _DENIED.search(between) and _CORRECTED.search(between):
                continue
        kept.append((start, end))
    return kept or list(spans)


def blanked(text: str, spans: Iterable[Span], by: str = "\x00") -> str:
    """The text with the spans taken out of sight, offsets kept."""
    pieces: list[str] = []
    at = 0
    for start, end in sorted(spans):
        if start >= at:
            pieces += text[at:start], by * (end - start)
            at = end
    return "".join([*pieces, text[at:]]) if pieces else text
