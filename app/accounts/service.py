"""Verbs on accounts, sign-ins, API keys and calls to a person."""

from __future__ import annotations

import hashlib
import os
from datetime import datetime, timedelta

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from app.accounts.models import Account, ApiKey, Membership, OfficerPage, SignIn
from app.accounts.permissions import EXCLUSIVE, ROLES
from app.audit import service as audit
from app.core import crypto
from app.core.errors import ConflictError, InvalidError, NotFoundError
from app.core.ids import new_token
from app.core.keystore import keys

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
STEP_UP = timedelta(minutes=15)
MIN_PASSWORD = 12
SCOPES = ("signal", "desk", "catalogue", "edge", "read", "open311")
_SLOW_AFTER = 5  # failures; then each one doubles the wait, at most 15 minutes, never for good

_hasher = PasswordHasher()  # argon2id, RFC 9106 low-memory profile of argon2-cffi
_NOBODY = _hasher.hash(os.urandom(16).hex())  # verified when the login is unknown: equal time


def token_hash(token: str) -> str:
    """Tokens carry 192 random bits: a plain digest is enough to store them."""
    return hashlib.sha256(token.encode()).hexdigest()


def verify_password(stored: str | None, password: str) -> bool:
    """Whether it matches; takes the same time for an unknown login. Call with no tx open."""
    try:
        _hasher.verify(stored or _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def add_account(
    tx: Session,
    *,
    login: str,
    name: str,
    password: str,
    memberships: list[tuple[int, str]],
    at: datetime,
    body_id: int | None = None,
    by: str = "system:cli",
) -> tuple[int, str]:
    """A new account with its roles; answers (id, TOTP secret), the secret is shown once.

    Raises:
        InvalidError: short password, unknown role, roles one person may not hold together.
        ConflictError: the login is taken.
    """
    if len(password) < MIN_PASSWORD:
        raise InvalidError("A password needs at least %(n)s characters.", n=MIN_PASSWORD)
    if tx.scalar(select(Account.id).where(Account.login == login)) is not None:
        raise ConflictError("The sign-in name %(login)s is taken.", login=login)
    secret = pyotp.random_base32()
    kid, key = keys().new_data_key()
    account = Account(
        login=login,
        name=name,
        body_id=body_id,
        password_hash=_hasher.hash(password),
        totp_kid=kid,
        totp_sealed=crypto.seal(key, secret.encode(), aad=f"account.totp:{login}"),
        created_at=at,
    )
    tx.add(account)
    tx.flush()
    audit.record(
        tx, actor=by, action="account.add", subject=f"account:{account.id}", at=at, login=login
    )
    for platform_id, role in memberships:
        give_role(tx, account_id=account.id, platform_id=platform_id, role=role, at=at, by=by)
    return account.id, secret


def give_role(
    tx: Session, *, account_id: int, platform_id: int, role: str, at: datetime, by: str
) -> None:
    """Give a role on a platform; giving it twice is giving it once.

    Raises:
        InvalidError: unknown role, or one that must not meet another in one person.
    """
    if role not in ROLES:
        raise InvalidError("There is no role %(role)s.", role=role)
    held = set(tx.scalars(select(Membership.role).where(Membership.account_id == account_id)))
    if role in EXCLUSIVE and (held & EXCLUSIVE) - {role}:
        raise InvalidError("System, security and audit administration are never one person.")
    exists = tx.scalar(
        select(Membership.id).where(
            Membership.account_id == account_id,
            Membership.platform_id == platform_id,
            Membership.role == role,
        )
    )
    if exists is None:
        tx.add(Membership(account_id=account_id, platform_id=platform_id, role=role, since=at))
        subject = f"account:{account_id}"
        audit.record(
            tx, actor=by, action="account.role", subject=subject, at=at, role=role, on=platform_id
        )


def disable(tx: Session, *, login: str, at: datetime, by: str) -> None:
    """End the account and every session and key of it.

    Raises:
        NotFoundError: no such login.
    """
    account = tx.scalar(select(Account).where(Account.login == login))
    if account is None:
        raise NotFoundError("There is no account %(login)s.", login=login)
    account.disabled_at = account.disabled_at or at
    tx.execute(
        update(SignIn)
        .where(SignIn.account_id == account.id, SignIn.ended_at.is_(None))
        .values(ended_at=at)
    )
    tx.execute(
        update(ApiKey)
        .where(ApiKey.account_id == account.id, ApiKey.revoked_at.is_(None))
        .values(revoked_at=at)
    )
    audit.record(tx, actor=by, action="account.disable", subject=f"account:{account.id}", at=at)


def totp_secret(account: Account) -> str:
    """The account's TOTP secret."""
    key = keys().data_key(account.totp_kid)
    return crypto.unseal(key, account.totp_sealed, aad=f"account.totp:{account.login}").decode()


def use_code(tx: Session, *, account_id: int, code: str, at: datetime) -> bool:
    """Whether the six digits are right now (±30 s) and were not used before."""
    account = tx.get_one(Account, account_id)
    totp = pyotp.TOTP(totp_secret(account))
    digits = "".join(c for c in code if c.isdigit())
    step = int(at.timestamp()) // 30
    for candidate in (step, step - 1, step + 1):
        if pyotp.utils.strings_equal(totp.generate_otp(candidate), digits):
            # Who else: the same code typed into a second window a moment ago.
            used = tx.execute(
                update(Account)
                .where(Account.id == account_id, Account.totp_last_step < candidate)
                .values(totp_last_step=candidate)
            )
            return bool(used.rowcount)  # type: ignore[attr-defined]
    return False


def sign_in(
    tx: Session, *, account_id: int, code: str, password_ok: bool, at: datetime
) -> str | None:
    """A session token after password and code; None (and a slower next try) otherwise."""
    account = tx.get_one(Account, account_id)
    waiting = account.slow_until is not None and account.slow_until > at
    good = password_ok and not waiting and account.disabled_at is None
    if not (good and use_code(tx, account_id=account_id, code=code, at=at)):
        account.failed += 1
        if account.failed >= _SLOW_AFTER:
            doubled = min(2 ** (account.failed - _SLOW_AFTER), 900)
            account.slow_until = at + timedelta(seconds=doubled)
        audit.record(
            tx,
            actor=f"account:{account_id}",
            action="account.sign_in_refused",
            subject=f"account:{account_id}",
            at=at,
        )
        return None
    account.failed, account.slow_until = 0, None
    token = new_token()
    tx.add(
        SignIn(
            token_hash=token_hash(token),
            account_id=account_id,
            created_at=at,
            seen_at=at,
            expires_at=at + ABSOLUTE,
            stepped_up_at=at,
        )
    )
    audit.record(
        tx,
        actor=f"account:{account_id}",
        action="account.sign_in",
        subject=f"account:{account_id}",
        at=at,
    )
    return token


def seen(tx: Session, *, sign_in_id: int, at: datetime) -> None:
    """Move the idle clock."""
    tx.execute(update(SignIn).where(SignIn.id == sign_in_id).values(seen_at=at))


def step_up(tx: Session, *, sign_in_id: int, account_id: int, code: str, at: datetime) -> bool:
    """A fresh code before letting go, exporting or using keys."""
    if not use_code(tx, account_id=account_id, code=code, at=at):
        return False
    tx.execute(update(SignIn).where(SignIn.id == sign_in_id).values(stepped_up_at=at))
    return True


def sign_out(tx: Session, *, sign_in_id: int, at: datetime) -> None:
    """The session is dead at the next request."""
    tx.execute(update(SignIn).where(SignIn.id == sign_in_id).values(ended_at=at))


def create_key(
    tx: Session,
    *,
    name: str,
    scope: str,
    at: datetime,
    account_id: int | None = None,
    platform_id: int | None = None,
    expires_at: datetime | None = None,
    by: str = "system:cli",
) -> str:
    """A machine's key, shown once.

    Raises:
        InvalidError: unknown scope, or a desk key without the account it acts as.
    """
    if scope not in SCOPES:
        raise InvalidError("A key's scope is one of: %(scopes)s.", scopes=", ".join(SCOPES))
    if scope == "desk" and account_id is None:
        raise InvalidError("A desk key belongs to one account and acts as that person.")
    if scope == "open311" and name in {"", scope}:
        raise InvalidError(
            "Give this key the name of its machine: keys with one name see the same requests."
        )
    token = f"chk_{new_token()}"
    key = ApiKey(
        name=name,
        scope=scope,
        token_hash=token_hash(token),
        account_id=account_id,
        platform_id=platform_id,
        created_at=at,
        expires_at=expires_at,
    )
    tx.add(key)
    tx.flush()
    audit.record(tx, actor=by, action="key.create", subject=f"key:{key.id}", at=at, scope=scope)
    return token


def revoke_key(tx: Session, *, key_id: int, at: datetime, by: str) -> None:
    """End a key; ending it twice is ending it once."""
    tx.execute(
        update(ApiKey).where(ApiKey.id == key_id, ApiKey.revoked_at.is_(None)).values(revoked_at=at)
    )
    audit.record(tx, actor=by, action="key.revoke", subject=f"key:{key_id}", at=at)


def used_key(tx: Session, *, key_id: int, at: datetime) -> None:
    """Show when a key was last used."""
    tx.execute(update(ApiKey).where(ApiKey.id == key_id).values(last_used_at=at))


def page(
    tx: Session,
    *,
    key: str,
    why: str,
    at: datetime,
    role: str = "officer",
    platform_id: int | None = None,
    incident: str | None = None,
) -> bool:
    """Call a person about ``key``; calling twice about one thing is calling once.

    ``why`` is an English message id shown at the desk.
    """
    insert = sqlite_insert if tx.get_bind().dialect.name == "sqlite" else pg_insert
    done = tx.execute(
        insert(OfficerPage)
        .values(key=key, why=why, at=at, role=role, platform_id=platform_id, incident=incident)
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(OfficerPage.id)
    ).first()
    fresh = done is not None
    if fresh:
        audit.record(
            tx, actor="system:page", action="page.call", subject=f"page:{key}", at=at,
            incident=incident, role=role, why=why,
        )  # fmt: skip
    return fresh


def answer_page(tx: Session, *, page_id: int, by: str, at: datetime) -> None:
    """Somebody looks.

    Raises:
        ConflictError: somebody else answered first.
    """
    done = tx.execute(
        update(OfficerPage)
        .where(OfficerPage.id == page_id, OfficerPage.answered_at.is_(None))
        .values(answered_by=by, answered_at=at)
    )
    if not done.rowcount:  # type: ignore[attr-defined]
        raise ConflictError("Somebody else has answered this call.")
    audit.record(tx, actor=by, action="page.answer", subject=f"page:{page_id}", at=at)


def answer_pages_of(tx: Session, *, incident: str, by: str, at: datetime) -> None:
    """A person decided on the incident: its calls are answered."""
    tx.execute(
        update(OfficerPage)
        .where(OfficerPage.incident == incident, OfficerPage.answered_at.is_(None))
        .values(answered_by=by, answered_at=at)
    )
