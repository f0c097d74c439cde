"""The one writer of the access log, for web and edge: addresses come in, pseudonyms go to disk.

The pseudonym is HMAC(day key, address): one visitor's requests of one day belong together, days
do not. Web lines carry the minute, not the second, so that the log cannot single out who filed a
complaint (design page 6, F3); the edge's lines carry the second.
"""

from __future__ import annotations

import json
import os
import re
import socket
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from app.audit import accesslog
from app.core import clock, crypto

FOLDER = "access"
_NAME = 16  # hex digits of a pseudonym
_BATCH = 2_000
_BUFFER = 4 * 1024 * 1024
_SYSLOG = re.compile(r"^<\d{1,3}>(?:1 )?.*?\b[\w./-]+(?:\[\d+\])?: (?=\{)", re.DOTALL)
# What nginx's default format says, for hosts whose configuration is not ours.
_COMBINED = re.compile(
    r'(?:^|\s)(?P<a>[0-9a-fA-F.:]+) - \S+ \[[^\]]*\] "(?P<m>[A-Z]+) (?P<p>[^ ?"]*)'
    r'[^"]*" (?P<s>\d{3}) (?P<b>\d+)'
)


def day_of(at: datetime) -> str:
    """The day of Asia/Shanghai, which names file and key."""
    return at.astimezone(clock.SHANGHAI).date().isoformat()


def key_name(day: str) -> str:
    """The named secret that makes a day's pseudonyms."""
    return f"access-name:{day}"


def pseudonym(key: bytes, address: str) -> str:
    """Stands for an address within one day."""
    return crypto.keyed_hash(key, address).hex()[:_NAME]


def parse(data: bytes) -> dict[str, Any] | None:
    """What a datagram says, with the address under ``a``; None for what is not ours."""
    text = data.decode("utf-8", "replace")
    if not text.startswith("{"):
        return _parse_syslog(text)
    try:
        line = json.loads(text)
    except ValueError:
        return None
    if isinstance(line, dict) and isinstance(line.get("lost"), int):
        return {"src": "web", "lost": line["lost"]}
    if not isinstance(line, dict) or not isinstance(line.get("r"), str):
        return None
    return {
        "src": "web",
        "route": line["r"],
        "method": str(line.get("m", "")),
        "status": line.get("s"),
        "a": str(line.get("a", "")),
    }


def _parse_syslog(text: str) -> dict[str, Any] | None:
    """A line of nginx: our JSON format (deploy/nginx) or the combined one."""
    match = _SYSLOG.match(text)
    if match:
        try:
            line = json.loads(text[match.end() :])
        except ValueError:
            return None
    else:
        found = _COMBINED.search(text)
        line = found.groupdict() if found else None
    if not isinstance(line, dict) or "s" not in line:
        return None
    row = {
        "src": "edge",
        "route": f"{line.get('h') or ''}{str(line.get('p') or '').split('?', 1)[0]}"[:2000],
        "method": str(line.get("m") or "")[:10],
        "status": _number(line["s"]),
        "bytes": _number(line.get("b")),
        "a": str(line.get("a") or ""),
    }
    if line.get("ref"):
        row["block"] = str(line["ref"])[:40]
    return row


def _number(value: object) -> int:
    return int(str(value)) if str(value).isdecimal() else 0


class Writer:
    """Takes datagrams until told to stop; lines are on disk within a second."""

    def __init__(self, folder: Path, key_of: Callable[[str], bytes]) -> None:
        self._folder = folder / FOLDER
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._socket_file = folder / accesslog.SOCKET
        self._key_of = key_of
        self._keys: dict[str, bytes] = {}
        self._stop = False

    def stop(self) -> None:
        """End after the datagrams at hand."""
        self._stop = True

    def run(self, ready: Callable[[], None] = lambda: None) -> None:
        """Bind the socket and write."""
        link = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        self._socket_file.unlink(missing_ok=True)
        with accesslog.socket_path(self._socket_file) as name:
            old = os.umask(0o177)
            try:
                link.bind(name)
            finally:
                os.umask(old)
        ready()
        link.settimeout(0.5)
        try:
            while not self._stop:
                self.write(self._take(link, seconds=1.0))
            link.settimeout(0.0)  # what had arrived before the stop is written too
            self.write(self._take(link, seconds=1.0))
        finally:
            link.close()
            self._socket_file.unlink(missing_ok=True)

    def _take(self, link: socket.socket, *, seconds: float) -> list[bytes]:
        """What arrives within the time, at most 2,000 datagrams; returns early on silence."""
        found: list[bytes] = []
        until = time.monotonic() + seconds
        while len(found) < _BATCH and time.monotonic() < until:
            try:
                found.append(link.recv(65536))
            except (TimeoutError, BlockingIOError):
                break
        return found

    def write(self, datagrams: list[bytes]) -> int:
        """Append the lines to today's file, durably; how many."""
        at = clock.now()
        day = day_of(at)
        lines = [line for data in datagrams if (line := self._line(data, at, day))]
        if not lines:
            return 0
        file = self._folder / f"{day}.jsonl"
        fd = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(fd, "ab") as out:
            out.write(b"".join(lines))
            out.flush()
            os.fsync(out.fileno())
        return len(lines)

    def _line(self, data: bytes, at: datetime, day: str) -> bytes:
        line = parse(data)
        if line is None:
            return b""
        exact = at.replace(microsecond=0)
        shown = exact if line["src"] == "edge" else exact.replace(second=0)
        address = line.pop("a", "")
        row = {"at": shown.isoformat().replace("+00:00", "Z"), **line}
        if address:
            row["who"] = pseudonym(self._day_key(day), address)
        return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"

    def _day_key(self, day: str) -> bytes:
        if day not in self._keys:
            self._keys = {day: self._key_of(key_name(day))}
        return self._keys[day]
