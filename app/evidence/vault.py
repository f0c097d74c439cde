"""The vault as the rest of the product uses it; file work, so never inside a transaction.

What is personal is sealed before it is put: the digest then names ciphertext, and destroying the
data key erases the content while digest, custody and proofs stay.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from flask import current_app

from app.core import crypto, ids
from app.core.errors import NotFoundError
from app.core.plugins import find
from app.core.settings import Settings, SettingsError
from app.evidence.store import DamagedError, Store


@dataclass(frozen=True)
class Stored:
    """What lies in the vault: digest and size of the stored bytes, and how they are sealed."""

    sha256: str
    size: int
    kid: str | None = None
    aad: str | None = None


@lru_cache(maxsize=8)
def store_of(url: str) -> Store:
    """The store behind a vault address.

    Raises:
        SettingsError: no store speaks that scheme.
    """
    known: dict[str, type[Store]] = {
        plugin.scheme: plugin for plugin in find("app.evidence.stores", "STORE").values()
    }
    scheme = url.partition(":")[0]
    if scheme not in known:
        names = ", ".join(f"{name}:" for name in sorted(known))
        raise SettingsError(f"CHUKU_VAULT_URL: no store for {scheme}: here; available: {names}")
    return known[scheme](url)


def _store() -> Store:
    chosen: Settings = current_app.config["CHUKU"]
    return store_of(chosen.vault_url)


def put(data: bytes | Path) -> Stored:
    """Keep the bytes (or a file's) durably; putting twice is putting once."""
    return Stored(*_store().put(data))


def put_sealed(data: bytes, *, kid: str, key: bytes) -> Stored:
    """Seal under a data key, then keep; the digest is that of the sealed bytes."""
    aad = f"evidence:{ids.new_ref(16)}"
    sha256, size = _store().put(crypto.seal(key, data, aad=aad))
    return Stored(sha256, size, kid=kid, aad=aad)


def get(sha256: str) -> bytes:
    """The bytes, re-hashed.

    Raises:
        NotFoundError: nothing under that digest.
        DamagedError: the bytes are not those that were put.
    """
    return b"".join(_store().pieces(sha256))


def pieces(sha256: str) -> Iterator[bytes]:
    """The same piece by piece, for what is large."""
    return _store().pieces(sha256)


def holds(sha256: str) -> bool:
    """Whether there is something under that digest."""
    return _store().holds(sha256)


def intact(sha256: str) -> bool:
    """Re-hash the whole object."""
    try:
        for _piece in _store().pieces(sha256):
            pass
    except (DamagedError, NotFoundError, OSError):
        return False
    return True


def digest_of(data: bytes) -> str:
    """The name that ``put`` would give."""
    return hashlib.sha256(data).hexdigest()
