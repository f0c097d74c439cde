"""What the public figures are made from: a follower of the audit log, nothing of its own.

Every row can be made again from the log alone. Moments are written once, so a month that is over
gives the same figures whenever they are worked out.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Id


class PublicCase(Base):
    """The moments of one incident that figures are about; no complainant, no words."""

    __tablename__ = "public_case"

    incident: Mapped[str] = mapped_column(primary_key=True)
    exercise: Mapped[bool]
    article: Mapped[int | None]  # as alleged
    opened_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]  # a person took it up
    dark_at: Mapped[datetime | None]  # seen dark at every address
    decided_at: Mapped[datetime | None]
    outcome: Mapped[str | None]  # found rejected released
    found_article: Mapped[int | None]
    ended_at: Mapped[datetime | None]
    ending: Mapped[str | None]  # of a finding: removed lifted mistaken closed
    hold_ref: Mapped[str | None]  # the first hold that was not released

    __table_args__ = (
        Index(
            "ix_public_case_statement",
            "decided_at",
            "incident",
            sqlite_where=text("outcome = 'found' AND hold_ref IS NOT NULL AND exercise = 0"),
            postgresql_where=text("outcome = 'found' AND hold_ref IS NOT NULL AND NOT exercise"),
        ),
    )


class PublicTally(Base):
    """How many complaints of a month came by this way, or joined a case of this article."""

    __tablename__ = "public_tally"

    month: Mapped[str] = mapped_column(primary_key=True)  # 2026-11, Asia/Shanghai
    measure: Mapped[str] = mapped_column(primary_key=True)  # filed | joined
    key: Mapped[str] = mapped_column(primary_key=True)
    n: Mapped[int]


class PublicCursor(Base):
    """One row: how far the log was followed."""

    __tablename__ = "public_cursor"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    leaf: Mapped[int] = mapped_column(Id)  # the next leaf to read
    first_at: Mapped[datetime | None]  # the log's first act: the first month begins here
    complete_at: Mapped[datetime | None]  # everything done until then was read
