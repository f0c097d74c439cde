"""函件: letters, their deliveries, links and signatures."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Id
from app.notices import frozen


class LetterNumber(Base):
    """Letter numbers per platform, series and year: 智教停〔2026〕12号; exercises count apart."""

    __tablename__ = "letter_number"

    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id"), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    series: Mapped[str] = mapped_column(primary_key=True)  # letter | exercise
    last: Mapped[int]


class Notice(Base):
    """One letter to one body (which may hold several roles)."""

    __tablename__ = "notice"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id"))
    number: Mapped[str | None]  # given when rendered; a nudge has none of its own
    kind: Mapped[str]  # report inform remind nudge correct restore forward outcome
    incident: Mapped[str | None] = mapped_column(index=True)  # incident ref
    body_id: Mapped[int] = mapped_column(ForeignKey("body.id"))
    roles: Mapped[list[str]]
    duty_key: Mapped[str] = mapped_column(unique=True)  # whose duty; promising twice is once
    article: Mapped[int | None]
    facts: Mapped[dict[str, Any]]  # what the template gets; never complainant data
    language: Mapped[str] = mapped_column(default="zh_Hans")
    template_version: Mapped[str | None]
    subject: Mapped[str | None]
    rendered_text: Mapped[bytes | None]  # the exact bytes, frozen; the link stands apart
    rendered_html: Mapped[bytes | None]
    rendered_eml: Mapped[bytes | None]  # as mailed to the first contact, its link masked
    rendered_sha256: Mapped[str | None]  # of rendered_text
    vault_sha256: Mapped[str | None]
    contact_snapshot: Mapped[dict[str, Any] | None]
    supersedes_id: Mapped[int | None] = mapped_column(ForeignKey("notice.id"))
    nudges_id: Mapped[int | None] = mapped_column(ForeignKey("notice.id"))
    state: Mapped[str]  # promised rendered sent delivered signed bounced failed cancelled
    step: Mapped[str]  # first | nudge | second_contact | second_channel | supervisor
    moves: Mapped[int] = mapped_column(default=0)  # steps taken: a late row moves nothing twice
    promised_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    signed_at: Mapped[datetime | None]
    sign_by: Mapped[datetime | None]
    exercise: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        UniqueConstraint("platform_id", "number"),
        Index("ix_notice_platform_state", "platform_id", "state"),
        Index("ix_notice_nudges_id", "nudges_id"),
    )


class Delivery(Base):
    """One attempt chain of one notice to one contact over one channel."""

    __tablename__ = "delivery"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notice.id"), index=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"))
    channel: Mapped[str]
    contact_name: Mapped[str]  # as it was when promised: a repeat is byte for byte the same
    address: Mapped[str]
    step: Mapped[str]
    message_id: Mapped[str] = mapped_column(unique=True)  # stable: a repeat is the same message
    state: Mapped[str]  # promised sent delivered bounced failed cancelled
    attempts: Mapped[int] = mapped_column(default=0)
    trying: Mapped[bool] = mapped_column(default=False)  # begun, its answer not on record yet
    doubtful: Mapped[bool] = mapped_column(default=False)  # an attempt ended without an answer
    last_error: Mapped[str | None]
    receipt: Mapped[str | None]  # the server's own words on acceptance
    promised_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("notice_id", "contact_id", "step"),)


class LetterLink(Base):
    """The link in a letter: 128 bit, stored hashed, bound to notice and contact."""

    __tablename__ = "letter_link"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notice.id"))
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"))
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_letter_link_notice_id", "notice_id"),)


class LetterSignature(Base):
    """签收: who signed a letter, in what position, or who recorded a handover."""

    __tablename__ = "letter_signature"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notice.id"), unique=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"))
    name: Mapped[str]
    position: Mapped[str]
    how: Mapped[str]  # link | phone | paper
    recorded_by: Mapped[str]  # contact:… or account:…
    at: Mapped[datetime]
    answer: Mapped[str | None]
    salt: Mapped[bytes]  # of the commitment that the audit log keeps of name and position


frozen.refuse_changes(Notice.__table__)
