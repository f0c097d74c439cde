"""The same problem told again: what is kept of each claim, and how others are found by it.

A resource may have 20,000 copies of one text and 100,000 open complaints; so nothing here reads
them all. Each of a claim's rarest pieces finds at most `_PER_TERM` others, the best `_CANDIDATES`
are compared, and copies stand behind one representative that is compared for all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import TextClause, delete, select, text, update
from sqlalchemy.orm import Session

from app.catalogue import queries as catalogue
from app.classifier import likeness
from app.intake import queries as intake
from app.intake.values import ComplaintView, Place
from app.triage.models import Likeness, LikenessTerm
from app.triage.values import Problem, Told

_PER_TERM = 100
_CANDIDATES = 32
_MEMBERS = 50  # looked through for one still open, when the representative is closed
_SHOWN = 30  # different claims that are grouped on one page; comparing them is quadratic
Print = Mapping[str, Any]

_SHOWN_PROBLEMS = 30
_SHOWN_AGAIN = 5  # of those who told a problem again, the newest


def keep(tx: Session, complaint: ComplaintView) -> None:
    """Keep the fingerprint of a complaint tied to a resource; a new resource makes it anew."""
    if complaint.resource_id is None:
        return
    row = tx.get(Likeness, complaint.id)
    if row is not None and row.resource_id == complaint.resource_id:
        return
    if row is not None:
        forget(tx, complaint.id)
    made = _fingerprint(tx, complaint.resource_id, complaint.masked_text, complaint.locators)
    found = _candidates(tx, complaint.resource_id, made)
    first = next((one for one, print_ in found.items() if likeness.copies(made, print_)), None)
    tx.add(
        Likeness(
            complaint_id=complaint.id,
            resource_id=complaint.resource_id,
            copy_of=first,
            fingerprint=dict(made),
        )
    )
    if first is None:
        _index(tx, complaint.resource_id, complaint.id, made)
    tx.flush()


def forget(tx: Session, complaint_id: int) -> None:
    """Delete the fingerprint; if copies stood behind it, the oldest of them takes its place."""
    row = tx.get(Likeness, complaint_id)
    if row is None:
        return
    tx.execute(delete(LikenessTerm).where(LikenessTerm.complaint_id == complaint_id))
    tx.delete(row)
    tx.flush()
    heir = tx.scalar(
        select(Likeness)
        .where(Likeness.copy_of == complaint_id)
        .order_by(Likeness.complaint_id)
        .limit(1)
    )
    if heir is None:
        return
    heir.copy_of = None
    _index(tx, heir.resource_id, heir.complaint_id, heir.fingerprint)
    tx.execute(
        update(Likeness)
        .where(Likeness.copy_of == complaint_id, Likeness.complaint_id != heir.complaint_id)
        .values(copy_of=heir.complaint_id)
    )
    tx.flush()


def _index(tx: Session, resource_id: int, complaint_id: int, made: Print) -> None:
    tx.add_all(
        LikenessTerm(resource_id=resource_id, term=term, complaint_id=complaint_id)
        for term in dict.fromkeys(likeness.terms(made))
    )


def _fingerprint(
    session: Session, resource_id: int, words: str, locators: Iterable[Place]
) -> dict[str, Any]:
    return likeness.fingerprint(
        words,
        about=catalogue.resource(session, resource_id).title,
        places=[(place.kind, place.start) for place in locators],
    )


@lru_cache(maxsize=64)
def candidates_query(terms: int) -> TextClause:
    """The representatives that share the most of so many terms, the most first.

    The newest few under each term, by the primary key alone. Written out and kept: building it
    anew from `select` for every question takes longer than its answer.
    """
    one = (
        "SELECT complaint_id FROM (SELECT complaint_id FROM likeness_term "  # noqa: S608 - no value
        "WHERE resource_id = :resource AND term = :t%d "
        f"ORDER BY complaint_id DESC LIMIT {_PER_TERM}) AS x%d"
    )
    every = " UNION ALL ".join(one % (n, n) for n in range(terms))
    return text(
        f"SELECT complaint_id FROM ({every}) AS shared GROUP BY complaint_id "  # noqa: S608
        f"ORDER BY count(*) DESC, complaint_id LIMIT {_CANDIDATES}"
    )


def candidates_values(resource_id: int, terms: Sequence[int]) -> dict[str, int]:
    """What the query asks for."""
    return {"resource": resource_id, **{f"t{n}": term for n, term in enumerate(terms)}}


def _candidates(session: Session, resource_id: int, made: Print) -> dict[int, Print]:
    """Fingerprints of the representatives that share the most pieces, the most first."""
    terms = likeness.terms(made)
    found = session.execute(candidates_query(len(terms)), candidates_values(resource_id, terms))
    ids = [row.complaint_id for row in found]
    rows = session.execute(
        select(Likeness.complaint_id, Likeness.fingerprint).where(Likeness.complaint_id.in_(ids))
    )
    prints = {row.complaint_id: row.fingerprint for row in rows}
    return {one: prints[one] for one in ids}


def same_problem(
    session: Session,
    resource_id: int,
    told: str | Print,
    locators: Iterable[Place] = (),
) -> list[tuple[int, float]]:
    """Open complaints on the resource that tell the problem told, the likeliest first.

    ``told`` is a masked text or its fingerprint. Of copies one stands for all.
    """
    made = _fingerprint(session, resource_id, told, locators) if isinstance(told, str) else told
    likely = likeness.same(made, _candidates(session, resource_id, made))
    open_ones = intake.still_open(session, likely)
    found = []
    for one, score in likely.items():
        shown = one if one in open_ones else _open_copy(session, one)
        if shown is not None:
            found.append((shown, score))
    return sorted(found, key=lambda pair: (-pair[1], pair[0]))


def _open_copy(session: Session, complaint_id: int) -> int | None:
    copies = list(
        session.scalars(
            select(Likeness.complaint_id)
            .where(Likeness.copy_of == complaint_id)
            .order_by(Likeness.complaint_id.desc())
            .limit(_MEMBERS)
        )
    )
    return min(intake.still_open(session, copies), default=None)


def problems(session: Session, resource_id: int, complaint_ids: Sequence[int]) -> list[Problem]:
    """These claims on one resource, grouped by the problem they tell, the newest told first.

    Each group begins with the claim that told it first. The newest different claims are grouped;
    copies stand with their representative.
    """
    rows = session.execute(
        select(Likeness.complaint_id, Likeness.copy_of).where(Likeness.resource_id == resource_id)
    )
    copy_of = {row.complaint_id: row.copy_of for row in rows}
    wanted = sorted(complaint_ids)
    behind: dict[int, list[int]] = {}
    for one in wanted:
        behind.setdefault(copy_of.get(one) or one, []).append(one)
    newest = sorted(behind, key=lambda one: behind[one][-1])[-_SHOWN:]
    rows = session.execute(
        select(Likeness.complaint_id, Likeness.fingerprint).where(Likeness.complaint_id.in_(newest))
    )
    prints = {row.complaint_id: row.fingerprint for row in rows}
    groups = likeness.grouped({one: prints[one] for one in sorted(newest) if one in prints})
    groups += [[one] for one in newest if one not in prints]
    members = [sorted(c for one in group for c in behind[one]) for group in groups]
    return [Problem(tuple(ids)) for ids in sorted(members, key=lambda ids: -ids[-1])]


def told(session: Session, resource_id: int, complaint_ids: Sequence[int]) -> list[Told]:
    """The claims grouped by the problem they tell, so that 20,000 copies are one line."""
    groups = problems(session, resource_id, complaint_ids)[:_SHOWN_PROBLEMS]
    shown = [(g.complaint_ids[0], g.complaint_ids[1:][-_SHOWN_AGAIN:][::-1]) for g in groups]
    wanted = [claim for first, again in shown for claim in (first, *again)]
    claims = {claim.complaint_id: claim for claim in intake.claims(session, wanted)}
    return [
        Told(claims[first], tuple(claims[claim] for claim in again), len(group.complaint_ids))
        for group, (first, again) in zip(groups, shown, strict=True)
    ]
