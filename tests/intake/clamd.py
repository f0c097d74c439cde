"""A tiny clamd: the INSTREAM and PING of its protocol on a real socket; it finds EICAR."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.intake.seeded import EICAR


class _Talk(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        command = b""
        while not command.endswith(b"\0"):
            byte = self.rfile.read(1)
            if not byte:
                return
            command += byte
        if command == b"zPING\0":
            self.wfile.write(b"PONG\0")
        elif command == b"zINSTREAM\0":
            self.wfile.write(self._scan())

    def _scan(self) -> bytes:
        total, rest, bad = 0, b"", False
        while size := int.from_bytes(self.rfile.read(4), "big"):
            part = self.rfile.read(size)
            total += len(part)
            if total > self.server.most:
                return b"INSTREAM size limit exceeded. ERROR\0"
            bad = bad or EICAR in rest + part
            rest = (rest + part)[-len(EICAR) :]
        self.server.seen.append(total)
        return b"stream: Eicar-Test-Signature FOUND\0" if bad else b"stream: OK\0"


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    most = 100 * 1024 * 1024

    def __init__(self, port: int) -> None:
        self.seen: list[int] = []
        super().__init__(("127.0.0.1", port), _Talk)


@contextmanager
def clamd(port: int = 0) -> Iterator[_Server]:
    """A scanner that listens; ``server_address[1]`` is its port."""
    with _Server(port) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield server
        server.shutdown()


def url_of(server: _Server) -> str:
    return f"tcp://127.0.0.1:{server.server_address[1]}"
