"""Accounts, memberships, sessions and API keys."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Id


class Account(Base):
    """One person who signs in (or, ``machine``, only carries keys)."""

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    login: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    body_id: Mapped[int | None] = mapped_column(ForeignKey("body.id"))  # provider, authority users
    password_hash: Mapped[str]  # argon2id
    totp_kid: Mapped[str]
    totp_sealed: Mapped[bytes]
    totp_last_step: Mapped[int] = mapped_column(default=0)  # a code works once
    failed: Mapped[int] = mapped_column(default=0)
    slow_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)


class Membership(Base):
    """This account holds this role on this platform."""

    __tablename__ = "membership"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id"))
    role: Mapped[str]
    since: Mapped[datetime]

    __table_args__ = (UniqueConstraint("account_id", "platform_id", "role"),)


class SignIn(Base):
    """A server-side session; the cookie holds only a token, stored here hashed."""

    __tablename__ = "sign_in"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    stepped_up_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class ApiKey(Base):
    """A machine's key: shown once, stored hashed; ``desk`` keys act as their account."""

    __tablename__ = "api_key"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str]
    scope: Mapped[str]  # signal | desk | catalogue | edge | read
    token_hash: Mapped[str] = mapped_column(unique=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    platform_id: Mapped[int | None] = mapped_column(ForeignKey("platform.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_api_key_scope", "scope"),)


class OfficerPage(Base):
    """Somebody must look now: who was called, about what, until someone answers."""

    __tablename__ = "officer_page"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    platform_id: Mapped[int | None] = mapped_column(ForeignKey("platform.id"))
    incident: Mapped[str | None]
    role: Mapped[str]  # officer | supervisor
    why: Mapped[str]
    at: Mapped[datetime]
    told_at: Mapped[datetime | None]
    answered_by: Mapped[str | None]
    answered_at: Mapped[datetime | None]
