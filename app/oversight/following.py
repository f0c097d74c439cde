"""Reading the audit log forward into the public figures' own rows, each entry exactly once."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import queries as audit
from app.audit.values import EntryView
from app.norm.book import BOOK
from app.oversight.figures import WAYS
from app.oversight.models import PublicCase, PublicCursor, PublicTally
from app.oversight.values import month_of

BATCH = 2_000
_OUTCOMES = {
    "incident.confirm": "found",
    "incident.reject": "rejected",
    "incident.release": "released",
}
_ENDINGS = {
    "incident.remove": "removed",
    "incident.lift": "lifted",
    "incident.mistaken": "mistaken",
    "incident.close": "closed",
}
_Tally = Counter[tuple[str, str, str]]


def follow(tx: Session, *, at: datetime, limit: int = BATCH) -> bool:
    """Take in the next entries of the log; whether more are waiting.

    The cursor moves in the same transaction, so no entry counts twice and none is passed over.
    """
    cursor = tx.get(PublicCursor, 1, with_for_update=True)
    if cursor is None:
        cursor = PublicCursor(id=1, leaf=0)
        tx.add(cursor)
        tx.flush()
    entries = audit.from_leaf(tx, cursor.leaf, limit=limit)
    refs = {entry.incident for entry in entries if entry.incident}
    found = tx.scalars(select(PublicCase).where(PublicCase.incident.in_(refs)))
    cases, tally = {case.incident: case for case in found}, _Tally()
    for entry in entries:
        _take(tx, entry, cases, tally)
    for key, n in tally.items():
        row = tx.get(PublicTally, key)
        if row is None:
            month, measure, cell = key
            tx.add(PublicTally(month=month, measure=measure, key=cell, n=n))
        else:
            row.n += n
    cursor.leaf += len(entries)
    if entries and cursor.first_at is None:
        cursor.first_at = entries[0].at
    more = len(entries) == limit
    if not more and not audit.unsequenced(tx):
        cursor.complete_at = at
    tx.flush()
    return more


def _take(tx: Session, entry: EntryView, cases: dict[str, PublicCase], tally: _Tally) -> None:
    if entry.action == "complaint.filed" and not entry.data.get("exercise"):
        tally[month_of(entry.at), "filed", WAYS[entry.data["source"]]] += 1
    if not entry.incident:
        return
    if entry.action == "incident.open":
        case = _opened(entry)
        cases[entry.incident] = case
        tx.add(case)
    elif entry.incident in cases:
        case = cases[entry.incident]
        if entry.action == "incident.join" and not case.exercise and case.article:
            tally[month_of(entry.at), "joined", str(case.article)] += 1
        apply(case, entry)


def _opened(entry: EntryView) -> PublicCase:
    return PublicCase(
        incident=str(entry.incident),
        exercise=bool(entry.data["exercise"]),
        article=BOOK.category(entry.data["category"]).article,
        opened_at=entry.at,
    )


def apply(case: PublicCase, entry: EntryView) -> None:
    """What one entry says about its case; moments that stand are left alone."""
    person = entry.actor.startswith("account:")
    decided = "decision" in entry.data or entry.action == "incident.claim"
    if person and decided and case.accepted_at is None:
        case.accepted_at = entry.at
    if entry.action == "incident.dark" and case.dark_at is None:
        case.dark_at = entry.at
    if entry.action == "hold.place" and case.hold_ref is None:
        case.hold_ref = entry.subject.partition(":")[2]
    if entry.action == "hold.release" and entry.subject == f"hold:{case.hold_ref}":
        case.hold_ref = None
    _decide(case, entry)


def _decide(case: PublicCase, entry: EntryView) -> None:
    outcome = _OUTCOMES.get(entry.action)
    if entry.action == "incident.lift" and entry.data.get("state") == "released":
        outcome = "released"  # a person's own precaution, let go by two
    if outcome and case.outcome is None:
        case.outcome, case.decided_at = outcome, entry.at
        if outcome == "found":
            case.found_article = BOOK.category(entry.data["category"]).article
        return
    ending = _ENDINGS.get(entry.action)
    if ending and case.outcome == "found" and case.ending is None:
        case.ending, case.ended_at = ending, entry.at
