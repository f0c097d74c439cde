"""Keys live apart, rotate, and erase what they sealed when they go."""

from __future__ import annotations

import sqlite3

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from app.core.keystore import KeyGoneError, KeyStore, keys


def test_a_data_key_is_durable_before_it_is_used(app, settings):
    kid, key = keys().new_data_key()
    assert KeyStore(settings).data_key(kid) == key


def test_a_destroyed_data_key_never_comes_back(app, at):
    kid, _key = keys().new_data_key()
    keys().destroy_data_key(kid, at=at)
    with pytest.raises(KeyGoneError):
        keys().data_key(kid)


def test_a_destroyed_secret_is_not_made_anew(app, at):
    keys().secret("day:2026-11-20")
    keys().destroy_secret("day:2026-11-20", at=at)
    with pytest.raises(KeyGoneError):
        keys().secret("day:2026-11-20")


def test_two_stores_agree_on_a_named_secret(app, settings):
    assert KeyStore(settings).secret("pepper") == keys().secret("pepper")


def test_rotation_keeps_old_signatures_verifiable(app, at):
    first = keys().signer("audit")
    signature = first.sign(b"root")
    second = keys().rotate("audit", at=at)
    assert keys().signer("audit").kid == second.kid != first.kid
    published = {k.kid: k.public for k in keys().public_keys()}
    Ed25519PublicKey.from_public_bytes(published[first.kid]).verify(signature, b"root")


def test_no_key_lies_in_the_clear(app, settings):
    _kid, key = keys().new_data_key()
    secret = keys().secret("pepper")
    file = settings.keystore_url.removeprefix("sqlite:///")
    sqlite3.connect(file).execute("PRAGMA wal_checkpoint(FULL)")
    raw = b"".join(p.read_bytes() for p in settings.folder.joinpath("keys").glob("keystore*"))
    assert key not in raw
    assert secret not in raw
