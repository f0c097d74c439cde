"""MP3: the tags before and behind the sound are left out."""

from __future__ import annotations

from typing import BinaryIO

from app.intake.formats.found import (
    Finding,
    RefusedError,
    exactly,
    length,
    once,
    patched,
    said,
)

_FRAMES = {
    b"TPE1": "author", b"TPE2": "author", b"TCOM": "author", b"TENC": "author", b"TOWN": "author",
    b"TSSE": "software", b"TDRC": "time", b"TDEN": "time", b"TYER": "time", b"TDAT": "time",
    b"APIC": "attached", b"GEOB": "attached", b"PRIV": "other", b"COMM": "comments",
    b"TIT2": "other", b"TALB": "other", b"TXXX": "other", b"TCOP": "author",
}  # fmt: skip
_ENCODINGS = ("latin-1", "utf-16", "utf-16-be", "utf-8")
_MOST = 1 << 20


def _syncsafe(raw: bytes) -> int:
    """Seven bits a byte."""
    return raw[0] << 21 | raw[1] << 14 | raw[2] << 7 | raw[3]


def _sound(file: BinaryIO) -> tuple[int, int, int]:
    """Where the sound begins and ends, and how long the file is."""
    size = length(file)
    start = 0
    while True:
        file.seek(start)
        head = file.read(10)
        if head[:3] != b"ID3" or len(head) < 10:  # noqa: PLR2004 - ID3v2's head
            break
        start += 10 + _syncsafe(head[6:10]) + (10 if head[5] & 0x10 else 0)
    return start, _end(file, start, size), size


def _end(file: BinaryIO, start: int, size: int) -> int:
    end = size
    while end > start:
        file.seek(max(start, end - 160))
        tail = file.read(end - file.tell())
        if tail[-128:-125] == b"TAG":
            end -= 128
        elif tail[-32:-24] == b"APETAGEX":
            whole = int.from_bytes(tail[-20:-16], "little")
            headed = tail[-12 + 3] & 0x80
            end -= whole + (32 if headed else 0)
        elif tail[-9:] == b"LYRICS200" and tail[-15:-9].isdigit():
            end -= int(tail[-15:-9]) + 15
        else:
            return end
    raise RefusedError("unreadable")


def look(file: BinaryIO, _kind: str) -> list[Finding]:
    """What the tags say."""
    start, end, size = _sound(file)
    if start >= end:
        raise RefusedError("unreadable")
    found: list[Finding] = []
    if start:
        file.seek(0)
        found += _in_id3(exactly(file, min(start, _MOST)))
    if size - end >= 128:  # noqa: PLR2004 - ID3v1
        file.seek(size - 128)
        old = exactly(file, 128)
        if old[:3] == b"TAG":
            found += said("other", old[3:33].strip(b"\0 ")) + said(
                "author", old[33:63].strip(b"\0 ")
            )
            found += said("time", old[93:97].strip(b"\0 "))
        found = found or said("other", "tags")
    return once(found)


def _in_id3(tag: bytes) -> list[Finding]:
    found: list[Finding] = []
    at, wide = 10, tag[3] >= 3  # noqa: PLR2004 - ID3v2.2 has shorter names
    while wide and at + 10 < len(tag) and tag[at : at + 4].isalnum():
        name, raw = tag[at : at + 4], tag[at + 4 : at + 8]
        size = _syncsafe(raw) if tag[3] == 4 else int.from_bytes(raw, "big")  # noqa: PLR2004
        body = tag[at + 10 : at + 10 + min(size, 4_096)]
        key = _FRAMES.get(name)
        if key in {"attached", "comments"} or name == b"PRIV":
            found.append((key or "other", ""))
        elif key and body:
            text = body[1:].decode(_ENCODINGS[body[0] & 3], "replace")
            found += said(key, text.strip("\0"))
        at += 10 + size
    return found or said("other", "ID3")


def clean(file: BinaryIO, out: BinaryIO, kind: str) -> str:
    """Only the sound."""
    start, end, _ = _sound(file)
    patched(file, out, (), start, end)
    return kind
