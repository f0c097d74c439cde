"""Looks into one untrusted file, alone: a child with limits, no network, a deadline.

``python -m app.intake.inspect_file check|clean|render SUFFIX TYPE FD`` reads the sealed file on
stdin and the key of this one content from the socket ``FD``. ``check`` prints JSON {"refusal",
"media_type", "found"}; the others print the copy or rendition and send its type to the socket.
"""

from __future__ import annotations

import io
import json
import os
import re
import resource
import sys
import zipfile
from importlib import import_module
from typing import Any, BinaryIO

from app.core.sealed import Reader
from app.intake.confine import confine
from app.intake.formats.found import OFFICE, PIECE, RefusedError

MEMORY = 1_500 * 1024 * 1024
SECONDS = {"check": 25, "render": 25, "clean": 50}  # of a processor
# suffix → the types that its content may be found to be
ACCEPTED: dict[str, frozenset[str]] = {
    "png": frozenset({"image/png"}),
    "jpg": frozenset({"image/jpeg"}),
    "jpeg": frozenset({"image/jpeg"}),
    "gif": frozenset({"image/gif"}),
    "webp": frozenset({"image/webp"}),
    "bmp": frozenset({"image/bmp", "image/x-ms-bmp"}),
    "pdf": frozenset({"application/pdf"}),
    "txt": frozenset({"text/plain"}),
    "mp4": frozenset({"video/mp4", "video/x-m4v", "video/quicktime"}),
    "mov": frozenset({"video/quicktime", "video/mp4"}),
    "webm": frozenset({"video/webm", "video/x-matroska"}),
    "mp3": frozenset({"audio/mpeg"}),
    "m4a": frozenset({"audio/x-m4a", "audio/mp4", "video/mp4"}),
    "wav": frozenset({"audio/x-wav", "audio/wav"}),
    **{name: frozenset({"application/zip", kind}) for name, kind in OFFICE.items()},
}
_ACTIVE = frozenset(
    {"svg", "html", "htm", "xhtml", "xml", "js", "docm", "xlsm", "pptm", "dotm", "exe", "msi",
     "bat", "cmd", "ps1", "vbs", "apk", "jar", "sh", "hta", "lnk"}
)  # fmt: skip
_ACTIVE_TYPES = frozenset(
    {"text/html", "image/svg+xml", "application/x-dosexec", "application/x-executable",
     "text/x-shellscript", "application/javascript", "text/javascript", "text/x-php"}
)  # fmt: skip
_PACKED = frozenset({"application/x-ole-storage", "application/CDFV2", "application/encrypted"})
# No picture, sound or film holds these words; a browser or server that met them would run them.
_SCRIPT = re.compile(rb"<script|<\?php|<!doctype html|<html|<svg[\s>]", re.IGNORECASE)
_OVERLAP = 16


def check(file: BinaryIO, suffix: str) -> dict[str, Any]:
    """What this file is and what hides in it, or why it is refused (design page 3.8)."""
    try:
        kind = _kind(file, suffix)
        return {"refusal": None, "media_type": kind, "found": _format(kind).look(file, kind)}
    except RefusedError as refused:
        return {"refusal": refused.key, "media_type": "", "found": []}
    except MemoryError:
        return {"refusal": "unpacks", "media_type": "", "found": []}
    except Exception:  # noqa: BLE001 - any decoder's complaint means the same to the sender
        return {"refusal": "unreadable", "media_type": "", "found": []}


def _kind(file: BinaryIO, suffix: str) -> str:
    """The type by content, where it agrees with the name.

    Raises:
        RefusedError: active, password, type, differs.
    """
    import magic  # noqa: PLC0415 - only for this act

    file.seek(0)
    head = file.read(PIECE)
    kind = str(magic.from_buffer(head, mime=True))
    if suffix in _ACTIVE or kind in _ACTIVE_TYPES:
        raise RefusedError("active")
    if kind in _PACKED and suffix in OFFICE:
        raise RefusedError("password")  # an encrypted document is wrapped in the old format
    if suffix not in ACCEPTED:
        raise RefusedError("type")
    if kind == "application/octet-stream":
        kind = _unnamed(head)
    if suffix == "txt" and kind.startswith("text/"):
        kind = "text/plain"
    if kind not in ACCEPTED[suffix]:
        raise RefusedError("differs")
    if suffix not in OFFICE and (zipfile.is_zipfile(file) or _scripted(file, kind)):
        raise RefusedError("differs")  # two kinds of file at once
    return OFFICE.get(suffix, kind)


def _unnamed(head: bytes) -> str:
    """Two kinds that libmagic does not always know."""
    if head[:4] == b"\x1aE\xdf\xa3" and b"webm" in head[:256]:
        return "video/webm"  # however wide its lengths are written
    # A long tag hides the first sound from libmagic.
    return "audio/mpeg" if head[:3] == b"ID3" else "application/octet-stream"


def _scripted(file: BinaryIO, kind: str) -> bool:
    if not kind.startswith(("image/", "video/", "audio/")):
        return False
    file.seek(0)
    rest = b""
    while piece := file.read(PIECE):
        if _SCRIPT.search(rest + piece):
            return True
        rest = piece[-_OVERLAP:]
    return False


def _format(kind: str) -> Any:
    """The module of this kind; libraries are loaded only for their own."""
    family = kind.partition("/")[0]
    named = {
        "text/plain": "text",
        "application/pdf": "pdf",
        "audio/mpeg": "mp3",
        "audio/wav": "wav",
        "audio/x-wav": "wav",
        "video/webm": "webm",
        "video/x-matroska": "webm",
    } | dict.fromkeys(OFFICE.values(), "office")
    name = named.get(kind, "picture" if family == "image" else "mp4")
    return import_module(f"app.intake.formats.{name}")


def main() -> None:
    """Limit this process, then look."""
    if sys.argv[1] == "check":
        import magic  # noqa: F401, PLC0415 - starts ldconfig to find its library: while it may
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    act, suffix, kind, descriptor = sys.argv[1:5]
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS[act], SECONDS[act]))
    confine()
    with os.fdopen(int(descriptor), "r+b", buffering=0) as parent:
        own_key = parent.read(32)
        file = io.BufferedReader(Reader(os.fdopen(os.dup(0), "rb"), own_key), 1 << 16)
        if act == "check":
            sys.stdout.write(json.dumps(check(file, suffix)))
            return
        made = None if kind.startswith(("audio/", "video/")) else io.BytesIO()
        write = getattr(_format(kind), act)
        media_type: str = write(file, made or sys.stdout.buffer, kind)
        if made is not None:
            sys.stdout.buffer.write(made.getbuffer())
        sys.stdout.flush()
        parent.write(media_type.encode())  # also says that the copy is whole


if __name__ == "__main__":
    main()
