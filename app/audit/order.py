"""Which entries are settled: the sequencer may pass an id only when no open transaction can
still bring a smaller one.

SQLite has one writer, so ids are in commit order. On PostgreSQL a transaction that writes an
entry first takes a *shared* advisory lock whose key carries the id sequence's position at that
moment; every id it gets is greater. Nobody waits for anybody; the sequencer reads the keys.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

_SPACE = 0x4348  # "CH": the upper 16 bits of our advisory keys; the lower 48 are the position
_SEQUENCER = _SPACE << 48 | (1 << 48) - 1
_INFO = "audit.announced"

_POSITION = "(SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END FROM {sequence})"
_sequence_name: dict[str, str] = {}


def _sequence(tx: Session) -> str:
    url = str(tx.get_bind().engine.url)
    if url not in _sequence_name:
        _sequence_name[url] = str(
            tx.scalar(sa.text("SELECT pg_get_serial_sequence('audit_entry', 'id')"))
        )
    return _sequence_name[url]


def announce(tx: Session) -> None:
    """Say that this transaction is about to take an entry id."""
    if tx.get_bind().dialect.name != "postgresql":
        return
    connection = tx.connection()  # begins the transaction if nothing did so far
    if tx.info.get(_INFO) is tx.get_transaction():
        return
    position = _POSITION.format(sequence=_sequence(tx))
    connection.execute(sa.text(f"SELECT pg_advisory_xact_lock_shared({_SPACE << 48} + {position})"))
    if not tx.in_nested_transaction():  # a savepoint's rollback would drop the lock
        tx.info[_INFO] = tx.get_transaction()


def settled(tx: Session) -> int:
    """Every entry id up to this one is committed or will never be."""
    if tx.get_bind().dialect.name != "postgresql":
        return int(tx.scalar(sa.text("SELECT coalesce(max(id), 0) FROM audit_entry")) or 0)
    position = _POSITION.format(sequence=_sequence(tx))
    high = int(tx.scalar(sa.text(f"SELECT {position}")) or 0)
    keys = tx.execute(
        sa.text(
            "SELECT (classid::bigint << 32) + objid::bigint FROM pg_locks WHERE "
            "locktype = 'advisory' AND objsubid = 1 AND mode = 'ShareLock' AND granted "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
            "AND (classid::bigint >> 16) = :space"
        ),
        {"space": _SPACE},
    ).scalars()
    return int(min([high, *((key - (_SPACE << 48)) for key in keys)]))


def take_turn(tx: Session) -> bool:
    """Whether this transaction is now the one sequencer (SQLite: its writer is alone anyway)."""
    if tx.get_bind().dialect.name != "postgresql":
        return True
    return bool(tx.scalar(sa.text(f"SELECT pg_try_advisory_xact_lock({_SEQUENCER})")))
