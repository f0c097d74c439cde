"""A signed decision record: what was decided, by whom and when, verifiable with Python alone."""

from __future__ import annotations

import json
from typing import Any

import rfc8785

from app.audit import canonical
from app.core.keystore import Signer

MEDIA_TYPE = "application/json"


def signed(statement: dict[str, Any], signer: Signer) -> bytes:
    """The document to put into the vault: statement, key id, Ed25519 over its RFC 8785 bytes.

    Raises:
        ValueError: the statement holds a fraction (its canonical form needs a full RFC 8785).
    """
    plain = canonical.plain(statement)
    if _has_fraction(plain):
        raise ValueError("a decision holds no fractions")
    document = {
        "statement": plain,
        "kid": signer.kid,
        "alg": "Ed25519",
        "signature": signer.sign_text(rfc8785.dumps(plain)),
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def _has_fraction(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_has_fraction(item) for item in value.values())
    if isinstance(value, list):
        return any(_has_fraction(item) for item in value)
    return isinstance(value, float)
