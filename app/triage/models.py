"""What the classifier suggested, what was proposed, who was paged, what the caps counted."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Id


class Suggestion(Base):
    """The machine's reading of a complaint; a person's word outranks it."""

    __tablename__ = "suggestion"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaint.id"), unique=True)
    model: Mapped[str]
    category: Mapped[str]
    kind: Mapped[str]  # routing kind
    kinds: Mapped[list[Any]]
    severe: Mapped[bool]
    severe_score: Mapped[float]
    confidence: Mapped[float]
    abstain: Mapped[bool]
    would_hold: Mapped[bool]
    risk: Mapped[str | None]
    cues: Mapped[list[Any]]  # offsets into the masked text
    slots: Mapped[dict[str, Any]]
    at: Mapped[datetime]


class ModelShadow(Base):
    """Where a candidate that reads along said something else; it decides nothing. No text."""

    __tablename__ = "model_shadow"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaint.id"))
    live: Mapped[str]  # name@version
    candidate: Mapped[str]
    live_kind: Mapped[str]
    candidate_kind: Mapped[str]
    live_severe: Mapped[bool]
    candidate_severe: Mapped[bool]
    live_would_hold: Mapped[bool]
    candidate_would_hold: Mapped[bool]
    at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("complaint_id", "candidate"),)


class Likeness(Base):
    """The fingerprint of a complaint tied to a resource: hashed pieces, senses, places; no word.

    It ends with the complaint's erasure. Near-equal texts (a brigade) stand behind one.
    """

    __tablename__ = "likeness"

    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaint.id"), primary_key=True)
    resource_id: Mapped[int] = mapped_column(ForeignKey("resource.id"))
    copy_of: Mapped[int | None] = mapped_column(ForeignKey("complaint.id"))  # who stands for it
    fingerprint: Mapped[dict[str, Any]]

    __table_args__ = (
        Index("ix_likeness_copy_of", "copy_of", "complaint_id"),
        Index("ix_likeness_resource", "resource_id", "complaint_id", "copy_of"),
    )


class LikenessTerm(Base):
    """By which of its rarest pieces a fingerprint is found again on its resource; no copies."""

    __tablename__ = "likeness_term"

    resource_id: Mapped[int] = mapped_column(ForeignKey("resource.id"), primary_key=True)
    term: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaint.id"), primary_key=True)

    __table_args__ = (Index("ix_likeness_term_complaint", "complaint_id"),)


class Proposal(Base):
    """Why a precaution was or was not placed; the officer sees every reason."""

    __tablename__ = "proposal"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    incident: Mapped[str] = mapped_column(index=True)  # incident ref
    complaint_id: Mapped[int | None] = mapped_column(ForeignKey("complaint.id"))
    act: Mapped[str]  # stop | spread (same content elsewhere) | release
    outcome: Mapped[str]  # placed | proposed | none
    reasons: Mapped[list[Any]]
    score: Mapped[float | None]
    model: Mapped[str | None]
    scope: Mapped[dict[str, Any]]
    at: Mapped[datetime]
    answered_by: Mapped[str | None]
    answered_at: Mapped[datetime | None]


class PrecautionQuota(Base):
    """For the caps alone: precautions per day tag; the tag never stands beside a complaint."""

    __tablename__ = "precaution_quota"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id"))
    day: Mapped[str]
    day_tag: Mapped[str]
    n: Mapped[int]

    __table_args__ = (UniqueConstraint("platform_id", "day", "day_tag"),)


class Precaution(Base):
    """One policy precaution placed: what the caps per provider, platform and tag count."""

    __tablename__ = "precaution"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id"))
    provider_id: Mapped[int] = mapped_column(ForeignKey("body.id"))
    resource_id: Mapped[int] = mapped_column(ForeignKey("resource.id"), index=True)
    incident: Mapped[str]
    source_tag: Mapped[str | None]
    views: Mapped[int]
    at: Mapped[datetime]
    released_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_precaution_platform_at", "platform_id", "at"),)


class SignalSeen(Base):
    """Inbound webhook ids, kept so that an exact replay has one effect."""

    __tablename__ = "signal_seen"

    key: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    answer: Mapped[dict[str, Any] | None]
