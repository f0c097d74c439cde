"""侵权通知与反通知: their words sealed, and what is compared to know the same one again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Id


class CopyrightNotice(Base):
    """One complete notice (条例 Art. 14) about one resource; its files are its complaint's."""

    __tablename__ = "copyright_notice"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaint.id"), unique=True)
    resource_id: Mapped[int] = mapped_column(ForeignKey("resource.id"))
    incident: Mapped[str] = mapped_column(index=True)  # incident ref
    kid: Mapped[str]  # the complaint's key: erasing it erases these words too
    sealed: Mapped[bytes]
    holder_hash: Mapped[bytes]  # HMACs: who, and of which work, without saying either
    work_hash: Mapped[bytes]
    holds: Mapped[list[str]]  # references of the holds that are its own
    state: Mapped[str]  # sent countered in_court restored
    sent_at: Mapped[datetime]
    countered_at: Mapped[datetime | None]
    restore_due: Mapped[datetime | None]
    sealed_court: Mapped[bytes | None]  # which court and case, by the right holder's word
    ended_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_copyright_notice_same", "resource_id", "work_hash", "holder_hash"),)


class CounterNotice(Base):
    """The provider's statement (条例 Art. 16), under the same key: it is erased with its notice."""

    __tablename__ = "counter_notice"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("copyright_notice.id"), unique=True)
    kid: Mapped[str]
    sealed: Mapped[bytes]
    letter: Mapped[str | None]  # reference of the letter whose link led here; None: on paper
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"))
    entered_by: Mapped[str | None]  # account:3, when an officer typed it in
    at: Mapped[datetime]
