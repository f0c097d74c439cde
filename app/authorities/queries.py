"""Who fills which role where, and how to reach them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.authorities.models import Body, Contact, Platform, PolicyVersion, RoleAssignment
from app.core.errors import NotFoundError

SUPERIOR = "superior_regulator"
PROVIDER = "provider"


@dataclass(frozen=True, slots=True)
class PlatformView:
    """One platform; ``operated`` false = connected: there, holds are only proposed."""

    id: int
    code: str
    name: str
    name_en: str
    parent_id: int | None
    level: str
    region: str
    operated: bool
    letter_prefix: str
    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BodyView:
    """One body of the tree."""

    id: int
    name: str
    kind: str
    code: str = ""
    region: str = ""
    responsible_person: str | None = None
    parent_id: int | None = None


@dataclass(frozen=True, slots=True)
class ContactView:
    """One way to reach a body; lower rank first."""

    id: int
    name: str
    channel: str
    address: str
    rank: int
    hours: str


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who stands behind a role here: ``ok``, ``not_applicable`` (root) or ``missing``."""

    role: str
    body_id: int | None
    state: str


def _platform_view(row: Platform) -> PlatformView:
    return PlatformView(
        row.id,
        row.code,
        row.name,
        row.name_en,
        row.parent_id,
        row.level,
        row.region,
        row.operated,
        row.letter_prefix,
        tuple(row.hosts),
    )


def _body_view(row: Body) -> BodyView:
    return BodyView(
        row.id, row.name, row.kind, row.code, row.region, row.responsible_person, row.parent_id
    )


def platform(session: Session, key: int | str) -> PlatformView:
    """The platform with this id or code.

    Raises:
        NotFoundError: when there is none.
    """
    match = Platform.id == key if isinstance(key, int) else Platform.code == key
    row = session.scalar(sa.select(Platform).where(match))
    if row is None:
        raise NotFoundError("There is no platform %(key)s.", key=key)
    return _platform_view(row)


def platforms(session: Session) -> list[PlatformView]:
    """All platforms in the order of their creation."""
    return [
        _platform_view(row) for row in session.scalars(sa.select(Platform).order_by(Platform.id))
    ]


def body(session: Session, key: int | str) -> BodyView:
    """The body with this id or code.

    Raises:
        NotFoundError: when there is none.
    """
    match = Body.id == key if isinstance(key, int) else Body.code == key
    row = session.scalar(sa.select(Body).where(match))
    if row is None:
        raise NotFoundError("There is no body %(key)s.", key=key)
    return _body_view(row)


def bodies(session: Session, ids: Iterable[int]) -> dict[int, BodyView]:
    """These bodies by id."""
    rows = session.scalars(sa.select(Body).where(Body.id.in_(set(ids))))
    return {row.id: _body_view(row) for row in rows}


def bodies_for(session: Session, platform_id: int, role: str, at: datetime) -> list[BodyView]:
    """The bodies that hold this role on this platform at that moment."""
    rows = session.scalars(
        sa.select(Body)
        .join(RoleAssignment, RoleAssignment.body_id == Body.id)
        .where(
            RoleAssignment.platform_id == platform_id,
            RoleAssignment.role == role,
            RoleAssignment.from_at <= at,
            sa.or_(RoleAssignment.to_at.is_(None), RoleAssignment.to_at > at),
        )
        .order_by(RoleAssignment.id)
    )
    return [_body_view(row) for row in rows]


def roles_of(session: Session, platform_id: int, body_id: int, at: datetime) -> list[str]:
    """The roles this body holds on this platform at that moment."""
    rows = session.scalars(
        sa.select(RoleAssignment.role)
        .where(
            RoleAssignment.platform_id == platform_id,
            RoleAssignment.body_id == body_id,
            RoleAssignment.from_at <= at,
            sa.or_(RoleAssignment.to_at.is_(None), RoleAssignment.to_at > at),
        )
        .order_by(RoleAssignment.id)
    )
    return list(rows)


def superior(session: Session, body_id: int) -> BodyView | None:
    """The same kind of office one level up, found by walking the tree; None at its root."""
    start = session.get(Body, body_id)
    row, seen = start, {body_id}
    while start is not None and row is not None and row.parent_id not in {None, *seen}:
        row = session.get(Body, row.parent_id)
        if row is not None and row.kind == start.kind:
            return _body_view(row)
        if row is not None:
            seen.add(row.id)
    return None


def contacts(
    session: Session, body_id: int, at: datetime, *, exercise: bool = False
) -> list[ContactView]:
    """The ways to reach a body at that moment, first to try first; exercises have their own."""
    rows = session.scalars(
        sa.select(Contact)
        .where(
            Contact.body_id == body_id,
            Contact.exercise.is_(exercise),
            Contact.from_at <= at,
            sa.or_(Contact.to_at.is_(None), Contact.to_at > at),
        )
        .order_by(Contact.rank, Contact.id)
    )
    return [ContactView(r.id, r.name, r.channel, r.address, r.rank, r.hours) for r in rows]


def _superiors(session: Session, platform_id: int, at: datetime) -> list[Recipient]:
    """Art. 20, 21: 上级监管部门的网信办; at the root there is none, which is no failure."""
    regulators = bodies_for(session, platform_id, "regulator", at)
    if not regulators:
        return [Recipient(SUPERIOR, None, "missing")]
    above = {s.id: s for r in regulators if (s := superior(session, r.id)) is not None}
    if not above:
        return [Recipient(SUPERIOR, None, "not_applicable")]
    return [Recipient(SUPERIOR, body_id, "ok") for body_id in above]


def recipients(
    session: Session, platform_id: int, roles: Iterable[str], provider_id: int, at: datetime
) -> list[Recipient]:
    """Who must be told for these roles on this platform; one line at least for each role."""
    found: list[Recipient] = []
    for role in roles:
        if role == PROVIDER:
            found.append(Recipient(role, provider_id, "ok"))
        elif role == SUPERIOR:
            found += _superiors(session, platform_id, at)
        else:
            held = bodies_for(session, platform_id, role, at)
            found += [Recipient(role, b.id, "ok") for b in held] or [
                Recipient(role, None, "missing")
            ]
    return found


def policy_text(session: Session, sha256: str) -> str | None:
    """The exact text of a kept rule file, by its digest."""
    return session.scalar(
        sa.select(PolicyVersion.text).where(PolicyVersion.sha256 == sha256).limit(1)
    )
