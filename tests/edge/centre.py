"""A small centre for tests: signs and serves the deny feed, can lie, stall and repeat."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def exact(path: str, host: str = "127.0.0.1") -> dict[str, str]:
    return {"host": host, "path": path, "mode": "exact"}


def prefix(path: str, host: str = "127.0.0.1") -> dict[str, str]:
    return {"host": host, "path": path, "mode": "prefix"}


def text(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Centre:
    """Feed state and its HTTP server; written apart from the product's own feed on purpose."""

    def __init__(self) -> None:
        self.private = Ed25519PrivateKey.generate()
        self.kid = "feed-1"
        self.epoch, self.seq = 1, 0
        self.log: list[dict[str, Any]] = []
        self.now: dict[str, dict[str, Any]] = {}
        self.acks: list[dict[str, Any]] = []
        self.asked: list[str] = []
        self.unchanged = 0
        self.spoil_signature = False
        self.injected: list[dict[str, Any]] = []
        self.next_by = timedelta(seconds=60)
        self.changed = threading.Condition()
        self.server: ThreadingHTTPServer | None = None
        self.port = 0

    @property
    def keys(self) -> dict[str, str]:
        raw = self.private.public_key().public_bytes_raw()
        return {self.kid: base64.b64encode(raw).decode()}

    def change(self, resource: str, match: list[dict[str, str]], ref: str | None = "B1") -> None:
        """From now on these places of the resource are dark; none: light."""
        with self.changed:
            self.seq += 1
            old = self.now.get(resource)
            line = {
                "epoch": self.epoch,
                "seq": self.seq,
                "generation": (old["generation"] if old else 0) + 1,
                "resource": resource,
                "match": match,
                "block_ref": ref if match else None,
                "dark": bool(match),
            }
            self.now[resource] = line
            self.log.append(line)
            self.changed.notify_all()

    def lines(self) -> list[bytes]:
        places = [
            {**m, **{k: e[k] for k in ("resource", "generation", "block_ref")}}
            for e in self.now.values()
            for m in e["match"]
        ]
        places.sort(key=lambda p: (p["host"], p["path"]))
        return [rfc8785.dumps(p) + b"\n" for p in places]

    def checkpoint(self) -> bytes:
        lines, at = self.lines(), datetime.fromtimestamp(time.time_ns() / 1e9, UTC)
        body = {
            "epoch": self.epoch,
            "seq": self.seq,
            "count": len(lines),
            "sha256": hashlib.sha256(b"".join(lines)).hexdigest(),
            "as_of": text(at),
            "next_by": text(at + self.next_by),
            "kid": self.kid,
        }
        signature = self.private.sign(rfc8785.dumps(body))
        if self.spoil_signature:
            signature = signature[:-1] + bytes([signature[-1] ^ 1])
        body["signature"] = base64.b64encode(signature).decode()
        return rfc8785.dumps(body) + b"\n"

    def snapshot(self) -> bytes:
        dark = [dict(e, seq=self.seq, epoch=self.epoch) for e in self.now.values() if e["dark"]]
        return b"".join(rfc8785.dumps(e) + b"\n" for e in dark) + self.checkpoint()

    def increments(self, since: int, wait: float) -> bytes:
        until = time.monotonic() + wait
        with self.changed:
            while self.seq <= since and not self.injected and time.monotonic() < until:
                self.changed.wait(max(0.0, until - time.monotonic()))
            lines = [e for e in self.log if e["seq"] > since] + self.injected
            self.injected = []
            return b"".join(rfc8785.dumps(e) + b"\n" for e in lines) + self.checkpoint()

    def inject(self, line: dict[str, Any]) -> None:
        """Send a stray line (a late retry) with the next answer."""
        with self.changed:
            self.injected.append(line)
            self.changed.notify_all()

    def start(self) -> None:
        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), _handler(self))
        self.server.daemon_threads = True
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            self.server = None
            with self.changed:
                self.changed.notify_all()


def _handler(centre: Centre) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

        def answer(self, status: int, body: bytes, **headers: str) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            for name, value in headers.items():
                self.send_header(name, value)
            try:
                self.end_headers()
                self.wfile.write(body)
            except BrokenPipeError:
                self.close_connection = True  # the agent was stopped while it waited

        def do_GET(self) -> None:
            centre.asked.append(self.path)
            parts = urlsplit(self.path)
            asked = {k: int(v[0]) for k, v in parse_qs(parts.query).items()}
            if centre.server is None or self.headers["Authorization"] != "Bearer chk_test":
                self.answer(401, b"")
            elif parts.path == "/edge/v1/deny/snapshot":
                etag = f'"{centre.epoch}.{centre.seq}"'
                if self.headers["If-None-Match"] == etag:
                    centre.unchanged += 1
                    self.answer(304, b"")
                else:
                    self.answer(200, centre.snapshot(), ETag=etag)
            else:
                self.answer(200, centre.increments(asked["since"], min(asked["wait"], 2)))

        def do_POST(self) -> None:
            size = int(self.headers["Content-Length"])
            centre.acks.append(json.loads(self.rfile.read(size)))
            self.answer(204, b"")

    return Handler
