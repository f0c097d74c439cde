"""The statutory access log (Art. 19): what the web process hands to the one writer.

A line is time, route template, method, status and the caller's address, on a private unix
socket; the writer stores a pseudonym instead of the address. No path, no query, no receipt:
nothing that could be joined to a complaint. ``send`` never blocks a request and never fails it;
what the writer cannot take now waits in a bounded queue, and what is lost is counted and said.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
from collections import deque
from collections.abc import Iterator
from pathlib import Path

SOCKET = "access.sock"
UNKNOWN = "(unknown)"  # an address nobody serves may hold what somebody pasted
_PATIENCE = 5_000
_SUN_PATH = 100  # the kernel takes 107 bytes


@contextlib.contextmanager
def socket_path(file: Path) -> Iterator[str]:
    """A name of the socket that is short enough for the kernel."""
    if len(os.fsencode(file)) < _SUN_PATH:
        yield str(file)
        return
    folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{file.name}"
    finally:
        os.close(folder)


class Sender:
    """One per process; threads share it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._waiting: deque[bytes] = deque()
        self.lost = 0

    def send(self, *, route: str | None, method: str, status: int, address: str) -> None:
        """Hand one request to the writer, now or with a later one."""
        line = {"r": route or UNKNOWN, "m": method[:10], "s": status, "a": address}
        data = json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode()
        with self._lock:
            if len(self._waiting) >= _PATIENCE:
                self._waiting.popleft()
                self.lost += 1
            self._waiting.append(data)
            self._flush()

    def _flush(self) -> None:
        try:
            link = self._socket or self._connect()
            if self.lost:
                link.send(json.dumps({"lost": self.lost}).encode())
                self.lost = 0
            while self._waiting:
                link.send(self._waiting[0])
                self._waiting.popleft()
        except BlockingIOError:
            return  # the writer is behind: these lines go with the next request
        except OSError:
            if self._socket is not None:
                self._socket.close()
            self._socket = None

    def _connect(self) -> socket.socket:
        link = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        link.setblocking(False)
        try:
            with socket_path(self._file) as name:
                link.connect(name)
        except OSError:
            link.close()
            raise
        self._socket = link
        return link
