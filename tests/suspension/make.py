"""A held resource, and a serving host that may obey, lie or break."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from sqlalchemy.orm import Session

from app.catalogue.values import ResourceView
from app.core.transaction import transaction
from app.suspension import service
from app.suspension.values import HoldView
from tests.catalogue.make import bring, make_catalogue, resource_row

POLICY, ANNA, BO, CHEN = "policy:precaution", "account:1", "account:2", "account:3"


def make_resource(tx: Session, at: datetime, *, port: int = 8090, **more: Any) -> ResourceView:
    """One resource with page, media and a folder of segments, served at 127.0.0.1:port."""
    make_catalogue(tx, at, refs=())
    return add_resource(tx, at, port=port, **more)


def add_resource(
    tx: Session, at: datetime, *, ref: str = "R0001", port: int = 8090, **more: Any
) -> ResourceView:
    from app.catalogue import queries

    row = resource_row(ref, **more)
    for address in row["addresses"]:
        address["url"] = address["url"].replace(":8090", f":{port}")
    report = bring(tx, [row], at)
    assert not report.errors, report.errors
    return queries.resource(tx, ref)


def place(
    tx: Session, resource: ResourceView, at: datetime, *, by: str = POLICY, **more: Any
) -> HoldView:
    return service.place_hold(
        tx,
        **{
            "platform_id": resource.platform_id,
            "resource_id": resource.id,
            "version_id": resource.version_id,
            "incident": "I0000001",
            "article": 20,
            "kind": "precaution" if by == POLICY else "manual",
            "placed_by": by,
            "reason": "score above threshold",
            "at": at,
            **more,
        },
    )


def placed(resource: ResourceView, at: datetime, **more: Any) -> HoldView:
    with transaction() as tx:
        return place(tx, resource, at, **more)


@dataclass
class Host:
    """A serving host: what it answers for each path prefix, and what it was asked."""

    port: int = 0
    denied: dict[str, str] = field(default_factory=dict)  # path prefix -> block reference
    status: int = 451
    with_ref: bool = True
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    hook_status: int = 204

    def serves(self, path: str) -> tuple[int, dict[str, str], bytes]:
        for prefix, ref in self.denied.items():
            if path.startswith(prefix):
                head = {"X-Block-Ref": ref} if self.with_ref else {}
                return self.status, head, b"refused"
        if path.endswith("/"):
            return 404, {}, b"no index"
        return 200, {}, b"content"

    def hooks(self) -> list[tuple[str, str, dict[str, str], bytes]]:
        return [a for a in self.asked if a[0] != "GET"]


@contextmanager
def serving() -> Iterator[Host]:
    host = Host()

    class Handler(BaseHTTPRequestHandler):
        def _note(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            head = {k.lower(): v for k, v in self.headers.items()}
            host.asked.append((self.command, self.path, head, body))

        def _say(self, status: int, head: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in head.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            self._note()
            self._say(*host.serves(self.path))

        def do_POST(self) -> None:
            self._note()
            head = {"Location": "/elsewhere"} if host.hook_status == 302 else {}
            self._say(host.hook_status, head, b"")

        do_PURGE = do_POST

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    host.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield host
    finally:
        server.shutdown()
        server.server_close()
