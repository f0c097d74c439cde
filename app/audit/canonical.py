"""What an entry's leaf hash covers: the RFC 8785 bytes of the entry, the same on every database."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import rfc8785

_EXACT = 2**53  # RFC 8785 numbers are IEEE doubles; beyond this they lose digits


def moment(at: datetime) -> str:
    """UTC with microseconds and Z, as both databases keep it."""
    text = at.astimezone(UTC).isoformat(timespec="microseconds")
    return text.replace("+00:00", "Z")


def text(value: str) -> str:
    """The text without what databases refuse: NUL (PostgreSQL) and lone surrogates (UTF-8)."""
    return str(value).replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def _scalar(value: object) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):  # StrEnum too
        return text(value)
    if isinstance(value, int | float):
        if not math.isfinite(value) or abs(value) >= _EXACT:
            raise ValueError(f"not an exact number: {value!r}")
        return value
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"not a plain fact: {type(value).__name__}")


def plain(value: object) -> Any:
    """The value as plain JSON that both databases give back unchanged.

    Raises:
        TypeError: for what is not a plain fact (bytes, sets, objects).
        ValueError: for numbers that JSON cannot carry exactly.
    """
    if isinstance(value, Mapping):
        return {text(str(key)): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return _scalar(value)


def entry_bytes(
    *,
    entry_id: int,
    at: datetime,
    actor: str,
    action: str,
    subject: str,
    incident: str | None,
    data: Mapping[str, Any],
) -> bytes:
    """The bytes that the leaf hash of this entry covers."""
    return rfc8785.dumps(
        {
            "id": entry_id,
            "at": moment(at),
            "actor": actor,
            "action": action,
            "subject": subject,
            "incident": incident,
            "data": dict(data),
        }
    )


def checkpoint_bytes(*, size: int, root: str, at: datetime) -> bytes:
    """The bytes that a checkpoint's signature covers."""
    return rfc8785.dumps({"size": size, "root": root, "at": moment(at)})
