"""Where the bars of a chart stand; drawn by the template as inline SVG. Pure.

No chart needs colour: each bar has its name above and its number at its end, a hidden number is a
dashed outline with words, and the same figures stand in a table beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 360
_LONGEST = 280  # leaves room for the number
_ROW = 48
_BAR = 18


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its name's baseline, its top, its length; no number where it is hidden."""

    name: str
    n: int | None
    text_y: int
    y: int
    width: int
    height: int = _BAR

    @property
    def end(self) -> int:
        """Where the number stands."""
        return self.width + 8


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars below each other."""

    bars: tuple[Bar, ...]
    width: int = WIDTH

    @property
    def height(self) -> int:
        """Of the whole."""
        return len(self.bars) * _ROW


def chart(rows: Sequence[tuple[str, int | None]]) -> Chart:
    """Bars in proportion to the largest; a hidden number has a short outline of one length."""
    most = max((n for _, n in rows if n is not None), default=1)
    bars = []
    for place, (name, n) in enumerate(rows):
        top = place * _ROW
        width = 28 if n is None else max(2, round(_LONGEST * n / most))
        bars.append(Bar(name, n, top + 15, top + 22, width))
    return Chart(tuple(bars))
