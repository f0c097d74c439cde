"""Holds, and everything between a hold and darkness seen from outside (page 2.7)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Id


class Hold(Base):
    """停传指令. A resource address is dark while any standing hold covers it."""

    __tablename__ = "hold"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)  # the public block reference
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id"))
    resource_id: Mapped[int] = mapped_column(ForeignKey("resource.id"), index=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("resource_version.id"))
    address_id: Mapped[int | None] = mapped_column(ForeignKey("address.id"))  # None: the whole
    incident: Mapped[str | None] = mapped_column(index=True)  # incident ref
    article: Mapped[int | None]
    kind: Mapped[str]  # precaution | notice | confirmed | designated | manual
    placed_by: Mapped[str]  # actor
    placed_at: Mapped[datetime]
    review_by: Mapped[datetime | None]
    confirmed_by: Mapped[str | None]
    confirmed_at: Mapped[datetime | None]
    lift_requested_by: Mapped[str | None]
    lift_requested_at: Mapped[datetime | None]
    lifted_by: Mapped[str | None]
    lifted_at: Mapped[datetime | None]
    lift_kind: Mapped[str | None]  # release (unconfirmed) | lift (confirmed, two persons)
    reason: Mapped[str]
    lift_reason: Mapped[str | None]
    exercise: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        # Law 4. Every test is written so that it is never NULL: SQL lets a CHECK of NULL pass.
        CheckConstraint(
            "(lifted_by IS NULL AND lifted_at IS NULL AND lift_kind IS NULL) "
            "OR (lifted_by IS NOT NULL AND lifted_at IS NOT NULL AND lift_kind IS NOT NULL)",
            name="lift_whole",
        ),
        # A machine's unconfirmed hold: the machine was the maker, one officer is the checker.
        CheckConstraint(
            "lift_kind IS NULL OR lift_kind <> 'release' OR (confirmed_by IS NULL "
            "AND kind IN ('precaution', 'notice') AND placed_by NOT LIKE 'account:%')",
            name="release_unconfirmed",
        ),
        # What a person placed or confirmed: a second person.
        CheckConstraint(
            "lift_kind IS NULL OR lift_kind = 'release' OR (lift_kind = 'lift' "
            "AND lift_requested_by IS NOT NULL AND lifted_by <> lift_requested_by "
            "AND lifted_by <> placed_by AND lifted_by <> COALESCE(confirmed_by, ''))",
            name="two_persons",
        ),
        # Only persons let go; an exercise may end itself.
        CheckConstraint(
            "lifted_by IS NULL OR exercise OR (lifted_by LIKE 'account:%' "
            "AND COALESCE(lift_requested_by, 'account:') LIKE 'account:%')",
            name="lifted_by_person",
        ),
        Index(
            "ix_hold_standing",
            "resource_id",
            sqlite_where=text("lifted_at IS NULL"),
            postgresql_where=text("lifted_at IS NULL"),
        ),
    )


class StopState(Base):
    """A resource's generation and what is desired and seen; grows with every hold change."""

    __tablename__ = "stop_state"

    resource_id: Mapped[int] = mapped_column(ForeignKey("resource.id"), primary_key=True)
    epoch: Mapped[int]
    generation: Mapped[int]
    dark: Mapped[bool]  # any address desired dark
    state: Mapped[str]  # online | partly_stopped | stopped | removed, as seen
    changed_at: Mapped[datetime]
    stopped_at: Mapped[datetime | None]  # when the probe saw all of it dark
    probed_at: Mapped[datetime | None]
    # The generation that a round first saw as wanted, and when: the probe's cadence counts from it.
    settled_generation: Mapped[int | None]
    settled_at: Mapped[datetime | None]


class FeedHead(Base):
    """One row: the feed's epoch and last sequence number; locked, so commit order is feed order."""

    __tablename__ = "feed_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    epoch: Mapped[int]
    seq: Mapped[int] = mapped_column(Id)


class FeedEntry(Base):
    """One change of one resource, as the edges read it."""

    __tablename__ = "feed_entry"

    seq: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    epoch: Mapped[int]
    generation: Mapped[int]
    resource_id: Mapped[int] = mapped_column(ForeignKey("resource.id"), index=True)
    resource: Mapped[str]
    match: Mapped[list[Any]]  # [{host, path, mode}]
    block_ref: Mapped[str | None]
    dark: Mapped[bool]
    at: Mapped[datetime]


class DenyRule(Base):
    """Today's dark addresses: what the snapshot and the gate read."""

    __tablename__ = "deny_rule"

    host: Mapped[str] = mapped_column(primary_key=True)
    path: Mapped[str] = mapped_column(primary_key=True)
    mode: Mapped[str]
    resource_id: Mapped[int] = mapped_column(ForeignKey("resource.id"), index=True)
    resource: Mapped[str]
    generation: Mapped[int]
    block_ref: Mapped[str]


class Target(Base):
    """Something that must be told: an edge, a gate, a webhook, a CDN's purge call."""

    __tablename__ = "target"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    platform_id: Mapped[int | None] = mapped_column(ForeignKey("platform.id"))  # None: all
    kind: Mapped[str]  # a file in app/suspension/targets/
    name: Mapped[str] = mapped_column(unique=True)
    must: Mapped[bool]
    config: Mapped[dict[str, Any]]
    secret_name: Mapped[str | None]  # in the key store
    api_key_id: Mapped[int | None] = mapped_column(ForeignKey("api_key.id"))  # edge: whose acks
    seen_at: Mapped[datetime | None]
    applied_epoch: Mapped[int] = mapped_column(default=0)
    applied_seq: Mapped[int] = mapped_column(Id, default=0)
    disabled_at: Mapped[datetime | None]


class Enforcement(Base):
    """One row per target and resource: the generation desired, the generation applied."""

    __tablename__ = "enforcement"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    target_id: Mapped[int] = mapped_column(ForeignKey("target.id"))
    resource_id: Mapped[int] = mapped_column(ForeignKey("resource.id"), index=True)
    epoch: Mapped[int]
    desired: Mapped[int]
    applied: Mapped[int] = mapped_column(default=0)
    desired_at: Mapped[datetime]
    applied_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None]
    paged_at: Mapped[datetime | None]
    sending_until: Mapped[datetime | None]  # one sender at a time: order is never turned round
    sending_by: Mapped[str | None]

    __table_args__ = (UniqueConstraint("target_id", "resource_id"),)


class Observation(Base):
    """What the probe last saw at an address."""

    __tablename__ = "observation"

    address_id: Mapped[int] = mapped_column(ForeignKey("address.id"), primary_key=True)
    resource_id: Mapped[int] = mapped_column(ForeignKey("resource.id"), index=True)
    generation: Mapped[int]
    at: Mapped[datetime]
    status: Mapped[int | None]  # HTTP status, None: no answer
    block_ref: Mapped[str | None]
    dark: Mapped[bool]
    agreeing: Mapped[int] = mapped_column(default=1)  # rounds in a row with the same result
    error: Mapped[str | None]
    dark_since: Mapped[datetime | None]


class ProbeRound(Base):
    """One look at all addresses of a resource; kept as evidence."""

    __tablename__ = "probe_round"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    resource_id: Mapped[int] = mapped_column(ForeignKey("resource.id"), index=True)
    generation: Mapped[int]
    at: Mapped[datetime]
    all_dark: Mapped[bool]
    seen: Mapped[list[Any]]  # [{url, status, block_ref, dark, ms}]
