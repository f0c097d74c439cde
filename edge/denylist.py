"""What is denied: addresses, the feed's lines and checkpoints, the state they make. No network.

Words and digests are the centre's (design page 3.4). A checkpoint is believed only under a key
the operator wrote to this host, and a state only when it reproduces the checkpoint's digest.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

try:
    from edge import ed25519
except ImportError:  # the files lie beside each other on a serving host
    import ed25519  # type: ignore[import-not-found,no-redef]

REF = re.compile(r"[A-Za-z0-9_-]{1,64}")
HOST = re.compile(r"[^\s\x00-\x1f/]+")
MODES = {"exact": "e", "prefix": "p"}


class RefusedError(Exception):
    """The feed said something that is not to be believed; the last good state stays."""


class GapError(Exception):
    """The lines do not lead from our state to the checkpoint: the snapshot is needed."""


def canonical(value: Any) -> bytes:
    """RFC 8785 bytes of JSON made of strings, whole numbers, booleans, lists and ASCII keys."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return text.encode()


def canonical_host(raw: str) -> str:
    """Lower case, without port and final dot."""
    host = raw.lower()
    if not host.endswith("]"):
        name, colon, port = host.rpartition(":")
        host = name if colon and (port.isdigit() or not port) else host
    return host.removesuffix(".")


def canonical_path(raw: str) -> str:
    """The path nginx serves for this request target; ValueError where nginx answers 400.

    Decoded once, dot segments and double slashes removed, query and fragment ignored.
    """
    data = re.split(rb"[?#]", raw.encode("utf-8", "surrogateescape"), maxsplit=1)[0]
    if not data.startswith(b"/") or re.search(rb"%(?![0-9A-Fa-f]{2})", data):
        raise ValueError("not a request path")
    data = re.sub(rb"%(..)", lambda m: bytes([int(m[1], 16)]), data, flags=re.DOTALL)
    if b"\0" in data:
        raise ValueError("not a request path")
    kept: list[bytes] = []
    segments = data.split(b"/")[1:]
    for segment in segments:
        if segment == b"..":
            if not kept:
                raise ValueError("above the root")
            kept.pop()
        elif segment not in (b"", b"."):
            kept.append(segment)
    folder = segments[-1] in (b"", b".", b"..") and kept
    return "/" + b"/".join(kept).decode("utf-8", "surrogateescape") + ("/" if folder else "")


@dataclass(frozen=True, order=True, slots=True)
class Place:
    """One dark place; the order is the digest's order."""

    host: str
    path: str
    resource: str
    mode: str
    ref: str
    line: bytes

    @property
    def rule(self) -> tuple[str, str, str]:
        """(e|p, host, path) as nginx looks it up; /a and /a/ are one prefix."""
        path = self.path.rstrip("/") if self.mode == "prefix" else self.path
        return MODES[self.mode], self.host, path


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the feed: today's state of one resource."""

    epoch: int
    seq: int
    generation: int
    resource: str
    places: tuple[Place, ...]

    @property
    def body(self) -> dict[str, Any]:
        """The line again; made when it is written, since a million kept ones weigh gigabytes."""
        return {
            "epoch": self.epoch,
            "seq": self.seq,
            "generation": self.generation,
            "resource": self.resource,
            "match": [{"host": p.host, "path": p.path, "mode": p.mode} for p in self.places],
            "block_ref": self.places[0].ref if self.places else None,
            "dark": bool(self.places),
        }


def parse_entry(body: dict[str, Any]) -> Entry:
    """An entry whose every field has been looked at, or RefusedError."""
    epoch, seq, generation = (body.get(k) for k in ("epoch", "seq", "generation"))
    resource, dark, ref = body.get("resource"), body.get("dark"), body.get("block_ref")
    if (
        type(epoch) is not int
        or type(seq) is not int
        or type(generation) is not int
        or not isinstance(resource, str)
        or not isinstance(dark, bool)
        or not isinstance(body.get("match"), list)
        or (dark and not (isinstance(ref, str) and REF.fullmatch(ref)))
    ):
        raise RefusedError("a line of the feed is malformed")
    places: tuple[Place, ...] = ()
    if dark:
        places = tuple(sorted(_place(m, resource, generation, str(ref)) for m in body["match"]))
    return Entry(epoch, seq, generation, resource, places)


def _place(match: Any, resource: str, generation: int, ref: str) -> Place:
    match = match if isinstance(match, dict) else {}
    host, path, mode = match.get("host"), match.get("path"), match.get("mode")
    good = isinstance(host, str) and isinstance(path, str) and mode in MODES
    if not good or not HOST.fullmatch(host) or not path.startswith("/"):
        raise RefusedError("a place in the feed is malformed")
    words = {"host": host, "path": path, "mode": mode}
    line = {**words, "resource": resource, "generation": generation, "block_ref": ref}
    try:
        return Place(host, path, resource, mode, ref, canonical(line) + b"\n")
    except UnicodeEncodeError as error:
        raise RefusedError("a place in the feed is not Unicode text") from error


def parse_answer(data: bytes) -> tuple[list[Entry], dict[str, Any]]:
    """Entries and the checkpoint that must end them; RefusedError for anything else."""
    try:
        lines = [json.loads(line) for line in data.splitlines() if line.strip()]
    except ValueError as error:
        raise RefusedError("the feed is not JSON Lines") from error
    if not data.endswith(b"\n") or not lines or not all(isinstance(x, dict) for x in lines):
        raise RefusedError("the feed's answer is cut short")
    checkpoint = lines.pop()
    numbers = all(type(checkpoint.get(k)) is int for k in ("epoch", "seq", "count"))
    texts = ("sha256", "as_of", "next_by", "kid", "signature")
    if not numbers or not all(isinstance(checkpoint.get(k), str) for k in texts):
        raise RefusedError("the feed's answer does not end with a checkpoint")
    entries = [parse_entry(line) for line in lines]
    if any(entry.epoch != checkpoint["epoch"] for entry in entries):
        raise RefusedError("a line and its checkpoint are of different epochs")
    return entries, checkpoint


def check_signature(checkpoint: dict[str, Any], keys: dict[str, str]) -> None:
    """RefusedError unless a key the operator wrote here signed the checkpoint."""
    if checkpoint["kid"] not in keys:
        raise RefusedError(f"unknown signing key {checkpoint['kid']!r}")
    signed = canonical({k: v for k, v in checkpoint.items() if k != "signature"})
    try:
        key = base64.b64decode(keys[checkpoint["kid"]], validate=True)
        signature = base64.b64decode(checkpoint["signature"], validate=True)
    except (binascii.Error, ValueError) as error:
        raise RefusedError("key or signature is not base64") from error
    if not ed25519.verify(key, signed, signature):
        raise RefusedError("the checkpoint's signature is false")


class DenyState:
    """All dark places at one checkpoint; changes wholly or not at all."""

    def __init__(self) -> None:
        self.checkpoint: dict[str, Any] = {"epoch": 0, "seq": -1}
        self.prefixes = 0
        self._of: dict[str, Entry] = {}  # light ones too: their generation must not come back
        self._places: list[Place] = []

    @property
    def mark(self) -> str:
        """Names this state towards nginx; two states never share one."""
        c = self.checkpoint
        return f"{c['epoch']}.{c['seq']}.{c.get('sha256', '')[:16]}"

    def __len__(self) -> int:
        return len(self._places)

    def bodies(self) -> Iterator[dict[str, Any]]:
        """The last line taken of every resource, light ones too."""
        return (entry.body for entry in self._of.values())

    def rules(self) -> Iterator[tuple[tuple[str, str, str], str]]:
        """Every rule with the reference it answers, each rule once."""
        last = None
        for place in self._places:
            if place.rule != last:
                yield place.rule, place.ref
            last = place.rule

    def why(self, host: str, path: str) -> str | None:
        """The block reference under which this canonical (host, path) is denied."""
        other = path  # a folder and its index page are one page
        if path.endswith("/"):
            other = path + "index.html"
        elif path.endswith("/index.html"):
            other = path.removesuffix("index.html")
        for exact in (path, other):
            if ref := self._ref(("e", host, exact)):
                return ref
        end = 0
        while end >= 0:
            if ref := self._ref(("p", host, path[:end])):
                return ref
            end = path.find("/", end + 1)
        return self._ref(("p", host, path))

    def replace(self, entries: list[Entry], checkpoint: dict[str, Any]) -> None:
        """Become the snapshot, or GapError and stay."""
        places = sorted((p for entry in entries for p in entry.places), key=_order)
        if not _reproduces(places, checkpoint):
            raise GapError
        same_epoch = checkpoint["epoch"] == self.checkpoint["epoch"]
        kept = {r: _lightened(e) for r, e in self._of.items()} if same_epoch else {}
        self._of = kept | {entry.resource: entry for entry in entries}
        self._places = places
        self.prefixes = sum(place.mode == "prefix" for place in places)
        self.checkpoint = checkpoint

    def advance(self, entries: list[Entry], checkpoint: dict[str, Any]) -> dict[Any, str | None]:
        """Take increments; returns the rules that changed (None: no longer denied).

        GapError and unchanged when the outcome is not what the checkpoint says.
        """
        before: dict[str, Entry | None] = {}
        touched: set[tuple[str, str, str]] = set()
        for entry in entries:
            known = self._of.get(entry.resource)
            # G4: a late, lower or repeated generation changes nothing
            if known and (entry.epoch, entry.generation) <= (known.epoch, known.generation):
                continue
            before.setdefault(entry.resource, known)
            touched |= self._put(entry.resource, entry)
        if not _reproduces(self._places, checkpoint):
            for resource, old in before.items():
                self._put(resource, old)
            raise GapError
        self.checkpoint = checkpoint
        return {rule: self._ref(rule) for rule in sorted(touched)}

    def _put(self, resource: str, entry: Entry | None) -> set[tuple[str, str, str]]:
        old = self._of.pop(resource, None)
        touched = set()
        for place in old.places if old else ():
            del self._places[bisect_left(self._places, place)]
            self.prefixes -= place.mode == "prefix"
            touched.add(place.rule)
        for place in entry.places if entry else ():
            insort(self._places, place)
            self.prefixes += place.mode == "prefix"
            touched.add(place.rule)
        if entry:
            self._of[resource] = entry
        return touched

    def _ref(self, rule: tuple[str, str, str]) -> str | None:
        kind, host, path = rule
        for form in (path, path + "/") if kind == "p" else (path,):
            at = bisect_left(self._places, (host, form), key=lambda p: (p.host, p.path))
            for place in self._places[at : at + 8]:
                if (place.host, place.path) == (host, form) and MODES[place.mode] == kind:
                    return place.ref
        return None


def _order(place: Place) -> tuple[str, str, str, str]:
    return place.host, place.path, place.resource, place.mode


def _lightened(entry: Entry) -> Entry:
    return Entry(entry.epoch, entry.seq, entry.generation, entry.resource, ())


def _reproduces(places: Iterable[Place], checkpoint: dict[str, Any]) -> bool:
    total, count = hashlib.sha256(), 0
    for place in places:
        total.update(place.line)
        count += 1
    return bool(count == checkpoint["count"] and total.hexdigest() == checkpoint["sha256"])
