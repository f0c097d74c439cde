"""Platforms, bodies as a tree, which body fills which role, and how to reach them (page 1)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Id


class Platform(Base):
    """国家智慧教育公共服务平台及其接入的平台、专题板块 (Art. 2). Everything hangs on one."""

    __tablename__ = "platform"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)  # short, in URLs and letter numbers
    name: Mapped[str]
    name_en: Mapped[str]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("platform.id"))
    level: Mapped[str]  # national | section | provincial
    region: Mapped[str]
    operated: Mapped[bool]  # we run it: a finding holds same content here; else it is proposed
    letter_prefix: Mapped[str]  # 文号 prefix, e.g. 智教停
    hosts: Mapped[list[str]]  # catalogue hosts


class Body(Base):
    """An organ, unit or person of the norm; ``parent`` is the body one level up."""

    __tablename__ = "body"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    kind: Mapped[str]  # authority | regulator | operator | cac | police | provider
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("body.id"))
    region: Mapped[str]
    responsible_person: Mapped[str | None]  # Art. 10: every provider names one


class RoleAssignment(Base):
    """This body fills this role on this platform, from, to."""

    __tablename__ = "role_assignment"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id"))
    role: Mapped[str]
    body_id: Mapped[int] = mapped_column(ForeignKey("body.id"))
    from_at: Mapped[datetime]
    to_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_role_assignment_platform_role", "platform_id", "role"),)


class Contact(Base):
    """One way to reach a body; lower rank first."""

    __tablename__ = "contact"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("body.id"), index=True)
    name: Mapped[str]
    channel: Mapped[str]  # email | phone | paper
    address: Mapped[str]
    rank: Mapped[int]
    hours: Mapped[str]  # free text shown to officers, e.g. 工作日 9:00–17:00
    exercise: Mapped[bool] = mapped_column(default=False)
    from_at: Mapped[datetime]
    to_at: Mapped[datetime | None]


class PolicyVersion(Base):
    """The exact text of a rule file, kept by digest; incidents freeze digests."""

    __tablename__ = "policy_version"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    platform_id: Mapped[int | None] = mapped_column(ForeignKey("platform.id"))  # None: all
    kind: Mapped[str]  # articles | house | schema
    sha256: Mapped[str] = mapped_column(index=True)
    text: Mapped[str]
    in_force_from: Mapped[datetime]
    approved_by: Mapped[str]
    document_no: Mapped[str]
