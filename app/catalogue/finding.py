"""Which resources match what a person typed: as they wrote it, then as they may have meant it.

Nothing here reads all that match: of a common word the first few hundred are put in order, so that
one search among a million resources costs what it costs among ten thousand.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.catalogue.models import Resource
from app.catalogue.tokens import Plan, normal, pieces, plans

_WINDOW = 200  # of those that match so many are put in order; the rest follow as they stand
_PIECE = 60  # of each piece, when nothing holds all of them: the rare ones are what counts
_HERE = "AND r.platform_id = :platform "
# Written out: these run several times a search, and building them takes longer than they do.
_SQLITE = (
    "SELECT r.id, r.ref, r.title, r.views_30d FROM resource_fts AS f "
    "CROSS JOIN resource AS r ON r.id = f.rowid "
    "WHERE f.resource_fts MATCH :match %s ORDER BY f.rowid LIMIT :most OFFSET :skip"
)
_POSTGRESQL = (
    "SELECT r.id, r.ref, r.title, r.views_30d FROM resource_search AS s "
    "JOIN resource AS r ON r.id = s.resource_id "
    "WHERE to_tsvector('simple', s.tokens) @@ to_tsquery('simple', :match) "
    "%s ORDER BY s.resource_id LIMIT :most OFFSET :skip"
)
_NAMED = (
    "SELECT r.id, r.ref, r.title, r.views_30d FROM resource AS r "
    "WHERE (r.ref = :ref OR r.title = :title) %s LIMIT 50"
)
Found = sa.Row[Any]  # id, ref, title, views_30d


def _held(
    session: Session, plan: Plan, platform_id: int | None, *, most: int, skip: int = 0
) -> list[Found]:
    """What holds every token; tokens hold only letters, digits and Chinese characters."""
    if session.get_bind().dialect.name == "sqlite":
        words = [f'"{t[:-1]}"*' if t.endswith("*") else f'"{t}"' for t in plan]
        query, match = _SQLITE, " AND ".join(words)
    else:
        words = [f"'{t[:-1]}':*" if t.endswith("*") else f"'{t}'" for t in plan]
        query, match = _POSTGRESQL, " & ".join(words)
    return _rows(session, query, platform_id, match=match, most=most, skip=skip)


def _rows(session: Session, query: str, platform_id: int | None, **values: Any) -> list[Found]:
    here = "" if platform_id is None else _HERE
    given = values if platform_id is None else {**values, "platform": platform_id}
    return list(session.execute(sa.text(query % here), given))


def find(
    session: Session, text: str, *, limit: int, offset: int, platform_id: int | None
) -> list[int]:
    """Ids of matching resources, best first."""
    if not text:
        here = () if platform_id is None else (Resource.platform_id == platform_id,)
        asked = sa.select(Resource.id).where(*here).order_by(Resource.id)
        return list(session.scalars(asked.limit(limit).offset(offset)))
    named = _rows(session, _NAMED, platform_id, ref=text.upper(), title=text)
    known = {row.id for row in named}
    for plan in plans(text):
        window = _held(session, plan, platform_id, most=_WINDOW)
        if not window:
            continue
        best = _ordered(text, [*named, *(row for row in window if row.id not in known)])
        ids = best[offset : offset + limit]
        if len(window) == _WINDOW and len(ids) < limit:  # further than people read
            skip = _WINDOW + max(0, offset - len(best))
            more = _held(session, plan, platform_id, most=limit - len(ids), skip=skip)
            ids += [row.id for row in more if row.id not in known]
        return ids
    return _ordered(text, named or _loosely(session, text, platform_id))[offset : offset + limit]


def _loosely(session: Session, text: str, platform_id: int | None) -> list[Found]:
    """What holds some of it: the rarer a piece, the more it says."""
    weight: dict[int, float] = defaultdict(float)
    rows: dict[int, Found] = {}
    for piece in pieces(text):
        held = _held(session, (piece,), platform_id, most=_PIECE)
        for row in held:
            rows[row.id] = row
            weight[row.id] += 1 / len(held)
    best = sorted(weight, key=lambda one: (-weight[one], one))[:_WINDOW]
    return [rows[one] for one in best]


def _ordered(text: str, rows: Iterable[Found]) -> list[int]:
    """The exact ones, then those whose title holds the words, then the most used."""
    wanted = {text.casefold(), normal(text)}
    pairs = pieces(text)

    def rank(row: Found) -> tuple[int, int, int, int]:
        title = row.title.casefold()
        if row.ref == text.upper() or row.title == text:
            place = 0
        elif any(title.startswith(w) for w in wanted):
            place = 1
        else:
            place = 3 - any(w in title for w in wanted)
        return place, -sum(p in title for p in pairs), -row.views_30d, row.id

    return [row.id for row in sorted(rows, key=rank)]
