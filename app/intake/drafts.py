"""A half-filled form or dialogue: sealed, found by its cookie's hash, gone after seven days."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.core.ids import new_token
from app.core.keystore import keys
from app.intake import receipt, sealing
from app.intake.models import Draft

LIFE = timedelta(days=7)
CODE = 10  # symbols of the code that resumes it


@dataclass
class Opened:
    """A draft in the hands of one request; change ``data`` and ``save``."""

    id: int
    kid: str
    key: bytes
    skin: str
    data: dict[str, Any]


def start(tx: Session, *, skin: str, at: datetime) -> tuple[str, Opened]:
    """A new draft and the token for its cookie.

    ``data["once"]`` is the key under which it is filed at most once.
    """
    token = new_token()
    kid, key = keys().new_data_key()
    data: dict[str, Any] = {"once": secrets.token_urlsafe(24)}
    row = Draft(
        token_hash=sealing.token_hash(token),
        skin=skin,
        kid=kid,
        sealed=b"",
        updated_at=at,
        expires_at=at + LIFE,
    )
    tx.add(row)
    tx.flush()
    opened = Opened(row.id, kid, key, skin, data)
    save(tx, opened, at=at)
    return token, opened


def find(
    session: Session, token: str | None, *, skin: str, at: datetime, lock: bool = False
) -> Opened | None:
    """The living draft of this cookie; ``lock`` it against another tab before changing it."""
    if not token:
        return None
    query = select(Draft).where(
        Draft.token_hash == sealing.token_hash(token), Draft.skin == skin, Draft.expires_at > at
    )
    row = session.scalar(query.with_for_update() if lock else query)
    key = sealing.key_of(row.kid) if row else None
    if row is None or key is None:
        return None
    data = sealing.open_json(key, row.sealed, place=f"draft:{row.id}")
    return Opened(row.id, row.kid, key, row.skin, data)


def save(tx: Session, draft: Opened, *, at: datetime) -> None:
    """Keep what was said so far; it lives seven days from now."""
    row = tx.get_one(Draft, draft.id)
    row.sealed = sealing.seal_json(draft.key, draft.data, place=f"draft:{draft.id}")
    row.n += 1
    row.updated_at, row.expires_at = at, at + LIFE


def leave_code(tx: Session, draft: Opened, *, at: datetime) -> str:
    """A short code with which the draft goes on elsewhere, once, within seven days.

    An earlier code dies. Nine random symbols (45 bits) under a limit of tries, and a check symbol.
    """
    code = receipt.new_secret(CODE)
    row = tx.get_one(Draft, draft.id)
    row.resume_hash, row.resume_until = sealing.secret_hash(code), at + LIFE
    return code


def resume(tx: Session, typed: str, *, at: datetime) -> tuple[str, Opened] | None:
    """Take the draft over with its code, which dies of it; answers the new token for the cookie.

    The cookie of the device where it began stops working: one draft has one holder.
    """
    code = receipt.read(typed, CODE)
    row = tx.scalar(
        select(Draft)
        .where(
            Draft.resume_hash == sealing.secret_hash(code.secret),
            Draft.resume_until > at,
            Draft.expires_at > at,
        )
        .with_for_update()
    )
    if code.wrong is not None or row is None:
        return None
    token = new_token()
    row.token_hash, row.resume_hash, row.resume_until = sealing.token_hash(token), None, None
    tx.flush()
    opened = find(tx, token, skin=row.skin, at=at)
    return (token, opened) if opened else None


def drop(tx: Session, draft: Opened) -> None:
    """The draft was sent or given up; its key is the caller's to keep or destroy."""
    tx.execute(delete(Draft).where(Draft.id == draft.id))


def expired(tx: Session, *, at: datetime, limit: int = 200) -> list[str]:
    """Delete drafts past their life; answers the keys to destroy after the commit."""
    rows = list(tx.scalars(select(Draft).where(Draft.expires_at <= at).limit(limit)))
    tx.execute(delete(Draft).where(Draft.id.in_([r.id for r in rows])))
    return [r.kid for r in rows]


def forget(kid: str, *, at: datetime) -> None:
    """Destroy a given-up draft's key: what it sealed is gone, in backups too."""
    keys().destroy_data_key(kid, at=at)
