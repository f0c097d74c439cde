"""What a decision about a case needs, by category, so that nobody else asks for the category."""

from __future__ import annotations

from enum import StrEnum

from app.norm.book import BOOK, Book
from app.norm.duties import way_back
from app.norm.values import WayBackKey


class LiftNeeds(StrEnum):
    """What must be on record before a confirmed hold may be lifted."""

    AUTHORITY_DECISION = "authority_decision"
    REENTRY = "reentry"


_REENTRY = frozenset({WayBackKey.RECTIFY, WayBackKey.REPAIR, WayBackKey.INTAKE})


def lift_needs(category: str, kind: str | None = None, *, book: Book = BOOK) -> LiftNeeds | None:
    """What a lift needs: a complete re-entry case, or the authority's written decision.

    Art. 20 gives no way back, and a counter-notice after a finding of infringement goes to the
    authority too. None: the category stops nothing that could be lifted.
    """
    if not opens_incident(category, book=book):
        return None
    way = way_back(category, kind, book=book)
    if way is not None and way.key in _REENTRY:
        return LiftNeeds.REENTRY
    return LiftNeeds.AUTHORITY_DECISION


def weakening_needs_authority(old_category: str, *, book: Book = BOOK) -> bool:
    """Whether leaving this category for a less strict one, or withdrawing the finding as mistaken,
    takes effect only with the authority's written decision (law 4): where no way back is given.
    """
    return opens_incident(old_category, book=book) and way_back(old_category, book=book) is None


def opens_incident(category: str, *, book: Book = BOOK) -> bool:
    """Whether complaints of this category open an incident; `other` is answered in triage."""
    return book.category(category).article is not None


def counter_notice_restores(category: str, kind: str | None, *, book: Book = BOOK) -> bool:
    """Whether a complete counter-notice restores what a mere notice holds (条例 Art. 17)."""
    way = way_back(category, kind, book=book)
    return way is not None and way.key == WayBackKey.COUNTER_NOTICE
