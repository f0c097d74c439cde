"""Words and shapes of stopping: what other features see instead of tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class HoldKind(StrEnum):
    """Why a hold stands."""

    PRECAUTION = "precaution"  # 先行停传: nobody has looked yet
    NOTICE = "notice"  # a complete copyright notice, a named rule
    CONFIRMED = "confirmed"  # a finding stands behind it
    DESIGNATED = "designated"  # Art. 24, after its report
    MANUAL = "manual"  # an officer stopped at once


# Placed by a machine and never looked at: one officer may let go (law 4).
UNLOOKED = frozenset({HoldKind.PRECAUTION, HoldKind.NOTICE})
# A finding or the authority's word already stands behind these when they are placed.
FOUND = frozenset({HoldKind.CONFIRMED, HoldKind.DESIGNATED})


class LiftKind(StrEnum):
    """How a hold ended."""

    RELEASE = "release"  # unconfirmed, one officer
    LIFT = "lift"  # two persons


class ResourceState(StrEnum):
    """A resource as the probe saw it (page 3.7)."""

    ONLINE = "online"
    PARTLY_STOPPED = "partly_stopped"
    STOPPED = "stopped"
    REMOVED = "removed"


class Hosting(StrEnum):
    """Who serves an address; ``external`` hosts are never ours to darken."""

    OWN = "own"
    CONNECTED = "connected"
    EXTERNAL = "external"


OURS = frozenset({Hosting.OWN, Hosting.CONNECTED})


class Mode(StrEnum):
    """What a path in a rule stands for."""

    EXACT = "exact"
    PREFIX = "prefix"


@dataclass(frozen=True, order=True)
class Match:
    """One denied place; ``path`` is canonical."""

    host: str
    path: str
    mode: str = Mode.EXACT


@dataclass(frozen=True)
class Rule:
    """One dark place and why: what a snapshot line says."""

    match: Match
    resource: str
    generation: int
    block_ref: str


@dataclass(frozen=True)
class Entry:
    """One resource's state at one place in the feed."""

    epoch: int
    seq: int
    generation: int
    resource: str
    match: tuple[Match, ...]
    block_ref: str | None
    dark: bool


@dataclass(frozen=True, order=True)
class Head:
    """Where the feed stands."""

    epoch: int = 1
    seq: int = 0


@dataclass(frozen=True)
class HoldView:
    """停传指令 as the desk shows it."""

    id: int
    ref: str
    platform_id: int
    resource_id: int
    version_id: int
    address_id: int | None
    incident: str | None
    article: int | None
    kind: str
    placed_by: str
    placed_at: datetime
    review_by: datetime | None
    confirmed_by: str | None
    confirmed_at: datetime | None
    lift_requested_by: str | None
    lift_requested_at: datetime | None
    lifted_by: str | None
    lifted_at: datetime | None
    lift_kind: str | None
    reason: str
    lift_reason: str | None
    exercise: bool

    @property
    def standing(self) -> bool:
        """Whether it still darkens what it covers."""
        return self.lifted_at is None

    @property
    def needs_two(self) -> bool:
        """Whether a person placed or confirmed it, so that a second must agree to lift it."""
        unlooked = self.kind in UNLOOKED and self.confirmed_by is None
        return not unlooked or self.placed_by.startswith("account:")


@dataclass(frozen=True)
class AddressState:
    """One address: what we want there, and what the probe last saw."""

    address_id: int
    url: str
    role: str
    hosting: str
    desired_dark: bool
    dark: bool  # as seen from outside
    status: int | None
    seen_at: datetime | None
    dark_since: datetime | None
    error: str | None

    @property
    def still_served(self) -> bool:
        """To be shown in red: it should be dark and nobody has seen it dark."""
        return self.desired_dark and not self.dark

    @property
    def foreign(self) -> bool:
        """Another host serves it; only telling that host can end it."""
        return self.hosting == Hosting.EXTERNAL


@dataclass(frozen=True)
class EnforcementView:
    """How far one target is with one resource."""

    target: str
    kind: str
    must: bool
    desired: int
    applied: int
    desired_at: datetime
    applied_at: datetime | None
    attempts: int
    error: str | None

    @property
    def behind(self) -> bool:
        """Whether it has not confirmed today's generation."""
        return self.applied < self.desired


@dataclass(frozen=True)
class StopView:
    """A resource's generation, what is wanted, and what was seen when."""

    resource_id: int
    epoch: int
    generation: int
    dark: bool
    state: str
    changed_at: datetime | None
    stopped_at: datetime | None
    probed_at: datetime | None
    placed_at: datetime | None = None  # the oldest standing hold
    targets: tuple[EnforcementView, ...] = field(default=())

    @property
    def seconds_to_dark(self) -> float | None:
        """From the order to the probe's own sight of darkness."""
        if self.stopped_at is None or self.placed_at is None:
            return None
        return (self.stopped_at - self.placed_at).total_seconds()


@dataclass(frozen=True)
class TargetView:
    """Something that is told, and when it was last heard of."""

    id: int
    name: str
    kind: str
    must: bool
    platform_id: int | None
    seen_at: datetime | None
    applied_epoch: int
    applied_seq: int
    behind: int  # resources whose generation it has not confirmed
    oldest_behind: datetime | None
    last_error: str | None
    disabled_at: datetime | None


@dataclass(frozen=True)
class RoundView:
    """One look at all addresses of a resource, as it was written down."""

    generation: int
    at: datetime
    all_dark: bool
    seen: tuple[dict[str, Any], ...]  # {url, hosting, status, block_ref, dark, ms, error}


@dataclass(frozen=True)
class BlockedView:
    """What the public may know of a block reference: that it stands, since which day."""

    ref: str
    platform_id: int
    standing: bool
    since: datetime
