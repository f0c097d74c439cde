"""The frozen values a rules file is parsed into."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class Step(StrEnum):
    """An act the norm demands."""

    STOP_TRANSMISSION = "stop_transmission"
    PREVENT_SPREAD = "prevent_spread"
    PRESERVE_RECORDS = "preserve_records"
    REPORT = "report"
    INFORM = "inform"
    REMIND = "remind"
    REMOVE = "remove"


LETTERS = frozenset({Step.REPORT, Step.INFORM, Step.REMIND})
MEASURES = frozenset({Step.STOP_TRANSMISSION, Step.PREVENT_SPREAD, Step.PRESERVE_RECORDS})


class Role(StrEnum):
    """A party of the norm; a body fills it on a platform."""

    OPERATOR = "operator"
    AUTHORITY = "authority"
    REGULATOR = "regulator"
    SUPERIOR_REGULATOR = "superior_regulator"
    LOCAL_CAC = "local_cac"
    POLICE = "police"
    PROVIDER = "provider"
    COMPLAINANT = "complainant"


class Source(StrEnum):
    """Who demands it: the article, the house's rules, or (ways back only) another law."""

    ARTICLE = "article"
    HOUSE = "house"
    LAW = "law"


class WayBackKey(StrEnum):
    """How a confirmed case may come back."""

    RECTIFY = "rectify"
    REPAIR = "repair"
    INTAKE = "intake"
    AUTHORITY = "authority"
    COUNTER_NOTICE = "counter_notice"


@dataclass(frozen=True, slots=True)
class Title:
    """A name in Chinese and in English."""

    zh: str
    en: str

    def in_language(self, language: str) -> str:
        """The English name for `en…`, the Chinese one for everything else (the default)."""
        return self.en if language.lower().startswith("en") else self.zh


@dataclass(frozen=True, slots=True)
class Act:
    """One act of one category: what, towards whom, on whose word, and what it waits for.

    `after` is the act it follows; `not_later_than` is how many minutes it waits for it at most
    (None with `after` = without limit), counted from the end of `limit_from`, or from the plan's
    start when that is None. `quote` is the article's own wording, None for house rules.
    """

    step: Step
    to: tuple[Role, ...]
    source: Source
    article: int
    quote: str | None = None
    after: Step | None = None
    without_limit: bool = False
    not_later_than: int | None = None
    limit_from: Step | None = None
    severe: bool = False

    @property
    def is_letter(self) -> bool:
        """Whether the act is a letter to the roles in `to`."""
        return self.step in LETTERS


@dataclass(frozen=True, slots=True)
class WayBack:
    """The one way a confirmed case may come back, and the words it rests on."""

    key: WayBackKey
    source: Source
    basis: str


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind under a category; `routing` is the routing kind that handles it."""

    key: str
    routing: str
    title: Title
    way_back: WayBack | None = None


@dataclass(frozen=True, slots=True)
class Category:
    """One block of articles.toml."""

    key: str
    article: int | None
    title: Title
    routing: str | None
    by_designation: bool
    free_kinds: bool
    kinds: tuple[Kind, ...]
    at_once: tuple[Act, ...]
    if_severe: tuple[Act, ...]
    then: tuple[Act, ...]
    way_back: WayBack | None
    called: dict[Role, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Articles:
    """What the norm says, in force from a date."""

    document: str
    document_no: str
    in_force_from: date
    strictness: tuple[str, ...]
    categories: dict[str, Category] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time: minutes by the clock, or working days by the calendar."""

    minutes: int | None = None
    working_days: int | None = None


@dataclass(frozen=True, slots=True)
class Clocks:
    """The house's deadlines; the last three depend on the category."""

    review: Span
    acceptance: Span
    intake_wait: Span
    waiting_for_complainant: Span
    reentry_review: Span
    lift_second_person: Span
    handling: dict[str, Span] = field(hash=False)
    nudge: dict[str, Span] = field(hash=False)
    next_contact: dict[str, Span] = field(hash=False)


@dataclass(frozen=True, slots=True)
class KindRule:
    """What a routing kind needs before a machine may stop a resource."""

    independent_sources: int
    signed_monitor_suffices: bool


@dataclass(frozen=True, slots=True)
class Conditions:
    """Which of the conditions (a) to (d) this house applies."""

    no_rejected_claims: bool
    never_released_as_unfounded: bool
    no_other_hold_of_provider: bool
    not_protected: bool


@dataclass(frozen=True, slots=True)
class Caps:
    """How many machine stops are allowed; None is no cap."""

    per_tag_on_resource: int | None
    per_day_tag: int | None
    per_provider: int | None
    per_platform: int | None
    views_share: float | None


@dataclass(frozen=True, slots=True)
class PrecautionRules:
    """The policy for 先行停传."""

    rejected_claims_days: int
    rejecting_tags_on_other_resources: int
    window_minutes: int
    provider_window_minutes: int
    kinds: dict[str, KindRule] = field(hash=False)
    conditions: Conditions
    caps: Caps


@dataclass(frozen=True, slots=True)
class FindingRule:
    """A named rule whose signal is a finding without an officer, on the authority's document."""

    name: str
    source: str
    category: str
    document_no: str


@dataclass(frozen=True, slots=True)
class Retention:
    """How long logs and the keys of source tags are kept."""

    access_log_days: int
    source_key_days: int
    day_key_hours: int


@dataclass(frozen=True, slots=True)
class House:
    """What one platform decided under Art. 8."""

    approved_by: str
    document_no: str
    in_force_from: date
    finding_rules: tuple[FindingRule, ...]
    waits: dict[Step, int] = field(hash=False)
    records_also_for: tuple[str, ...]
    clocks: Clocks
    precaution: PrecautionRules
    restore_wait: Span
    retention: Retention
    yearly_renewal_rate: float
