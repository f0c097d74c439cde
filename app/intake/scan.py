"""Asks clamd about a file; what it could not look at is never called clean."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from urllib.parse import urlsplit

from app.core.log import Log
from app.intake.values import Scan

TIMEOUT = 20.0
_log = Log(__name__)


def scan(content: Iterable[bytes], clamd_url: str) -> Scan:
    """``clean``, ``quarantined``; ``waiting`` when the scanner is gone: ask again later.

    ``unscanned`` without a scanner, or when the file is larger than the scanner takes.
    """
    if not clamd_url:
        return Scan.UNSCANNED
    try:
        answer = _ask(content, clamd_url)
    except OSError as error:
        _log.warning("scan.unreachable", error=type(error).__name__)
        return Scan.WAITING
    if answer.endswith(b"OK"):
        return Scan.CLEAN
    if answer.endswith(b"FOUND"):
        return Scan.QUARANTINED
    _log.warning("scan.refused", answer=answer[:80].decode("ascii", "replace"))
    return Scan.UNSCANNED if b"size limit" in answer else Scan.WAITING


def answers(clamd_url: str) -> bool:
    """Whether the scanner is there."""
    try:
        with _link(clamd_url) as link:
            link.settimeout(2)
            link.sendall(b"zPING\0")
            return link.recv(16).startswith(b"PONG")
    except OSError:
        return False


def _link(url: str) -> socket.socket:
    parts = urlsplit(url)
    if parts.scheme == "unix":
        link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        link.settimeout(TIMEOUT)
        try:
            link.connect(parts.path)
        except OSError:
            link.close()
            raise
        return link
    return socket.create_connection((parts.hostname or "", parts.port or 3310), TIMEOUT)


def _ask(content: Iterable[bytes], url: str) -> bytes:
    with _link(url) as link:
        try:
            link.sendall(b"zINSTREAM\0")
            for part in content:
                if part:  # an empty one would end the stream
                    link.sendall(len(part).to_bytes(4, "big") + part)
            link.sendall(b"\0\0\0\0")
        except (BrokenPipeError, ConnectionResetError):
            pass  # it answers and hangs up when the file is too large
        return _line(link)


def _line(link: socket.socket) -> bytes:
    answer = b""
    while len(answer) < 4096 and (part := link.recv(4096)):  # noqa: PLR2004 - one line
        answer += part
        if part.endswith((b"\0", b"\n")):
            break
    if not answer:
        raise ConnectionError("the scanner hung up")
    return answer.strip(b"\0 \r\n")
