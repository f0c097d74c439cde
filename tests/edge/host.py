"""A serving host for tests: a real nginx and a real agent as processes in a short folder."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def eventually(check: Callable[[], Any], seconds: float = 10.0) -> Any:
    """The first true answer; fails when there is none in time."""
    until = time.monotonic() + seconds
    while True:
        try:
            answer = check()
        except (OSError, http.client.HTTPException, KeyError, ValueError):
            answer = None
        if answer:
            return answer
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.02)


class Host:
    """Folders, processes and requests of one serving host."""

    def __init__(self, hosts: dict[str, str] | None = None) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="edge-"))
        self.data, self.content = self.home / "da ta", self.home / "content"
        self.data.mkdir(mode=0o700)
        (self.content / "plain").mkdir(parents=True)
        self.port = free_port()
        (self.home / "hosts.json").write_text(json.dumps(hosts or {}))
        (self.home / "key").write_text("chk_test\n")
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def file(self, path: str, data: bytes, folder: str = "plain") -> None:
        target = self.content / folder / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)

    def _start(self, name: str, *args: object) -> None:
        log = (self.home / f"{name}.log").open("ab")
        command = [sys.executable, *map(str, args)]
        self.processes[name] = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.home)

    def start_nginx(self, *more: object) -> None:
        self._start(
            "nginx", ROOT / "edge/serve.py", "--data", self.data, "--content", self.content,
            "--public", "https://chuku.example/", "--port", self.port, "--workers", 2,
            "--hosts", self.home / "hosts.json", "--zone", "16m", *more,
        )  # fmt: skip
        eventually(lambda: self.get("/no-such-file").status)

    def start_agent(self, centre_port: int, keys: dict[str, str]) -> None:
        (self.home / "keys.json").write_text(json.dumps(keys))
        self._start(
            "agent", ROOT / "edge/agent.py", "--data", self.data, "--target", "edge-1",
            "--feed", f"http://127.0.0.1:{centre_port}", "--wait", 2,
            "--key-file", self.home / "key", "--keys", self.home / "keys.json",
        )  # fmt: skip

    def end(self, name: str, number: int = signal.SIGTERM) -> int:
        process = self.processes.pop(name)
        process.send_signal(number)
        return process.wait(10)

    def get(
        self, path: str, host: str | None = None, method: str = "GET", **headers: str
    ) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        named = {"Host": host} if host else {}
        connection.request(method, path, headers=named | headers)
        answer = connection.getresponse()
        answer.text = answer.read().decode("utf-8", "replace")  # type: ignore[attr-defined]
        connection.close()
        return answer

    def status_of(self, path: str, host: str | None = None) -> int:
        return self.get(path, host).status

    def raw(self, target: str, host: str = "127.0.0.1") -> bytes:
        """The first line answered to exactly this request target."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as s:
            s.sendall(
                f"GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()
            )
            return s.makefile("rb").readline()

    @property
    def status(self) -> dict[str, Any]:
        return dict(json.loads((self.data / "status.json").read_text("utf-8")))

    def log(self, name: str) -> str:
        return (self.home / f"{name}.log").read_text("utf-8")

    def close(self) -> None:
        for name in list(self.processes):
            self._kill(name)
        shutil.rmtree(self.home, ignore_errors=True)

    def _kill(self, name: str) -> None:
        process = self.processes.pop(name)
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
            process.wait(5)
