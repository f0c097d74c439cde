"""留存记录: what was captured or sealed, where it lies, who touched it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Id


class EvidenceItem(Base):
    """One object in the vault, content-addressed by SHA-256."""

    __tablename__ = "evidence_item"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    incident: Mapped[str | None] = mapped_column(index=True)  # incident ref
    kind: Mapped[
        str
    ]  # capture | complaint | attachment | decision | probe | letter | authority_document | reentry
    title: Mapped[str]
    sha256: Mapped[str] = mapped_column(index=True)  # of the stored bytes
    size: Mapped[int] = mapped_column(Id)
    media_type: Mapped[str]
    kid: Mapped[str | None]  # sealed under this data key, else stored in clear
    alg: Mapped[str]
    facts: Mapped[dict[str, Any]]  # url, status, digests of payload, vantage …
    captured_at: Mapped[datetime]
    retain_until: Mapped[datetime | None]
    legal_hold: Mapped[bool] = mapped_column(default=False)
    disposed_at: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("incident", "kind", "sha256"),)


class CustodyEntry(Base):
    """保管链: each act on an item, in order, with the hash as re-read."""

    __tablename__ = "custody_entry"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("evidence_item.id"), index=True)
    act: Mapped[str]  # sealed | read | exported | verified | hold | disposed
    by: Mapped[str]
    at: Mapped[datetime]
    reason: Mapped[str]
    sha256: Mapped[str]
    intact: Mapped[bool]


class Capture(Base):
    """The promise to capture one address for one incident."""

    __tablename__ = "capture"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    incident: Mapped[str]
    version_id: Mapped[int] = mapped_column(ForeignKey("resource_version.id"))
    address_id: Mapped[int] = mapped_column(ForeignKey("address.id"))
    state: Mapped[str]  # open | done | failed | partial
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None]
    item_id: Mapped[int | None] = mapped_column(ForeignKey("evidence_item.id"))
    asked_at: Mapped[datetime]
    done_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("incident", "address_id"),
        Index("ix_capture_incident", "incident"),
    )
