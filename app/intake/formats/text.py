"""Plain text: read in the encoding it was written in, shown as UTF-8."""

from __future__ import annotations

import codecs
from typing import BinaryIO

from app.intake.formats.found import RefusedError

SHOWN = 200_000


def decoded(raw: bytes) -> str:
    """The text; Chinese editors still write GB 18030."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.decode("utf-16", "replace")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "replace")


def look(file: BinaryIO, _kind: str) -> list[tuple[str, str]]:
    """Nothing hides in plain text.

    Raises:
        RefusedError: it is not text.
    """
    file.seek(0)
    if "\0" in decoded(file.read()):
        raise RefusedError("differs")
    return []


def clean(file: BinaryIO, out: BinaryIO, _kind: str, limit: int | None = None) -> str:
    """UTF-8 without control characters (also those that turn the direction of reading)."""
    file.seek(0)
    text = decoded(file.read())[:limit]
    out.write("".join(c for c in text if c.isprintable() or c in "\r\n\t").encode())
    return "text/plain"


def render(file: BinaryIO, out: BinaryIO, kind: str) -> str:
    """The same, as much as a page can show."""
    return clean(file, out, kind, SHOWN)
