"""WebM and Matroska: tags, attachments, titles, dates, program names become void in place."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import BinaryIO

from app.intake.formats.found import (
    Finding,
    Patch,
    RefusedError,
    exactly,
    length,
    once,
    patched,
    said,
)

MAX_ELEMENTS = 100_000
_SEGMENT, _INFO, _TRACKS, _TRACK = 0x18538067, 0x1549A966, 0x1654AE6B, 0xAE
_TAGS, _ATTACHMENTS, _CLUSTER, _EBML = 0x1254C367, 0x1941A469, 0x1F43B675, 0x1A45DFA3
_TAG, _SIMPLE, _TAG_NAME, _TAG_TEXT = 0x7373, 0x67C8, 0x45A3, 0x4487
_NAMES = {
    0x4D80: "software", 0x5741: "software", 0x4461: "time", 0x7BA9: "other", 0x7384: "path",
    0x536E: "other", 0x73A4: "other",
}  # fmt: skip
_NEEDED = frozenset({0x4D80, 0x5741})  # a player may insist on these two; they become blanks
_INSIDE = frozenset({_SEGMENT, _INFO, _TRACKS, _TRACK, _TAGS, _TAG, _SIMPLE})
_KEYS = {
    "ARTIST": "author", "AUTHOR": "author", "DATE": "time", "CREATION_TIME": "time",
    "ENCODER": "software", "LOCATION": "location", "RECORDING_LOCATION": "location",
    "DEVICE": "device", "MAKE": "device", "MODEL": "device",
}  # fmt: skip
_Element = tuple[int, int, int, int]  # id, start, body, end


def _vint(file: BinaryIO, *, marker: bool) -> tuple[int, int]:
    first = exactly(file, 1)[0]
    size = 9 - first.bit_length() if first else 9
    if size > 8:  # noqa: PLR2004 - EBML's widest
        raise RefusedError("unreadable")
    raw = bytes([first]) + exactly(file, size - 1)
    value = int.from_bytes(raw, "big")
    if marker:
        return value, size
    mask = (1 << (7 * size)) - 1
    value &= mask
    return (-1 if value == mask else value), size


def _elements(file: BinaryIO, start: int, end: int, left: list[int]) -> Iterator[_Element]:
    at = start
    while at < end:
        left[0] -= 1
        if left[0] < 0:
            raise RefusedError("unpacks")
        file.seek(at)
        name, a = _vint(file, marker=True)
        size, b = _vint(file, marker=False)
        body = at + a + b
        stop = end if size < 0 else body + size  # recorded live: to the end
        if stop > end:
            stop = end
            if name not in {_SEGMENT, _CLUSTER}:
                raise RefusedError("unreadable")
        yield name, at, body, stop
        if name in _INSIDE:
            yield from _elements(file, body, stop, left)
        if size < 0 and name == _CLUSTER:
            return  # its end cannot be seen; nothing of ours follows in a live recording
        at = stop


def _all(file: BinaryIO) -> Iterator[_Element]:
    size = length(file)
    if int.from_bytes(file.read(4), "big") != _EBML:
        raise RefusedError("unreadable")
    yield from _elements(file, 0, size, [MAX_ELEMENTS])


def look(file: BinaryIO, _kind: str) -> list[Finding]:
    """What is written beside pictures and sound."""
    found: list[Finding] = []
    tag = ""
    seen = set()
    for name, _, body, end in _all(file):
        seen.add(name)
        if name == _ATTACHMENTS:
            found.append(("attached", ""))
        if name not in _NAMES and name not in {_TAG_NAME, _TAG_TEXT}:
            continue
        file.seek(body)
        data = exactly(file, min(end - body, 4_096)).strip(b"\0")
        if name == 0x4461:  # noqa: PLR2004 - DateUTC, nanoseconds since 2001
            found += _date(data)
        elif name == _TAG_NAME:
            tag = data.decode("utf-8", "replace").upper()
        elif name == _TAG_TEXT:
            if tag != "DURATION":
                found += said(_KEYS.get(tag, "other"), data)
        else:
            found += said(_NAMES[name], data.strip())
    if _SEGMENT not in seen:
        raise RefusedError("unreadable")
    return once(found)


def _date(data: bytes) -> list[Finding]:
    try:
        since = timedelta(microseconds=int.from_bytes(data, "big", signed=True) // 1_000)
        when = datetime(2001, 1, 1, tzinfo=UTC) + since
    except OverflowError:
        return []
    return said("time", when.strftime("%Y-%m-%d %H:%M UTC"))


def patches(file: BinaryIO) -> list[Patch]:
    """What has to stand where instead."""
    made: list[Patch] = []
    for name, start, body, end in _all(file):
        if made and start < made[-1][1]:
            continue  # inside what is void already
        if name in {_TAGS, _ATTACHMENTS} or (name in _NAMES and name not in _NEEDED):
            made.append((start, end, _void(end - start)))
        elif name in _NEEDED:
            made.append((body, end, b" " * (end - body)))
    return made


def _void(size: int) -> bytes:
    """An element that means nothing, as long as the one whose place it takes."""
    if size < 2:  # noqa: PLR2004 - an element has a name and a length at least
        raise RefusedError("unreadable")
    if size - 2 < 127:  # noqa: PLR2004 - the length fits into one byte
        return bytes([0xEC, 0x80 | (size - 2)]) + bytes(size - 2)
    return b"\xec\x01" + (size - 9).to_bytes(7, "big") + bytes(size - 9)


def clean(file: BinaryIO, out: BinaryIO, kind: str) -> str:
    """The copy with holes."""
    patched(file, out, patches(file))
    return kind
