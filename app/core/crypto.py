"""Sealing and keyed hashing, behind one module so that SM2/SM3/SM4 can be asked for.

A sealed value is ``version(1) nonce(12) ciphertext+tag``; version 1 is AES-256-GCM.
The additional data binds it to table, column and row: a value moved elsewhere does not open.
"""

from __future__ import annotations

import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

ALG = "AES-256-GCM"
_VERSION = b"\x01"
_NONCE = 12


class SealError(Exception):
    """The value was altered, moved, or its key destroyed."""


def seal(key: bytes, plaintext: bytes, *, aad: str) -> bytes:
    """Seal under a 32-byte key, bound to ``aad`` (``table.column:row``)."""
    nonce = os.urandom(_NONCE)
    return _VERSION + nonce + AESGCM(key).encrypt(nonce, plaintext, aad.encode())


def unseal(key: bytes, sealed: bytes, *, aad: str) -> bytes:
    """Open what ``seal`` made.

    Raises:
        SealError: altered, another key, or another place.
    """
    if sealed[:1] != _VERSION:
        raise SealError("unknown seal version")
    try:
        return AESGCM(key).decrypt(sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :], aad.encode())
    except InvalidTag as error:
        raise SealError("the sealed value does not open") from error


def keyed_hash(key: bytes, value: str | bytes) -> bytes:
    """HMAC-SHA-256."""
    return hmac.digest(key, value.encode() if isinstance(value, str) else value, "sha256")


def derive(secret: bytes, *, info: str) -> bytes:
    """A 32-byte key from a secret by HKDF-SHA-256 (RFC 5869)."""
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=info.encode()).derive(secret)


def sha256_hex(value: bytes) -> str:
    """Lower-case hex."""
    return hashlib.sha256(value).hexdigest()


def commitment(salt: bytes, value: str | bytes) -> str:
    """What the audit log keeps of personal data: it proves, and erasing the salt forgets."""
    return keyed_hash(salt, value).hex()
