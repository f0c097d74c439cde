"""WAV: chunks other than the sound become junk of the same length."""

from __future__ import annotations

import re
from collections.abc import Iterator
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

_MOST = 1 << 20
_KEPT = frozenset({b"fmt ", b"data", b"fact", b"PEAK", b"JUNK"})
_INFO = {
    b"IART": "author", b"IENG": "author", b"ITCH": "author", b"ICOP": "author", b"ISFT": "software",
    b"ICRD": "time", b"INAM": "other", b"ICMT": "comments",
}  # fmt: skip
_SAID = re.compile(rb"(I[A-Z]{3}).{4}([\x20-\x7e\x80-\xf4]{2,100})", re.DOTALL)


def _chunks(file: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    size = length(file)
    head = exactly(file, 12)
    if head[:4] != b"RIFF" or head[8:] != b"WAVE":
        raise RefusedError("unreadable")
    at = 12
    while at + 8 <= size:
        file.seek(at)
        head = exactly(file, 8)
        end = min(size, at + 8 + int.from_bytes(head[4:], "little"))
        yield head[:4], at, end
        at = end + (end - at) % 2
    if at < size:
        yield b"tail", at - 8, size


def look(file: BinaryIO, _kind: str) -> list[Finding]:
    """What the other chunks say."""
    found: list[Finding] = []
    names = set()
    for name, start, end in _chunks(file):
        names.add(name)
        if name in _KEPT:
            continue
        file.seek(start + 8)
        body = exactly(file, min(end - start - 8, _MOST))
        if name == b"bext":
            found += said("author", body[256:288].strip(b"\0 ")) + said("time", body[320:338])
        for key, value in _SAID.findall(body):
            found += said(_INFO.get(key, "other"), value)
        found = found or said("other", name.strip())
    if not {b"fmt ", b"data"} <= names:
        raise RefusedError("unreadable")
    return once(found)


def clean(file: BinaryIO, out: BinaryIO, kind: str) -> str:
    """The sound; what else there was is junk of the same length."""
    holes: list[Patch] = []
    for name, start, end in _chunks(file):
        if name not in _KEPT:
            if name != b"tail":
                holes.append((start, start + 4, b"JUNK"))
            holes.append((start + 8, end, None))
    patched(file, out, holes)
    return kind
