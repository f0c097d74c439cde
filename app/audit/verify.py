"""Proves the whole log: every entry against its leaf, every checkpoint against the tree."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy.orm import Session

from app.audit import queries, tree
from app.audit.values import CheckpointView, EntryView
from app.core.keystore import PublicKey

_SHOWN = 50  # faults named; the rest is counted
_SLACK = timedelta(seconds=5)  # a key is fetched a moment before the checkpoint's own clock is read


@dataclass
class Report:
    """What was proved, and every fault in one sentence each."""

    entries: int = 0
    waiting: int = 0
    checkpoints: int = 0
    root: str = tree.EMPTY.hex()
    faults: list[str] = field(default_factory=list)

    def fault(self, sentence: str) -> None:
        """Note one fault; after many only the count grows."""
        if len(self.faults) == _SHOWN:
            self.faults.append("… and more")
        elif len(self.faults) < _SHOWN:
            self.faults.append(sentence)

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults


def signature_fault(one: CheckpointView, keys: dict[str, PublicKey]) -> str | None:
    """Why the checkpoint's signature does not count; None if it does."""
    key = keys.get(one.kid)
    if key is None or key.purpose != "audit":
        return f"its key {one.kid} is not one of ours"
    if one.at < key.from_at - _SLACK or (key.to_at and one.at > key.to_at + _SLACK):
        return f"its key {one.kid} was not in use then"
    try:
        public = Ed25519PublicKey.from_public_bytes(key.public)
        public.verify(base64.b64decode(one.signature), one.signed_bytes())
    except (InvalidSignature, ValueError):
        return "its signature is wrong"
    return None


def verify(
    session: Session,
    *,
    keys: Iterable[PublicKey],
    saved: Iterable[CheckpointView] = (),
) -> Report:
    """Recompute everything; ``saved`` are checkpoints that others kept (letters, files)."""
    report = Report()
    known = {key.kid: key for key in keys}
    claims = [("checkpoint", one) for one in reversed(queries.checkpoints(session))]
    claims += [("saved checkpoint", one) for one in saved]
    report.checkpoints = len(claims)
    roots = _walk(session, report, {one.size for _what, one in claims})
    missing, report.waiting = queries.without_leaf(session)
    for entry_id in missing:
        report.fault(f"entry {entry_id} was slipped in: it stands below the tree's end, not in it")
    for what, one in claims:
        named = f"{what} of {one.at.isoformat(timespec='seconds')} over {one.size} entries"
        why = signature_fault(one, known)
        if why:
            report.fault(f"{named}: {why}")
        if one.size > report.entries:
            report.fault(f"{named}: the log now ends at {report.entries} entries: its tail was cut")
        elif roots.get(one.size) != one.root:
            report.fault(f"{named}: the entries it covers were changed since")
    return report


def _walk(session: Session, report: Report, sizes: set[int]) -> dict[int, str]:
    """Recompute leaves and nodes from the entries; the roots at the wanted sizes."""
    roots = {0: tree.EMPTY.hex()}
    peaks: dict[tree.Node, bytes] = {}
    last_entry = 0
    for batch in queries.leaves_with_entries(session):
        leaves: list[bytes] = []
        first = report.entries
        for seq, entry_id, stored, entry in batch:
            if seq != first + len(leaves) or entry_id <= last_entry:
                report.fault(f"leaf {seq} (entry {entry_id}) is out of order")
            last_entry = entry_id
            leaves.append(_leaf(report, entry_id, stored, entry))
        made = tree.grow(first, leaves, peaks.__getitem__)
        stored_nodes = queries.nodes(session, made)
        for node, value in made.items():
            if stored_nodes.get(node) != value:
                report.fault(f"tree node {node} does not match the entries under it")
        level0 = {(0, first + n): value for n, value in enumerate(leaves)}
        everything = {**peaks, **made, **level0}
        report.entries = first + len(leaves)
        for size in sizes:
            if first < size <= report.entries:
                roots[size] = tree.span_hash((0, size), everything.__getitem__).hex()
        ends = tree.nodes_of((0, report.entries))
        peaks = {node: everything[node] for node in ends}
        report.root = tree.span_hash((0, report.entries), peaks.__getitem__).hex()
    return roots


def _leaf(report: Report, entry_id: int, stored: bytes, entry: EntryView | None) -> bytes:
    if entry is None:
        report.fault(f"entry {entry_id} is gone")
        return stored
    computed = tree.leaf_hash(entry.canonical())
    if computed != stored:
        report.fault(f"entry {entry_id} ({entry.action}, {entry.subject}) was changed")
    return computed


def checkpoint_from(document: object) -> CheckpointView:
    """A saved checkpoint from its JSON.

    Raises:
        ValueError: it is none.
    """
    try:
        if not isinstance(document, dict):
            raise TypeError("not an object")
        return CheckpointView(
            size=int(document["size"]),
            root=str(document["root"]),
            at=datetime.fromisoformat(str(document["at"])).astimezone(UTC),
            kid=str(document["kid"]),
            signature=str(document["signature"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError("not a checkpoint") from error
