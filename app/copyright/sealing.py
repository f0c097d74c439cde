"""Sealing under a case's own key; comparing who and what without keeping either."""

from __future__ import annotations

from typing import Any

from app.copyright.statute import plain
from app.core import crypto
from app.core.keystore import keys
from app.intake import sealing

_SECRET = "copyright-same"  # noqa: S105 - the name of a secret


def seal(kid: str, value: dict[str, Any], *, place: str) -> bytes:
    """Seal under this key, bound to the place."""
    return sealing.seal_json(keys().data_key(kid), value, place=place)


def opened(kid: str, sealed: bytes | None, *, place: str) -> dict[str, Any] | None:
    """What ``seal`` made; None once the key was destroyed, or when there is nothing."""
    key = sealing.key_of(kid)
    if key is None or sealed is None:
        return None
    found: dict[str, Any] = sealing.open_json(key, sealed, place=place)
    return found


def readable(kid: str) -> bool:
    """Whether the key is still there."""
    return sealing.key_of(kid) is not None


def compared(text: str) -> bytes:
    """The HMAC of a name or a title as it is compared."""
    return crypto.keyed_hash(keys().secret(_SECRET), plain(text))
