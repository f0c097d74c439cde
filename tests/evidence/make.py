"""A serving host in the test's own process, and a catalogue that points at it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from app.catalogue import queries as catalogue
from app.core.transaction import transaction
from tests.catalogue.make import bodies, bring, resource_row


@dataclass
class Site:
    """Paths and what they answer: (status, body, headers)."""

    port: int = 0
    pages: dict[str, tuple[int, bytes, dict[str, str]]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def put(self, path: str, body: bytes, status: int = 200, **headers: str) -> None:
        self.pages[path] = (status, body, headers)


@contextmanager
def site() -> Iterator[Site]:
    made = Site()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            made.asked.append((self.path, dict(self.headers)))
            status, body, headers = made.pages.get(self.path, (404, b"none", {}))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def make_resource(at: datetime, addresses: list[dict[str, Any]]) -> int:
    """A resource under these addresses; its version's id."""
    with transaction() as tx:
        report = bring(tx, [*bodies(), resource_row(addresses=addresses)], at)
        assert not report.errors, report
        return catalogue.current_version(tx, catalogue.resource(tx, "R0001").id).id
