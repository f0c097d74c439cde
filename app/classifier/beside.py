"""Asking the classifier from a process that does not load it.

The web process would carry 66 MB of spaCy per process for one proposal a dialogue. A worker has the
model in memory anyway and answers here, on a private socket in the data folder: one line of JSON
each way. Nobody waits for it: no socket, no answer or a late one is no proposal, and the person
chooses from plain words instead.
"""

from __future__ import annotations

import json
import socket
import socketserver
import threading
import time
from pathlib import Path
from typing import Any

from app.classifier.suggest import suggest
from app.core.log import Log

_log = Log(__name__)
NAME = "classifier.sock"
_MOST = 64 * 1024  # bytes of a question
_AGAIN = 5.0  # seconds until a spare process looks whether it is needed


def propose(folder: Path, text: str, *, within: float = 0.4) -> list[tuple[str, float]]:
    """Kinds and scores, most likely first; empty when nobody answers within that many seconds."""
    asked = json.dumps({"text": text[:8_000]}).encode() + b"\n"
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(within)
            line.connect(str(folder / NAME))
            line.sendall(asked)
            answer = json.loads(_line(line, until=time.monotonic() + within))
        return [(str(kind), float(score)) for kind, score in answer["kinds"]]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _line(line: socket.socket, *, until: float) -> bytes:
    got = b""
    while not got.endswith(b"\n"):
        if time.monotonic() > until or len(got) > _MOST:
            raise TimeoutError
        part = line.recv(4096)
        if not part:
            break
        got += part
    return got


class _Answer(socketserver.StreamRequestHandler):
    timeout = 1.0

    def handle(self) -> None:
        try:
            asked = json.loads(self.rfile.readline(_MOST))
            found = suggest(str(asked["text"]))
            kinds: list[Any] = [[found.kind, found.confidence]]
            kinds += [[one.kind, one.score] for one in found.kinds]
            self.wfile.write(json.dumps({"kinds": kinds}).encode() + b"\n")
        except (OSError, ValueError, KeyError, TypeError) as error:
            _log.info("classifier.beside", error=type(error).__name__)


class _Server(socketserver.UnixStreamServer):
    request_queue_size = 32

    def handle_error(self, request: Any, client_address: Any) -> None:
        _log.warning("classifier.beside_failed", exc_info=True)


def answer_in_background(folder: Path) -> threading.Thread:
    """Answer from this process, which has loaded the model; spares take over when it dies."""
    thread = threading.Thread(target=_serve, args=(folder / NAME,), daemon=True, name="beside")
    thread.start()
    return thread


def _serve(path: Path) -> None:
    while True:
        if not _answered(path):
            path.unlink(missing_ok=True)
            try:
                with _Server(str(path), _Answer) as server:
                    path.chmod(0o600)
                    server.serve_forever(poll_interval=1.0)
            except OSError as error:  # another spare was faster, or the path is too long
                _log.info("classifier.beside", error=type(error).__name__)
        time.sleep(_AGAIN)


def _answered(path: Path) -> bool:
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(0.5)
            line.connect(str(path))
    except OSError:
        return False
    return True
