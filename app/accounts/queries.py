"""Who is who, who may what, whom to show."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.accounts import service
from app.accounts.models import Account, ApiKey, Membership, OfficerPage, SignIn
from app.accounts.permissions import ROLES


@dataclass(frozen=True)
class Person:
    """Who asks: a signed-in person, or the person a desk key acts as."""

    account_id: int
    login: str
    name: str
    body_id: int | None
    roles: dict[int, frozenset[str]]  # platform → roles
    sign_in_id: int | None = None
    key_id: int | None = None
    step_up_fresh: bool = False

    @property
    def actor(self) -> str:
        """As the audit log names them."""
        return f"account:{self.account_id}"

    def may(self, permission: str, platform_id: int | None = None) -> bool:
        """Whether they hold it on that platform (on any, when none is named)."""
        held = self.roles if platform_id is None else {platform_id: self.roles.get(platform_id, ())}
        return any(permission in ROLES.get(r, ()) for roles in held.values() for r in roles)

    def platforms(self, permission: str) -> list[int]:
        """Where they hold it."""
        return [p for p in self.roles if self.may(permission, p)]


@dataclass(frozen=True)
class Machine:
    """Which key asks."""

    key_id: int
    name: str
    scope: str
    platform_id: int | None
    account_id: int | None
    last_used_at: datetime | None


@dataclass(frozen=True)
class KeyView:
    """One key as its keeper sees it; the key itself is stored nowhere."""

    id: int
    name: str
    scope: str
    account_id: int | None
    platform_id: int | None
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None

    def usable(self, at: datetime) -> bool:
        """Whether a request with it would be let in."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > at)


@dataclass(frozen=True)
class PageView:
    """One open call to a person."""

    id: int
    why: str
    role: str
    incident: str | None
    at: datetime
    platform_id: int | None = field(default=None)


def by_login(session: Session, login: str) -> tuple[int, str] | None:
    """(id, password hash) of a login."""
    row = session.execute(
        select(Account.id, Account.password_hash).where(Account.login == login)
    ).first()
    return (row.id, row.password_hash) if row else None


def names(session: Session, account_ids: set[int]) -> dict[int, str]:
    """Names of accounts, for timelines."""
    rows = session.execute(select(Account.id, Account.name).where(Account.id.in_(account_ids)))
    return {row.id: row.name for row in rows}


def person(
    session: Session,
    account_id: int,
    *,
    sign_in_id: int | None = None,
    key_id: int | None = None,
    step_up_fresh: bool = False,
) -> Person | None:
    """The account as an actor; None when it is disabled."""
    account = session.get(Account, account_id)
    if account is None or account.disabled_at is not None:
        return None
    roles: dict[int, set[str]] = {}
    for m in session.scalars(select(Membership).where(Membership.account_id == account_id)):
        roles.setdefault(m.platform_id, set()).add(m.role)
    return Person(
        account_id=account.id,
        login=account.login,
        name=account.name,
        body_id=account.body_id,
        roles={p: frozenset(r) for p, r in roles.items()},
        sign_in_id=sign_in_id,
        key_id=key_id,
        step_up_fresh=step_up_fresh,
    )


def by_session_token(
    session: Session, token: str, *, at: datetime
) -> tuple[Person, datetime] | None:
    """Who holds this cookie, and when they were last seen; None when it ended or idled out."""
    row = session.scalar(
        select(SignIn).where(
            SignIn.token_hash == service.token_hash(token), SignIn.ended_at.is_(None)
        )
    )
    if row is None or row.expires_at <= at or row.seen_at + service.IDLE <= at:
        return None
    fresh = row.stepped_up_at is not None and row.stepped_up_at + service.STEP_UP > at
    found = person(session, row.account_id, sign_in_id=row.id, step_up_fresh=fresh)
    return (found, row.seen_at) if found else None


def by_key(session: Session, token: str, *, at: datetime) -> Machine | None:
    """Which machine holds this key; None when unknown, revoked or expired."""
    row = session.scalar(
        select(ApiKey).where(
            ApiKey.token_hash == service.token_hash(token), ApiKey.revoked_at.is_(None)
        )
    )
    if row is None or (row.expires_at is not None and row.expires_at <= at):
        return None
    return Machine(row.id, row.name, row.scope, row.platform_id, row.account_id, row.last_used_at)


def same_machine(session: Session, key_id: int) -> list[int]:
    """The key and all with its name and scope: a machine moves from one to the next."""
    row = session.get_one(ApiKey, key_id)
    return list(
        session.scalars(select(ApiKey.id).where(ApiKey.name == row.name, ApiKey.scope == row.scope))
    )


def api_keys(session: Session) -> list[KeyView]:
    """Every key ever made, oldest first."""
    names = KeyView.__dataclass_fields__
    return [
        KeyView(**{name: getattr(row, name) for name in names})
        for row in session.scalars(select(ApiKey).order_by(ApiKey.id))
    ]


def open_pages(session: Session, platform_ids: list[int]) -> list[PageView]:
    """Calls nobody answered yet, oldest first."""
    rows = session.scalars(
        select(OfficerPage)
        .where(
            OfficerPage.answered_at.is_(None),
            or_(OfficerPage.platform_id.is_(None), OfficerPage.platform_id.in_(platform_ids)),
        )
        .order_by(OfficerPage.at)
        .limit(50)
    )
    return [PageView(r.id, r.why, r.role, r.incident, r.at, r.platform_id) for r in rows]
