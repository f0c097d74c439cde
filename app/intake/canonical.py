"""The canonical complaint and its proof of filing. Pure.

The digest is salted with a value that the receipt code yields, so that the audit log and the proof
give nothing away about a text that somebody could guess, and erasing keeps the log valid.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

import rfc8785

from app.core.crypto import derive, sha256_hex
from app.core.keystore import Signer
from app.intake.schema import VERSION
from app.intake.values import Filing


def salt(secret: str) -> str:
    """The salt that only the holder of the receipt code (and the sealed original) knows."""
    return derive(secret.encode(), info="chuku canonical complaint").hex()


def document(filing: Filing, *, ref: str, at: datetime, salted: str) -> dict[str, Any]:
    """The complaint as one JSON document, the same through every door."""
    return {
        "contact": {
            "address": filing.contact.address,
            "name": filing.contact.name,
            "way": filing.contact.way,
        },
        "files": [upload.sha256 for upload, _ in filing.files],
        "kind": filing.kind,
        "lang": filing.language,
        "locators": [{"from": p.start, "kind": p.kind, "to": p.end} for p in filing.places],
        "minute": minute(at),
        "ref": ref,
        "resource": {
            "hint": filing.resource_hint or None,
            "id": filing.resource_ref,
            "url": filing.resource_url,
        },
        "salt": salted,
        "schema": VERSION,
        "text": filing.text,
    }


def digest(doc: dict[str, Any]) -> str:
    """SHA-256 over the RFC 8785 bytes."""
    return sha256_hex(rfc8785.dumps(doc))


def minute(at: datetime) -> str:
    """The minute of receipt, UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")


def proof(
    *, ref: str, at: datetime, doc_digest: str, policy: str, signer: Signer
) -> dict[str, Any]:
    """The signed statement that this complaint was received; verifiable offline."""
    said = {
        "alg": "Ed25519",
        "digest": doc_digest,
        "kid": signer.kid,
        "minute": minute(at),
        "policy": policy,
        "ref": ref,
    }
    return said | {"signature": signer.sign_text(rfc8785.dumps(said))}


def body_digest(*parts: bytes | str) -> str:
    """One digest over what a caller sent, for comparing retries."""
    total = hashlib.sha256()
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        total.update(len(raw).to_bytes(8, "big"))
        total.update(raw)
    return total.hexdigest()
