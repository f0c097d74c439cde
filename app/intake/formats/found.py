"""What the formats share: refusals, findings, and copying with holes. Standard library only."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import BinaryIO

PIECE = 1 << 18
MAX_SAID = 120  # of one finding's value
MAX_FINDINGS = 24

OFFICE = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
# A finding: (what it is, its value as the person may see it). The keys have words in
# templates/intake/_files.html: location device author software time thumbnail changes comments
# attached path track other
Finding = tuple[str, str]
Patch = tuple[int, int, bytes | None]  # from, to, what stands there instead (None: zeros)


class RefusedError(Exception):
    """The file cannot be taken; ``key`` names one of the nine sentences."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


# As EXIF, PDF, XMP and Office write it.
_MOMENT = re.compile(r"(\d{4})[-:]?(\d\d)[-:]?(\d\d)(?:[T ]?(\d\d):?(\d\d))?")


def said(key: str, value: object) -> list[Finding]:
    """A finding, if there is anything; the value as one printable line."""
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value or "")
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if key == "time" and (when := _MOMENT.search(line)):
        line = "-".join(when.groups()[:3]) + (f" {when[4]}:{when[5]}" if when[4] else "")
    return [(key, line[:MAX_SAID])] if line else []


def once(findings: Iterable[Finding]) -> list[Finding]:
    """Without repeats, and not endless."""
    return list(dict.fromkeys(findings))[:MAX_FINDINGS]


def coordinates(text: str) -> str:
    """``+31.2304+121.4737/`` (ISO 6709) as people read it; anything else as it is."""
    found = re.match(r"([+-]\d+(?:\.\d+)?)([+-]\d+(?:\.\d+)?)", text.strip())
    return f"{float(found[1]):.5f}, {float(found[2]):.5f}" if found else text


_XMP = (
    ("location", rb"(?:exif|photoshop|Iptc4xmpCore):(?:GPSLatitude|City|Location)\W+([^<\"]+)"),
    ("author", rb"dc:creator>\s*<rdf:\w+>\s*<rdf:li[^>]*>([^<]+)"),
    ("author", rb"(?:xmp:|pdf:)?Author[=>]\W*([^<\"]+)"),
    ("software", rb"(?:xmp:CreatorTool|pdf:Producer)\W+([^<\"]+)"),
    ("device", rb"tiff:Model\W+([^<\"]+)"),
    ("time", rb"xmp:(?:CreateDate|ModifyDate)\W+([^<\"]+)"),
)


def in_xmp(packet: bytes) -> list[Finding]:
    """What an XMP packet says; at least that there is one."""
    packet = packet[:PIECE]
    known = [f for key, rule in _XMP if (m := re.search(rule, packet)) for f in said(key, m[1])]
    return known or said("other", "XMP")


def exactly(file: BinaryIO, size: int) -> bytes:
    """The next ``size`` bytes.

    Raises:
        RefusedError: the file ends before.
    """
    data = file.read(size)
    if len(data) != size:
        raise RefusedError("unreadable")
    return data


def length(file: BinaryIO) -> int:
    """How long the file is; the place in it is the beginning afterwards."""
    size = file.seek(0, 2)
    file.seek(0)
    return size


def patched(
    file: BinaryIO, out: BinaryIO, patches: Iterable[Patch], start: int = 0, end: int | None = None
) -> None:
    """Copy ``start`` to ``end`` with other bytes in some places; nothing moves."""
    end = length(file) if end is None else end
    at = start
    for begin, stop, instead in sorted(patches, key=lambda p: p[:2]):
        if begin < at or stop > end:
            raise RefusedError("unreadable")  # overlapping boxes lie
        _copy(file, out, at, begin)
        if instead is None:
            _zeros(out, stop - begin)
        else:
            out.write(instead)
        at = stop
    _copy(file, out, at, end)


def _copy(file: BinaryIO, out: BinaryIO, start: int, end: int) -> None:
    file.seek(start)
    while start < end:
        piece = exactly(file, min(PIECE, end - start))
        out.write(piece)
        start += len(piece)


def _zeros(out: BinaryIO, size: int) -> None:
    while size > 0:
        out.write(bytes(min(PIECE, size)))
        size -= PIECE
