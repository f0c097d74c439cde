"""From counts and durations to what may be published. Pure.

A number below five is not published, and neither is anything it could be worked out from: a cell
depends on its own number only, and the total covers the published cells only. So every hidden cell
could be any number from 0 to 4, whatever is added up, subtracted or compared with another day. What
gives that up is the exact total wherever a cell is hidden; hiding a second cell in its place would
tell somebody who knows the rule by which it was chosen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from statistics import median

from app.norm.book import BOOK
from app.oversight.values import SMALLEST, Month, Table

WAYS = {  # complaint source → how it came
    "portal": "form",
    "assistant": "assistant",
    "embed": "form",
    "api": "machine",
    "monitor": "machine",
    "phone": "officer",
    "mail": "officer",
    "inspection": "officer",
    "import": "officer",
}
ARTICLES = tuple(
    str(number)
    for number in sorted({row.article or 0 for row in BOOK.articles.categories.values()})
    if number
)
TABLES: dict[str, tuple[str, ...]] = {
    "filed": tuple(dict.fromkeys(WAYS.values())),
    "joined": ARTICLES,
    "opened": ARTICLES,
    "found": ARTICLES,
    # Apart from the findings: their statements are public one by one, and a common total would
    # give away what is left.
    "unfounded": ("rejected", "released"),
    "ended": ("removed", "lifted", "mistaken", "closed"),
}
# Each beside the table of the same cases, or None; shown only where that table shows a number.
MEDIANS: dict[str, str | None] = {
    "acceptance": None,
    "stop": None,
    "finding": "found",
    "no_finding": "unfounded",
}


def publish(
    month: str,
    counts: Mapping[str, Mapping[str, int]],
    durations: Mapping[str, Sequence[timedelta]],
) -> Month:
    """The month as it may be published."""
    tables = {key: _table(key, counts.get(key, {})) for key in TABLES}
    medians = [
        (key, _median(durations.get(key, ()), tables[table] if table else None))
        for key, table in MEDIANS.items()
    ]
    return Month(month, tuple(tables.values()), tuple(medians))


def _table(key: str, counts: Mapping[str, int]) -> Table:
    found = ((cell, counts.get(cell, 0)) for cell in TABLES[key])
    return Table(key, tuple((cell, n if n >= SMALLEST else None) for cell, n in found))


def _median(taken: Sequence[timedelta], beside: Table | None) -> int | None:
    """Whole minutes; a median beside hidden cells alone would say how many they are together."""
    if len(taken) < SMALLEST or (beside is not None and beside.total == 0):
        return None
    return round(median(one.total_seconds() for one in taken) / 60)
