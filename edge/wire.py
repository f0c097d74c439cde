"""The agent's two conversations: with the centre (bearer key) and nginx (private socket).

Every answer has a deadline and a largest size; redirects are not followed, so the key goes only
where the operator said.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import ssl
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

LONGEST_SOCKET_NAME = 100
LARGEST = 1 << 30
CHUNK = 1 << 16


class WireError(Exception):
    """The other side did not answer as it should; the text is for a person."""


def _exchange(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    *,
    headers: Mapping[str, str],
    deadline: float,
    body: bytes | None = None,
) -> tuple[int, http.client.HTTPMessage, bytes]:
    until = time.monotonic() + deadline
    try:
        connection.request(method, path, body, dict(headers))
        answer = connection.getresponse()
        pieces, size = [], 0
        while piece := answer.read1(CHUNK):
            pieces.append(piece)
            size += len(piece)
            if size > LARGEST or time.monotonic() > until:
                raise WireError("the answer is too large or too slow")
        if answer.length:
            raise WireError("the answer was cut off")
        return answer.status, answer.headers, b"".join(pieces)
    except (OSError, http.client.HTTPException) as error:
        raise WireError(f"{type(error).__name__}: {error}") from error
    finally:
        connection.close()


class Feed:
    """The centre's deny feed."""

    def __init__(self, base: str, target: str, key_file: Path, ca: Path | None) -> None:
        parts = urlsplit(base)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise WireError(f"not an http(s) address: {base}")
        self._parts, self._target, self._key_file = parts, target, key_file
        self._tls = ssl.create_default_context(cafile=ca) if parts.scheme == "https" else None
        key_file.read_text("ascii")  # a missing key stops the start, not the first poll

    def _call(
        self,
        method: str,
        path: str,
        *,
        deadline: float,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        host, port = self._parts.hostname or "", self._parts.port
        connection = (
            http.client.HTTPSConnection(host, port, timeout=deadline, context=self._tls)
            if self._tls
            else http.client.HTTPConnection(host, port, timeout=deadline)
        )
        try:
            key = self._key_file.read_text("ascii").strip()  # again: keys are rotated
        except (OSError, UnicodeError) as error:
            raise WireError(f"the API key cannot be read: {error}") from error
        sent = {"Authorization": f"Bearer {key}", "User-Agent": "chuku-edge/1", **(headers or {})}
        path = self._parts.path.rstrip("/") + path
        return _exchange(connection, method, path, headers=sent, deadline=deadline, body=body)

    def snapshot(self, etag: str | None) -> tuple[bytes | None, str | None]:
        """The whole state and its ETag; None when ours is the newest."""
        headers = {"If-None-Match": etag} if etag else {}
        status, fields, body = self._call(
            "GET", "/edge/v1/deny/snapshot", deadline=120, headers=headers
        )
        if status == http.client.NOT_MODIFIED:
            return None, etag
        if status != http.client.OK:
            raise WireError(f"the snapshot was answered with {status}")
        return body, fields.get("ETag")

    def poll(self, since: int, wait: int) -> bytes | None:
        """Wait for what comes after ``since``; None when only a snapshot helps."""
        path = f"/edge/v1/deny?since={since}&wait={wait}"
        status, _, body = self._call("GET", path, deadline=wait + 15)
        if status in (http.client.NOT_FOUND, http.client.CONFLICT, http.client.GONE):
            return None  # the centre no longer knows our place in the feed
        if status != http.client.OK:
            raise WireError(f"the feed was answered with {status}")
        return body

    def ack(self, *, epoch: int, seq: int, applied_at: str) -> None:
        """Tell the centre that nginx now refuses what this state denies."""
        said = {"target": self._target, "epoch": epoch, "seq": seq, "applied_at": applied_at}
        status, _, _ = self._call(
            "POST",
            "/edge/v1/ack",
            deadline=10,
            headers={"Content-Type": "application/json"},
            body=json.dumps(said).encode(),
        )
        if status >= http.client.MULTIPLE_CHOICES:
            raise WireError(f"the acknowledgement was answered with {status}")


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path, deadline: float) -> None:
        super().__init__("localhost", timeout=deadline)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        if len(os.fsencode(self._path)) <= LONGEST_SOCKET_NAME:
            self.sock.connect(os.fspath(self._path))
            return
        # longer than a socket's name may be: reach it through its folder
        folder = os.open(self._path.parent, os.O_PATH | os.O_DIRECTORY)
        try:
            self.sock.connect(f"/proc/self/fd/{folder}/{self._path.name}")
        finally:
            os.close(folder)


class Nginx:
    """nginx's private side (deploy/nginx/lua/chuku_deny.lua)."""

    def __init__(self, socket_path: Path) -> None:
        self._path = socket_path.absolute()

    def _call(
        self, method: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> dict[str, Any]:
        connection = _UnixConnection(self._path, 30)
        status, _, data = _exchange(
            connection, method, "/deny", headers=headers or {}, deadline=30, body=body
        )
        try:
            answer = json.loads(data)
        except ValueError as error:
            raise WireError("nginx's answer is not JSON") from error
        if status != http.client.OK or not isinstance(answer, dict):
            raise WireError(f"nginx answered {status}: {data[:200]!r}")
        return answer

    def look(self) -> dict[str, Any]:
        """Its instance (another one after a restart) and the mark of what it holds."""
        seen = self._call("GET")
        if not isinstance(seen.get("instance"), str) or not isinstance(seen.get("mark"), str):
            raise WireError("nginx does not say what it holds")
        return seen

    def load(self) -> None:
        """Let it read the list file whole."""
        self._call("PUT", body=b"")

    def apply(self, since: str, mark: str, prefixes: int, lines: list[bytes]) -> None:
        """Give it the changes that lead from ``since`` to ``mark``."""
        body = b"".join(lines) or b"\n"
        headers = {"X-Mark-From": since, "X-Mark": mark, "X-Prefixes": str(prefixes)}
        self._call("POST", headers=headers, body=body)
