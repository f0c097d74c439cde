"""Keys, kept apart from database and vault: destroying one erases what it sealed, also in backups.

Three kinds live here, each wrapped by the master key: data keys (one per complaint), signing keys
(Ed25519, by purpose, rotated; public halves stay published), and named secrets (peppers, daily
keys). Keys are durable before any row that uses them: an unused key harms nobody.
"""

from __future__ import annotations

import base64
import os
import secrets
import threading
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from app.core import clock, crypto
from app.core.db import UTCDateTime, prepare
from app.core.files import kept_secret
from app.core.settings import Settings

_BATCH = 64  # data keys made per durable write, so that filing a complaint costs no extra sync

_tables = sa.MetaData()
_data_key = sa.Table(
    "data_key",
    _tables,
    sa.Column("kid", sa.Text, primary_key=True),
    sa.Column("wrapped", sa.LargeBinary),  # NULL once destroyed
    sa.Column("made_at", UTCDateTime, nullable=False),
    sa.Column("destroyed_at", UTCDateTime),
)
_signing_key = sa.Table(
    "signing_key",
    _tables,
    sa.Column("kid", sa.Text, primary_key=True),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("alg", sa.Text, nullable=False),
    sa.Column("wrapped", sa.LargeBinary, nullable=False),
    sa.Column("public", sa.LargeBinary, nullable=False),
    sa.Column("from_at", UTCDateTime, nullable=False),
    sa.Column("to_at", UTCDateTime),
)
_secret = sa.Table(
    "secret",
    _tables,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("wrapped", sa.LargeBinary),
    sa.Column("made_at", UTCDateTime, nullable=False),
    sa.Column("destroyed_at", UTCDateTime),
)


class KeyGoneError(Exception):
    """The key was destroyed on purpose, or never existed."""


@dataclass(frozen=True)
class PublicKey:
    """The published half of a signing key."""

    kid: str
    purpose: str
    alg: str
    public: bytes
    from_at: datetime
    to_at: datetime | None


@dataclass(frozen=True)
class Signer:
    """Signs for one purpose with today's key."""

    kid: str
    key: Ed25519PrivateKey

    def sign(self, message: bytes) -> bytes:
        """The 64-byte Ed25519 signature (RFC 8032)."""
        return self.key.sign(message)

    def sign_text(self, message: bytes) -> str:
        """The same in base64."""
        return base64.b64encode(self.sign(message)).decode()


class KeyStore:
    """Opens the store under the master key; both are made on first use on one machine."""

    def __init__(self, settings: Settings) -> None:
        self._master = bytes.fromhex(kept_secret(Path(settings.master_key_file)))
        self._engine = sa.create_engine(settings.keystore_url)
        prepare(self._engine)
        _tables.create_all(self._engine)
        self._spare: deque[tuple[str, bytes]] = deque()
        self._lock = threading.Lock()
        self._signers: dict[str, Signer] = {}

    def _wrap(self, name: str, key: bytes) -> bytes:
        return crypto.seal(self._master, key, aad=f"keystore:{name}")

    def _unwrap(self, name: str, wrapped: bytes | None) -> bytes:
        if wrapped is None:
            raise KeyGoneError(f"key {name} was destroyed")
        return crypto.unseal(self._master, wrapped, aad=f"keystore:{name}")

    def new_data_key(self) -> tuple[str, bytes]:
        """A fresh durable data key: (kid, 32 bytes)."""
        with self._lock:
            if not self._spare:
                fresh = [(f"d-{secrets.token_hex(12)}", os.urandom(32)) for _ in range(_BATCH)]
                at = clock.now()
                with self._engine.begin() as store:
                    store.execute(
                        sa.insert(_data_key),
                        [{"kid": k, "wrapped": self._wrap(k, v), "made_at": at} for k, v in fresh],
                    )
                self._spare.extend(fresh)
            return self._spare.popleft()

    def data_key(self, kid: str) -> bytes:
        """The data key.

        Raises:
            KeyGoneError: when it was destroyed: what it sealed is erased.
        """
        with self._engine.connect() as store:
            row = store.execute(
                sa.select(_data_key.c.wrapped).where(_data_key.c.kid == kid)
            ).first()
        return self._unwrap(kid, row.wrapped if row else None)

    def destroy_data_key(self, kid: str, *, at: datetime) -> None:
        """Erase everything sealed under this key, also in old backups of database and vault."""
        with self._engine.begin() as store:
            store.execute(
                sa.update(_data_key)
                .where(_data_key.c.kid == kid)
                .values(wrapped=None, destroyed_at=at)
            )

    def secret(self, name: str) -> bytes:
        """The named 32-byte secret, made on first use.

        Raises:
            KeyGoneError: when it was destroyed.
        """
        query = sa.select(_secret.c.wrapped).where(_secret.c.name == name)
        with self._engine.connect() as store:
            row = store.execute(query).first()
        if row is None:
            try:
                with self._engine.begin() as store:
                    wrapped = self._wrap(name, os.urandom(32))
                    store.execute(
                        sa.insert(_secret).values(name=name, wrapped=wrapped, made_at=clock.now())
                    )
            except sa.exc.IntegrityError:
                pass  # another process made it first
            with self._engine.connect() as store:
                row = store.execute(query).one()
        return self._unwrap(name, row.wrapped)

    def destroy_secret(self, name: str, *, at: datetime) -> None:
        """Forget a secret for good (daily keys after 48 h, a resource's source key)."""
        with self._engine.begin() as store:
            store.execute(
                sa.update(_secret)
                .where(_secret.c.name == name)
                .values(wrapped=None, destroyed_at=at)
            )

    def secrets_named(self, prefix: str) -> list[tuple[str, datetime]]:
        """Living secrets under a prefix, with the moment each was made."""
        with self._engine.connect() as store:
            rows = store.execute(
                sa.select(_secret.c.name, _secret.c.made_at).where(
                    _secret.c.name.startswith(prefix), _secret.c.wrapped.is_not(None)
                )
            )
            return [(r.name, r.made_at) for r in rows]

    def signer(self, purpose: str) -> Signer:
        """Today's signing key for a purpose (audit, feed, receipt, decision, letter)."""
        query = sa.select(_signing_key).where(
            _signing_key.c.purpose == purpose, _signing_key.c.to_at.is_(None)
        )
        with self._engine.connect() as store:
            row = store.execute(query.order_by(_signing_key.c.from_at.desc())).first()
        if row is None:
            return self.rotate(purpose, at=clock.now())
        known = self._signers.get(row.kid)
        if known is None:
            private = self._unwrap(row.kid, row.wrapped)
            known = Signer(row.kid, Ed25519PrivateKey.from_private_bytes(private))
            self._signers[row.kid] = known
        return known

    def rotate(self, purpose: str, *, at: datetime) -> Signer:
        """Retire the purpose's key and begin a new one; old public keys stay published."""
        key = Ed25519PrivateKey.generate()
        kid = f"{purpose}-{at:%Y%m%d}-{secrets.token_hex(3)}"
        private = key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        with self._engine.begin() as store:
            store.execute(
                sa.update(_signing_key)
                .where(_signing_key.c.purpose == purpose, _signing_key.c.to_at.is_(None))
                .values(to_at=at)
            )
            store.execute(
                sa.insert(_signing_key).values(
                    kid=kid,
                    purpose=purpose,
                    alg="Ed25519",
                    wrapped=self._wrap(kid, private),
                    public=key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw),
                    from_at=at,
                )
            )
        return Signer(kid, key)

    def data_key_ids(self) -> list[str]:
        """The living data keys by name, for the list that goes with a backup."""
        query = sa.select(_data_key.c.kid).where(_data_key.c.wrapped.is_not(None))
        with self._engine.connect() as store:
            return sorted(store.execute(query).scalars())

    def public_keys(self) -> list[PublicKey]:
        """Every public key that ever signed, with its dates, oldest first."""
        with self._engine.connect() as store:
            rows = store.execute(sa.select(_signing_key).order_by(_signing_key.c.from_at)).all()
        return [PublicKey(r.kid, r.purpose, r.alg, r.public, r.from_at, r.to_at) for r in rows]


_store: KeyStore | None = None


def configure(settings: Settings) -> KeyStore:
    """Open this process's key store."""
    global _store  # noqa: PLW0603 - one per process, like the engine
    _store = KeyStore(settings)
    return _store


def keys() -> KeyStore:
    """This process's key store."""
    if _store is None:
        raise RuntimeError("the key store is not configured")
    return _store
