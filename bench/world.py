"""Folders, processes and clients that the rows share; everything ends with the run."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
CONNECTIONS = 16
_REPORT = """
function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('\\nJSON {"n":%d,"us":%d,"p50":%f,"p99":%f,"bad":%d,"lost":%d}\\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    e.status, e.connect + e.read + e.write + e.timeout))
end
"""


class BenchError(Exception):
    """A row cannot be measured here; the text says why."""


@dataclass(frozen=True)
class Load:
    """What one burst of requests saw; latencies in milliseconds."""

    rate: float
    p50: float
    p99: float


def free_port() -> int:
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(what: Callable[[], Any], within: float = 60.0, every: float = 0.02) -> Any:
    """The first true answer, or BenchError."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        if answer := what():
            return answer
        time.sleep(every)
    raise BenchError(f"it did not happen within {within:.0f} s")


def answers(port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class World:
    """One run: its size, its folder, what was made once and is shared."""

    def __init__(self, *, quick: bool) -> None:
        self.quick = quick
        self.folder = Path(tempfile.mkdtemp(prefix="chb-"))  # short: sockets live in it

    def pick(self, quick: Any, full: Any) -> Any:
        """The size of something."""
        return quick if self.quick else full

    @property
    def pairs(self) -> int:
        """How many A B pairs."""
        return int(self.pick(2, 5))

    def close(self) -> None:
        """Nothing stays."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def environ(self, data: Path, **more: str) -> dict[str, str]:
        """Settings of a process with this data folder; none leak in from outside."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("CHUKU_")}
        given = {
            "CHUKU_DATA": str(data),
            "CHUKU_EDGE_URL": "http://127.0.0.1:9",
            "CHUKU_TRUSTED_PROXIES": "127.0.0.0/8",
            "CHUKU_LOG_LEVEL": "error",
            "CHUKU_FILINGS_AN_HOUR": "1000000000",  # the way itself is measured, not the brake
            "OMP_NUM_THREADS": "1",
        }
        return {**kept, **given, **more}

    @cached_property
    def seeded(self) -> Path:
        """A data folder with the demo's 200 resources and people; copy it, do not write to it."""
        data = self.folder / "seed"
        for words in (["db", "upgrade"], ["demo", "seed"]):
            done = subprocess.run(
                [sys.executable, "-m", "app.cli.main", *words],
                cwd=ROOT, env=self.environ(data), capture_output=True, text=True, check=False,
            )  # fmt: skip
            if done.returncode:
                raise BenchError(f"chuku {' '.join(words)}: {done.stderr[-500:]}")
        return data

    def data(self, name: str) -> Path:
        """A fresh copy of the seeded folder, without the demo's films."""
        made = self.folder / name
        if not made.exists():
            skip = shutil.ignore_patterns("content")
            shutil.copytree(self.seeded, made, ignore=skip, symlinks=True)
        return made

    def resources(self) -> list[str]:
        """The references of the demo's resources."""
        rows = (self.seeded / "demo.jsonl").read_text("utf-8").splitlines()
        found = [json.loads(line) for line in rows]
        return [row["ref"] for row in found if row["type"] == "resource"]

    @contextmanager
    def process(
        self, name: str, argv: Sequence[object], env: dict[str, str], *, port: int = 0
    ) -> Iterator[subprocess.Popen[bytes]]:
        """A process that answers at its port, until the block ends."""
        log = self.folder / f"{name}.log"
        with log.open("ab") as out:
            started = subprocess.Popen(
                [str(a) for a in argv], cwd=ROOT, env=env, stdout=out, stderr=out
            )
        try:
            if port:
                until(lambda: started.poll() is not None or answers(port))
            if started.poll() is not None:
                raise BenchError(f"{name} ended: {log.read_text('utf-8', 'replace')[-500:]}")
            yield started
        finally:
            started.terminate()
            try:
                started.wait(10)
            except subprocess.TimeoutExpired:
                started.kill()
                started.wait()

    @contextmanager
    def web(self, data: Path, **settings: str) -> Iterator[str]:
        """The product's own web process and Redis, without workers; its address."""
        port, sock = free_port(), data / "redis.sock"
        redis = [
            "redis-server", "--port", 0, "--unixsocket", sock, "--save", "", "--dir", data,
            "--daemonize", "no",
        ]  # fmt: skip
        env = self.environ(data, **settings)
        argv = [sys.executable, "-m", "app.cli.main", "web", "--port", port]
        with self.process("redis", redis, env):
            until(sock.exists)
            with self.process("web", argv, env, port=port):
                yield f"http://127.0.0.1:{port}"

    @contextmanager
    def bare(self, what: str, data: Path) -> Iterator[str]:
        """``bench/bare.py`` under the product's server; its address."""
        port = free_port()
        argv = [sys.executable, "-m", "bench.bare", what, port]
        with self.process(f"bare-{what}", argv, self.environ(data), port=port):
            yield f"http://127.0.0.1:{port}"

    def wrk(
        self,
        url: str,
        span: float,
        *,
        script: str = "",
        connections: int = CONNECTIONS,
        threads: int = 1,
    ) -> Load:
        """One burst; BenchError when anything but 2xx came back."""
        file = self.folder / f"{abs(hash(script))}.lua"
        file.write_text(script + _REPORT, "utf-8")
        said = subprocess.run(
            ["wrk", f"-t{threads}", f"-c{connections}", f"-d{max(1, round(span))}s",
             "--timeout", "20s", "-s", file, url],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        line = next((x for x in said.stdout.splitlines() if x.startswith("JSON ")), "")
        if not line:
            raise BenchError(f"wrk: {said.stderr.strip() or said.stdout[-300:]}")
        seen = json.loads(line[5:])
        if seen["bad"] or seen["lost"] or not seen["n"]:
            raise BenchError(f"not every request was answered well: {seen}")
        return Load(seen["n"] / seen["us"] * 1e6, seen["p50"] / 1000, seen["p99"] / 1000)


def pss(pid: int) -> float:
    """Memory of one process in MB, pages that several share counted in parts."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii")
    except OSError:
        return 0.0
    return next(int(x.split()[1]) for x in text.splitlines() if x.startswith("Pss:")) / 1024


def children(pid: int) -> list[int]:
    """The process and all that came from it."""
    found, left = [], [pid]
    while left:
        one = left.pop()
        found.append(one)
        for task in Path(f"/proc/{one}/task").glob("*/children"):
            left += [int(word) for word in task.read_text("ascii").split()]
    return found
