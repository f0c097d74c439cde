"""At most one complaint per Idempotency-Key; the answer is kept 24 h, sealed under that key."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from app.core import crypto
from app.core.errors import ConflictError, InvalidError
from app.intake.models import IdempotentAnswer

LIFE = timedelta(hours=24)
MAX_KEY = 255


def _hash(key: str) -> str:
    return crypto.sha256_hex(b"chuku idempotency " + key.encode())


def _secret(key: str) -> bytes:
    return crypto.derive(key.encode(), info="chuku idempotent answer")


def known(session: Session, *, key: str, at: datetime) -> bool:
    """Whether an answer is kept under this key."""
    row = session.get(IdempotentAnswer, _hash(key))
    return row is not None and row.sealed is not None and row.at > at - LIFE


def begin(tx: Session, *, key: str, body: str, at: datetime) -> dict[str, Any] | None:
    """The answer given before under this key; None when this is the first time.

    Call first in the transaction that files: a second caller waits here for the first one's end.

    Raises:
        ConflictError: the same key came with another body.
        InvalidError: the key is empty or too long.
    """
    if not 0 < len(key) <= MAX_KEY:
        raise InvalidError("The Idempotency-Key must have 1 to 255 characters.")
    tx.execute(
        delete(IdempotentAnswer).where(
            IdempotentAnswer.key_hash == _hash(key), IdempotentAnswer.at <= at - LIFE
        )
    )
    insert = sqlite_insert if tx.get_bind().dialect.name == "sqlite" else pg_insert
    first = tx.execute(
        insert(IdempotentAnswer)
        .values(key_hash=_hash(key), body_sha256=body, sealed=None, at=at)
        .on_conflict_do_nothing(index_elements=["key_hash"])
        .returning(IdempotentAnswer.key_hash)
    ).first()
    if first is not None:
        return None
    row = tx.get_one(IdempotentAnswer, _hash(key), populate_existing=True)
    if row.body_sha256 != body:
        raise ConflictError(
            "This Idempotency-Key was used for another complaint. Use a new key for a new one."
        )
    if row.sealed is None:
        raise ConflictError("The first request with this key is not finished yet. Ask again.")
    opened = crypto.unseal(_secret(key), row.sealed, aad=f"idempotent:{row.key_hash}")
    found: dict[str, Any] = json.loads(opened)
    return found


def keep(tx: Session, *, key: str, answer: dict[str, Any]) -> None:
    """Keep the answer for retries, in the filing's own transaction."""
    sealed = crypto.seal(
        _secret(key),
        json.dumps(answer, ensure_ascii=False).encode(),
        aad=f"idempotent:{_hash(key)}",
    )
    tx.execute(
        update(IdempotentAnswer)
        .where(IdempotentAnswer.key_hash == _hash(key))
        .values(sealed=sealed)
    )


def forget(tx: Session, *, at: datetime) -> None:
    """Drop answers older than 24 hours."""
    tx.execute(delete(IdempotentAnswer).where(IdempotentAnswer.at <= at - LIFE))
