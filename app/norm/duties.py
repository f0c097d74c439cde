"""What the norm demands, in which order and towards whom: pure questions to the book."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from app.norm.book import BOOK, Book
from app.norm.kinds import find_kind
from app.norm.values import MEASURES, Act, FindingRule, Role, Source, Step, WayBack

# At the root of the tree there is no office one level up: such a duty is `not_applicable`,
# recorded and shown. Any other role that nobody fills is a fault to be mended.
ROLES_MAY_BE_ABSENT = frozenset({Role.SUPERIOR_REGULATOR})

# A letter to a role, or a measure (no role); plain text as stored is as good as the members.
Told = tuple[str, str | None]


@dataclass(frozen=True, slots=True)
class DutyPlan:
    """Everything one finding demands, in the order in which it must happen."""

    category: str
    kind: str | None
    article: int | None
    severe: bool
    at_once: tuple[Act, ...]
    then: tuple[Act, ...]
    way_back: WayBack | None
    policy: str

    @property
    def recipients(self) -> frozenset[Role]:
        """Every role the plan has written to, now or later."""
        return frozenset(role for act in self.at_once + self.then for role in act.to)


@dataclass(frozen=True, slots=True)
class PrecautionPlan:
    """A precaution: what opens now, and what waits for the end of the review clock.

    A limit of a waiting act (`not_later_than`) counts from that end, or from the confirmation.
    """

    category: str
    article: int | None
    now: tuple[Act, ...]
    waiting: tuple[Act, ...]
    policy: str

    @property
    def allowed(self) -> bool:
        """Whether anything may be stopped before a finding."""
        return bool(self.now)


@dataclass(frozen=True, slots=True)
class Reclassification:
    """What a change of category sends: only what is missing, and corrections.

    `correct`: roles that were written to and that the new plan does not name: told wrongly.
    `restate`: roles the new plan names too, whose letter rests on another article than now.
    """

    missing: tuple[Act, ...]
    correct: tuple[Role, ...]
    restate: tuple[Role, ...]


def duties_for(
    category: str, kind: str | None = None, *, severe: bool = False, book: Book = BOOK
) -> DutyPlan:
    """The whole plan for a finding in this category."""
    row = book.category(category)
    return DutyPlan(
        category=category,
        kind=kind,
        article=row.article,
        severe=severe,
        at_once=row.at_once + (row.if_severe if severe else ()),
        then=row.then,
        way_back=way_back(category, kind, book=book),
        policy=book.digest,
    )


def severe_duties(category: str, *, book: Book = BOOK) -> tuple[Act, ...]:
    """What 造成严重影响 adds; found later, only this is added. Art. 22 adds nothing."""
    return book.category(category).if_severe


def precaution_duties(category: str, *, book: Book = BOOK) -> PrecautionPlan:
    """What a precaution opens: only measures; letters wait, and the severe report is never there.

    Empty for Art. 23 (nothing is stopped) and Art. 24 (its stop waits for its report).
    """
    row = book.category(category)
    stops_first = any(
        act.step == Step.STOP_TRANSMISSION and act.after is None for act in row.at_once
    )
    acts = row.at_once if stops_first else ()
    return PrecautionPlan(
        category=category,
        article=row.article,
        now=tuple(act for act in acts if act.step in MEASURES),
        waiting=tuple(act for act in acts if act.is_letter),
        policy=book.digest,
    )


def reclassify(
    told: AbstractSet[Told], new: DutyPlan, *, old_article: int | None = None
) -> Reclassification:
    """Compares what was done with what the new plan demands at once.

    Measures already done stand in `told` with role None or "". An act that follows one no longer in
    `missing` may start now: its predecessor is done. With `old_article`, `restate` names whose
    letter quotes the wrong article although they were rightly written to.
    """
    done: set[Told] = {(step, role or None) for step, role in told}
    written_to = {role for _, role in done if role is not None}
    named = new.recipients
    return Reclassification(
        missing=tuple(act for act in (_untold(act, done) for act in new.at_once) if act),
        correct=tuple(role for role in Role if role in written_to - named),
        restate=tuple(
            role
            for role in Role
            if role in written_to & named and old_article not in (None, new.article)
        ),
    )


def _untold(act: Act, told: AbstractSet[Told]) -> Act | None:
    if not act.is_letter:
        return None if (act.step, None) in told else act
    left = tuple(role for role in act.to if (act.step, role) not in told)
    return replace(act, to=left) if left else None


def way_back(category: str, kind: str | None = None, *, book: Book = BOOK) -> WayBack | None:
    """The only way a confirmed case may come back; None where the article gives none (Art. 20)."""
    row = book.category(category)
    found = find_kind(row, kind) if kind is not None else None
    return found.way_back if found and found.way_back else row.way_back


def records_source(category: str, *, book: Book = BOOK) -> Source | None:
    """Who demands that records are kept: the article, the house (Arts. 23, 24), or nobody."""
    for act in book.category(category).at_once:
        if act.step == Step.PRESERVE_RECORDS:
            return act.source
    return Source.HOUSE if category in book.house.records_also_for else None


def finding_rule_for(source: str, category: str, *, book: Book = BOOK) -> FindingRule | None:
    """The house's rule that makes this source's signal a finding without an officer, if any."""
    for rule in book.house.finding_rules:
        if rule.source == source and rule.category == category:
            return rule
    return None
