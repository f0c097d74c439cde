"""Sealing under the complaint's own key, bound to the place a value stands in."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from app.core import crypto
from app.core.ids import new_ref
from app.core.keystore import KeyGoneError, KeyStore, keys

PEPPER = "receipt-1"  # the kid of the pepper in use; old ones stay valid for look-ups


def seal_json(key: bytes, value: Any, *, place: str) -> bytes:
    """Seal a JSON value; ``place`` is ``table.column:ref``."""
    return crypto.seal(key, json.dumps(value, ensure_ascii=False).encode(), aad=place)


def open_json(key: bytes, sealed: bytes, *, place: str) -> Any:
    """Open what ``seal_json`` made."""
    return json.loads(crypto.unseal(key, sealed, aad=place))


def key_of(kid: str) -> bytes | None:
    """The complaint's key; None once it was destroyed (the complaint is erased)."""
    try:
        return keys().data_key(kid)
    except KeyGoneError:
        return None


@lru_cache(maxsize=8)
def _pepper(store: KeyStore, name: str) -> bytes:
    return store.secret(f"pepper:{name}")


def secret_hash(secret: str) -> bytes:
    """What the database keeps of a receipt code; useless without the pepper in the key store."""
    return crypto.keyed_hash(_pepper(keys(), PEPPER), secret)


def arrival_hash(digest: str) -> str:
    """By this a complaint that came in a file is known again; nobody can guess at its words."""
    return crypto.keyed_hash(_pepper(keys(), PEPPER), f"arrival {digest}").hex()


def token_hash(token: str) -> str:
    """Tokens carry 192 random bits: a plain digest is enough to store them."""
    return crypto.sha256_hex(token.encode())


def source_tag(resource_id: int, network: str | None) -> str | None:
    """Beside a complaint stands only this: comparable on one resource, never between two."""
    if network is None:
        return None
    store, prefix = keys(), f"source:{resource_id}:"
    living = sorted(store.secrets_named(prefix), key=lambda found: found[1])
    # After a key was destroyed (30 days after the last incident) a new one begins.
    name = living[0][0] if living else f"{prefix}{new_ref(4)}"
    return crypto.keyed_hash(store.secret(name), network).hex()[:32]
