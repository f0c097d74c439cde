"""A platform that wants to be called, with bad days: 500, silence, lies."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Hook:
    """A webhook receiver; ``behaviour`` is ok, 500, hang or redirect."""

    behaviour: str = "ok"
    got: list[dict[str, Any]] = field(default_factory=list)
    release: threading.Event = field(default_factory=threading.Event)

    def start(self) -> str:
        """Listen; answers the address."""
        hook = self

        class Receiver(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                hook.got.append(
                    {"id": self.headers["webhook-id"], "signed": self.headers["webhook-signature"],
                     "behaviour": hook.behaviour, **json.loads(body)}
                )  # fmt: skip
                if hook.behaviour == "hang":
                    hook.release.wait(60)
                status = {"ok": 204, "500": 500, "hang": 204, "redirect": 302}[hook.behaviour]
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "http://127.0.0.1:9/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_port}/chuku"

    def stop(self) -> None:
        self.release.set()
        self._server.shutdown()
        self._server.server_close()

    def well(self) -> None:
        """A good day again; who hangs is let go."""
        self.behaviour = "ok"
        self.release.set()
        self.release = threading.Event()

    def about(self, resource: str) -> list[dict[str, Any]]:
        """What it was told about one resource, in order."""
        return [m for m in self.got if m["data"]["resource"] == resource]
