"""MP4, MOV and M4A: boxes that say where, when, with what or by whom become empty ones.

Nothing moves: a box keeps its length and becomes ``free`` with zeros, times become zero. So the
tables of sound and pictures stay right, and the copy differs from the original only there. Tracks
of sensors (places along the way) lose their samples. What a camera writes into the coded pictures
themselves stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import BinaryIO

from app.intake.formats.found import (
    Finding,
    Patch,
    RefusedError,
    coordinates,
    exactly,
    in_xmp,
    length,
    once,
    patched,
    said,
)

MAX_BOXES = 60_000
MAX_TABLE = 32 * 1024 * 1024
_INSIDE = frozenset(
    {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"dinf", b"moof", b"traf"}
)
_EMPTIED = frozenset({b"udta", b"meta", b"uuid", b"free", b"skip", b"wide", b"XMP_", b"pnot"})
_TIMED = frozenset({b"mvhd", b"tkhd", b"mdhd"})
_SEEN_OR_HEARD = frozenset({b"vide", b"soun", b"text", b"sbtl", b"subt", b"clcp", b"tmcd", b"hint"})
_EPOCH = datetime(1904, 1, 1, tzinfo=UTC)
# After a name: iTunes' data box, QuickTime's length and language, or nothing; then words.
_VALUE = rb"(?:.{4}data.{8}|.{4})?([\x20-\x7e\x80-\xf4]{3,100})"
_KEYS = (
    ("location", rb"\xa9xyz|loci|location"), ("device", rb"\xa9mak|\xa9mod|make|model|camera"),
    ("software", rb"\xa9too|\xa9swr|\xa9enc|software|encoder"), ("time", rb"\xa9day|creationdate"),
    ("author", rb"\xa9ART|aART|\xa9aut|\xa9wrt|author|artist|cprt|\xa9cpy"),
)  # fmt: skip


@dataclass(frozen=True)
class Box:
    """One box: its name, where it begins, where its content begins, where it ends."""

    name: bytes
    start: int
    body: int
    end: int


class _Budget:
    def __init__(self) -> None:
        self.left = MAX_BOXES

    def spend(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise RefusedError("unpacks")


def _boxes(file: BinaryIO, start: int, end: int, budget: _Budget) -> Iterator[Box]:
    at = start
    while at + 8 <= end:
        budget.spend()
        file.seek(at)
        head = exactly(file, 8)
        size, body = int.from_bytes(head[:4], "big"), at + 8
        if size == 1:
            size, body = int.from_bytes(exactly(file, 8), "big"), at + 16
        elif size == 0:
            size = end - at
        if size < body - at or at + size > end:
            if start:  # QuickTime ends lists with four zero bytes, and odd tails are harmless
                return
            raise RefusedError("unreadable")
        yield Box(head[4:], at, body, at + size)
        at += size


def _walk(file: BinaryIO, start: int, end: int, budget: _Budget) -> Iterator[Box]:
    for box in _boxes(file, start, end, budget):
        yield box
        if box.name in _INSIDE:
            yield from _walk(file, box.body, box.end, budget)


def _body(file: BinaryIO, box: Box, most: int = MAX_TABLE) -> bytes:
    file.seek(box.body)
    return exactly(file, min(box.end - box.body, most))


def look(file: BinaryIO, _kind: str) -> list[Finding]:
    """What is written beside pictures and sound.

    Raises:
        RefusedError: it is damaged, or holds neither.
    """
    found: list[Finding] = []
    names = set()
    size = length(file)
    for box in _walk(file, 0, size, _Budget()):
        names.add(box.name)
        if box.name in _TIMED:
            found += _time(_body(file, box, 16))
        elif box.name == b"uuid":
            found += _in_uuid(_body(file, box, 1 << 18))
        elif box.name in {b"udta", b"meta"}:
            found += _in_data(_body(file, box, 1 << 20))
        elif box.name == b"hdlr" and _body(file, box, 12)[8:12] not in _HANDLERS:
            found.append(("track", ""))
    if b"moov" not in names:
        raise RefusedError("unreadable")
    return once(found)


_HANDLERS = _SEEN_OR_HEARD | {b"mdta", b"mdir", b"alis", b"url ", b"mhlr"}


def _time(body: bytes) -> list[Finding]:
    wide = body[:1] == b"\x01"
    seconds = int.from_bytes(body[4 : 12 if wide else 8], "big")
    try:
        when = _EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        return []
    return said("time", when.strftime("%Y-%m-%d %H:%M UTC")) if seconds else []


def _in_uuid(body: bytes) -> list[Finding]:
    return in_xmp(body) if b"xmpmeta" in body else said("other", "uuid")


def _in_data(body: bytes) -> list[Finding]:
    """Of ``udta`` and ``meta``: printable values near the names that are known."""
    found: list[Finding] = []
    iso = re.search(rb"[+-]\d{1,3}\.\d{2,8}[+-]\d{1,3}\.\d{2,8}", body)
    if iso:
        found += said("location", coordinates(iso[0].decode("ascii")))
    for key, rule in _KEYS:
        if key == "location":
            if not iso and re.search(rule, body):
                found.append(("location", ""))
            continue
        short = re.search(rb"(?:" + rule + rb")" + _VALUE, body, re.DOTALL)
        if short:
            found += said(key, short[1])
    return found or (said("other", "udta") if len(body.strip(b"\0")) > 12 else [])  # noqa: PLR2004


def patches(file: BinaryIO) -> list[Patch]:
    """What has to stand where instead, so that nothing of it is left.

    Raises:
        RefusedError: ``unclean``: a sensor's track in pieces; it cannot be surely emptied.
    """
    size = length(file)
    made: list[Patch] = []
    budget = _Budget()
    pieces = False
    tracks: list[Box] = []
    for box in _walk(file, 0, size, budget):
        inside = any(t.start <= box.start < t.end for t in tracks)
        pieces |= box.name == b"moof"
        if inside:
            continue
        if box.name == b"trak" and _handler(file, box) not in _SEEN_OR_HEARD:
            tracks.append(box)
            made += _samples(file, box)
            made += _emptied(box)
        elif box.name in _EMPTIED:
            made += _emptied(box)
        elif box.name in _TIMED:
            wide = _body(file, box, 1) == b"\x01"
            made.append((box.body + 4, box.body + (20 if wide else 12), None))
        elif box.name == b"hdlr":
            made += _named(file, box)
    if pieces and tracks:
        raise RefusedError("unclean")
    return _merged(made)


def _emptied(box: Box) -> list[Patch]:
    return [(box.start + 4, box.start + 8, b"free"), (box.body, box.end, None)]


def _named(file: BinaryIO, box: Box) -> list[Patch]:
    """The handler's free name; its kind stays."""
    return [(box.body + 24, box.end, None)] if box.end - box.body > 24 else []  # noqa: PLR2004


def _handler(file: BinaryIO, track: Box) -> bytes:
    for box in _walk(file, track.body, track.end, _Budget()):
        if box.name == b"hdlr":
            return _body(file, box, 12)[8:12]
    return b""


def _numbers(body: bytes, start: int, width: int) -> list[int]:
    return [
        int.from_bytes(body[i : i + width], "big")
        for i in range(start, len(body) - width + 1, width)
    ]


def _samples(file: BinaryIO, track: Box) -> list[Patch]:
    """Where a track's samples lie, by its tables."""
    tables: dict[bytes, bytes] = {}
    for box in _walk(file, track.body, track.end, _Budget()):
        if box.name in {b"stsz", b"stsc", b"stco", b"co64"}:
            tables[box.name] = _body(file, box)
    wide = b"co64" in tables
    chunks = _numbers(tables.get(b"co64" if wide else b"stco", b""), 8, 8 if wide else 4)
    runs = _numbers(tables.get(b"stsc", b""), 8, 4)
    sizes = tables.get(b"stsz", b"")
    same = int.from_bytes(sizes[4:8], "big")
    each = _numbers(sizes, 12, 4)
    found: list[Patch] = []
    n = 0
    for number, offset in enumerate(chunks, 1):
        run = max((i for i in range(0, len(runs) - 2, 3) if runs[i] <= number), default=None)
        many = runs[run + 1] if run is not None else 0
        total = same * many if same else sum(each[n : n + many])
        n += many
        found.append((offset, offset + total, None))
    return found


def _merged(made: list[Patch]) -> list[Patch]:
    """In order; samples of an emptied track may touch or repeat, other overlaps are lies."""
    kept: list[Patch] = []
    for start, end, instead in sorted(made, key=lambda p: p[:2]):
        if start == end:
            continue
        if kept and instead is None and kept[-1][2] is None and start <= kept[-1][1]:
            kept[-1] = (kept[-1][0], max(end, kept[-1][1]), None)
        else:
            kept.append((start, end, instead))
    return kept


def clean(file: BinaryIO, out: BinaryIO, kind: str) -> str:
    """The copy with holes."""
    patched(file, out, patches(file))
    return kind
