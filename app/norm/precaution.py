"""May a claim alone stop a resource, provisionally? The policy of page 2.7, decided from values.

A claim is not a finding: the score says what is alleged, not that it is true. So the conditions
and caps bound what a lie can cost, and everything they hold back is proposed to a person at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from app.norm.book import BOOK, Book
from app.norm.values import Caps, Conditions, KindRule, PrecautionRules


class Reason(StrEnum):
    """Why the policy decided so; the desk shows each in words (words.toml)."""

    POLICY_MET = "policy_met"
    ALREADY_STOPPED = "already_stopped"
    NOT_SEVERE = "not_severe"
    KIND_NOT_COVERED = "kind_not_covered"
    SCORE_BELOW_THRESHOLD = "score_below_threshold"
    NEEDS_MORE_SOURCES = "needs_more_sources"
    RECENTLY_REJECTED = "recently_rejected"
    PROVIDER_TARGETED = "provider_targeted"
    VERSION_RELEASED_BEFORE = "version_released_before"
    PROVIDER_HAS_OPEN_HOLD = "provider_has_open_hold"
    RESOURCE_PROTECTED = "resource_protected"
    CAP_TAG_ON_RESOURCE = "cap_tag_on_resource"
    CAP_DAY_TAG = "cap_day_tag"
    CAP_PROVIDER = "cap_provider"
    CAP_PLATFORM = "cap_platform"
    CAP_VIEWS = "cap_views"


@dataclass(frozen=True, slots=True)
class Scope:
    """The whole resource (address None) or one address of it, by its id."""

    address: int | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known when a claim arrives. Counts are of machine-placed holds before this one.

    `severe`, `would_hold` and `score` are the classifier's; `independent_sources` counts this
    claim's own. `named_addresses` are the resource's own addresses, other than role `page`, that
    the claim names by address. Shares of views are of the platform's.
    """

    kind: str
    severe: bool
    would_hold: bool
    score: float
    threshold: float
    independent_sources: int = 1
    signed_monitor: bool = False
    already_stopped: bool = False
    named_addresses: frozenset[int] = frozenset()
    rejected_on_resource: int = 0
    rejecting_tags_on_other_resources: int = 0
    version_released_before: bool = False
    provider_has_open_machine_hold: bool = False
    protected: bool = False
    holds_by_tag_on_resource: int = 0
    holds_by_day_tag: int = 0
    holds_on_provider: int = 0
    holds_on_platform: int = 0
    views_held_beyond_first: float = 0.0
    views_of_resource: float = 0.0


@dataclass(frozen=True, slots=True)
class Decision:
    """Place the precaution, or propose it and page the officer, or leave it to the queue."""

    place: bool
    propose: bool
    page: bool
    scope: Scope
    reasons: tuple[str, ...]


def decide(facts: Facts, *, book: Book = BOOK) -> Decision:
    """What the house lets the machine do with this claim, and every reason for it."""
    rules = book.house.precaution
    scope = _scope(facts)
    if facts.already_stopped:  # 200 texts cause no second stop
        return Decision(False, False, False, scope, (Reason.ALREADY_STOPPED,))
    if not facts.severe:
        return Decision(False, False, False, scope, (Reason.NOT_SEVERE,))
    against = tuple(_against(facts, rules))
    if against:
        return Decision(False, True, True, scope, against)
    return Decision(True, False, False, scope, (Reason.POLICY_MET,))


def _scope(facts: Facts) -> Scope:
    if len(facts.named_addresses) == 1:
        return Scope(address=next(iter(facts.named_addresses)))
    return Scope()


def _against(facts: Facts, rules: PrecautionRules) -> Iterator[Reason]:
    kind_rule = rules.kinds.get(facts.kind)
    if kind_rule is None:
        yield Reason.KIND_NOT_COVERED
    else:
        yield from _against_claim(facts, kind_rule)
    yield from _against_conditions(facts, rules.conditions, rules.rejecting_tags_on_other_resources)
    yield from _against_caps(facts, rules.caps)


def _against_claim(facts: Facts, rule: KindRule) -> Iterator[Reason]:
    # `not (a >= b)`: a score that is no number places nothing.
    if not facts.would_hold or not facts.score >= facts.threshold:
        yield Reason.SCORE_BELOW_THRESHOLD
    vouched = facts.signed_monitor and rule.signed_monitor_suffices
    if not vouched and facts.independent_sources < rule.independent_sources:
        yield Reason.NEEDS_MORE_SOURCES


def _against_conditions(facts: Facts, on: Conditions, tags_limit: int) -> Iterator[Reason]:
    if on.no_rejected_claims and facts.rejected_on_resource > 0:
        yield Reason.RECENTLY_REJECTED
    if on.no_rejected_claims and facts.rejecting_tags_on_other_resources >= tags_limit:
        yield Reason.PROVIDER_TARGETED
    if on.never_released_as_unfounded and facts.version_released_before:
        yield Reason.VERSION_RELEASED_BEFORE
    if on.no_other_hold_of_provider and facts.provider_has_open_machine_hold:
        yield Reason.PROVIDER_HAS_OPEN_HOLD
    if on.not_protected and facts.protected:
        yield Reason.RESOURCE_PROTECTED


def _against_caps(facts: Facts, caps: Caps) -> Iterator[Reason]:
    if _reached(facts.holds_by_tag_on_resource, caps.per_tag_on_resource):
        yield Reason.CAP_TAG_ON_RESOURCE
    if _reached(facts.holds_by_day_tag, caps.per_day_tag):
        yield Reason.CAP_DAY_TAG
    if _reached(facts.holds_on_provider, caps.per_provider):
        yield Reason.CAP_PROVIDER
    if _reached(facts.holds_on_platform, caps.per_platform):
        yield Reason.CAP_PLATFORM
    # The first hold of the window is free, whatever it is watched by: a first true alarm about
    # the most used course must not need a person.
    beyond = facts.views_held_beyond_first + facts.views_of_resource
    if caps.views_share is not None and facts.holds_on_platform > 0 and beyond > caps.views_share:
        yield Reason.CAP_VIEWS


def _reached(count: int, cap: int | None) -> bool:
    return cap is not None and count >= cap
