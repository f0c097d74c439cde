"""Whether a receipt's proof or a checkpoint is genuine, and how anybody can see that it is."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy.orm import Session

from app.audit import queries as audit
from app.audit import tree
from app.audit.values import CheckpointView, EntryView
from app.audit.verify import checkpoint_from, signature_fault
from app.core.errors import InvalidError
from app.core.keystore import PublicKey

PROOF = frozenset({"alg", "digest", "kid", "minute", "policy", "ref", "signature"})
CHECKPOINT = frozenset({"size", "root", "at", "kid", "signature"})
MOST = 64 * 1024  # bytes of a pasted or uploaded text
_LONGEST = 200  # of one value
_BIGGEST = 2**53
_SLACK = timedelta(minutes=1)  # a proof names its minute, a key its moment


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was looked at, whether it is ours, whether the log has it, and the whole to keep."""

    what: str  # receipt | checkpoint
    genuine: bool
    log: str  # in | soon | missing | changed | short | "" (not looked up)
    ref: str = ""
    at: datetime | None = None
    seq: int | None = None
    size: int | None = None
    proof: Mapping[str, Any] | None = None

    @property
    def good(self) -> bool:
        """Genuine, and nothing speaks against it."""
        return self.genuine and self.log in {"in", "soon"}


def read(given: bytes) -> dict[str, Any]:
    """The proof or checkpoint in what somebody pasted; anything beside it is left out.

    Raises:
        InvalidError: it is neither.
    """
    try:
        found = json.loads(given.decode("utf-8-sig")) if len(given) <= MOST else None
    except (ValueError, RecursionError):
        found = None
    for name in ("proof", "checkpoint"):  # the whole answer of the API, or what this page gives
        if isinstance(found, dict) and isinstance(found.get(name), dict):
            found = found[name]
    for names in (PROOF, CHECKPOINT):
        if isinstance(found, dict) and names <= set(found):
            kept = {name: found[name] for name in sorted(names)}
            if all(_plain(value, name) for name, value in kept.items()):
                return kept
    raise InvalidError(
        "This is neither a receipt's proof nor a checkpoint. Copy the whole text with its braces.",
        fields={"text": "Paste the text from { to }, or choose its file."},
    )


def _plain(value: object, name: str) -> bool:
    if name == "size":
        return isinstance(value, int) and not isinstance(value, bool) and 0 < value < _BIGGEST
    return isinstance(value, str) and value.isascii() and 0 < len(value) <= _LONGEST


def check(session: Session, given: dict[str, Any], keys: Iterable[PublicKey]) -> Verdict:
    """Look at what ``read`` gave back. Nothing of the log is told for what we did not sign."""
    known = {key.kid: key for key in keys}
    return (_receipt if "ref" in given else _checkpoint)(session, given, known)


def _receipt(session: Session, given: dict[str, Any], known: dict[str, PublicKey]) -> Verdict:
    if not _signed_receipt(given, known.get(given["kid"])):
        return Verdict("receipt", genuine=False, log="")
    ref, at = given["ref"], _minute(given["minute"])
    entry = audit.filed(session, ref)
    if entry is None or entry.data.get("digest") != given["digest"]:
        return Verdict("receipt", genuine=True, log="missing", ref=ref, at=at, proof=given)
    newest = audit.latest_checkpoint(session)
    if newest is None or entry.seq is None or entry.seq >= newest.size:
        return Verdict("receipt", genuine=True, log="soon", ref=ref, at=at, proof=given)
    whole, good = _included(session, given, entry, newest, known)
    return Verdict(
        "receipt",
        genuine=True,
        log="in" if good else "changed",
        ref=ref,
        at=at,
        seq=entry.seq,
        size=newest.size,
        proof=whole,
    )


def _included(
    session: Session,
    given: dict[str, Any],
    entry: EntryView,
    newest: CheckpointView,
    known: dict[str, PublicKey],
) -> tuple[dict[str, Any], bool]:
    found = audit.inclusion_proof(session, entry.id, at_size=newest.size)
    good = signature_fault(newest, known) is None and tree.verify_inclusion(
        tree.leaf_hash(entry.canonical()),
        index=found.seq,
        size=found.size,
        proof=found.path,
        root=bytes.fromhex(newest.root),
    )
    whole = {
        "proof": given,
        "entry": json.loads(entry.canonical()),
        "inclusion": found.as_json(),
        "checkpoint": newest.as_json(),
    }
    return whole, good


def _signed_receipt(given: dict[str, Any], key: PublicKey | None) -> bool:
    if key is None or key.purpose != "receipt" or given["alg"] != "Ed25519":
        return False
    at = _minute(given["minute"])
    if at is None or at < key.from_at - _SLACK or (key.to_at and at > key.to_at + _SLACK):
        return False
    said = {name: value for name, value in given.items() if name != "signature"}
    try:
        signature = base64.b64decode(given["signature"], validate=True)
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, rfc8785.dumps(said))
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def _minute(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def _checkpoint(session: Session, given: dict[str, Any], known: dict[str, PublicKey]) -> Verdict:
    try:
        one = checkpoint_from(given)
    except (ValueError, OverflowError):
        return Verdict("checkpoint", genuine=False, log="")
    if signature_fault(one, known) is not None:
        return Verdict("checkpoint", genuine=False, log="")
    newest = audit.latest_checkpoint(session)
    if one.size > audit.size(session):
        log = "short"
    else:
        log = "in" if audit.root(session, one.size).hex() == one.root else "changed"
    whole: dict[str, Any] = {"checkpoint": given}
    if log == "in" and newest is not None and newest.size >= one.size:
        path = audit.consistency(session, old=one.size, new=newest.size)
        whole |= {"consistency": [part.hex() for part in path], "newest": newest.as_json()}
    return Verdict("checkpoint", genuine=True, log=log, at=one.at, size=one.size, proof=whole)
