"""The serving edge with nothing, 10,000 and 1,000,000 places denied, against plain nginx."""

from __future__ import annotations

import base64
import hashlib
import http.client
import io
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from pathlib import Path
from statistics import median
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.measure import Goal, Row, less, pairs, times_row
from bench.world import ROOT, World, children, free_port, pss, until
from edge.agent import Agent
from edge.denylist import canonical, parse_entry
from edge.serve import user_line
from edge.wire import Nginx

FILES = 2000
HOST = "127.0.0.1"
_ASK = f"""
math.randomseed(os.time())
function request()
  return wrk.format("GET", string.format("/r/%05d/index.html", math.random(0, {FILES - 1})))
end
"""
_PLAIN = """daemon off;
{user}
worker_processes 2;
pid "{data}/nginx.pid";
error_log stderr error;
events {{ worker_connections 8192; }}
http {{
    include /etc/nginx/mime.types;
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_timeout 30s;
    client_body_temp_path "{data}/body"; proxy_temp_path "{data}/proxy";
    fastcgi_temp_path "{data}/fastcgi"; uwsgi_temp_path "{data}/uwsgi"; scgi_temp_path "{data}/scgi";
    server {{ listen 127.0.0.1:{port} default_server; root "{content}"; index index.html; }}
}}
"""  # noqa: E501 - one line is one directive


def run(world: World) -> Iterator[Row]:
    """Requests that are allowed, memory, and one more deny."""
    content = world.folder / "content"
    for n in range(FILES):
        folder = content / "plain" / "r" / f"{n:05}"
        folder.mkdir(parents=True)
        (folder / "index.html").write_bytes(b"<!doctype html><p>" + b"x" * 1006)
    many = world.pick(20_000, 1_000_000)
    with _plain(world, content / "plain") as plain:
        for count, goal in ((10_000, Goal(0.8, 0.95)), (many, Goal(0.65, 0.87))):
            yield from _allowed(world, content, plain, count, goal, memory=count == many)


def _allowed(
    world: World, content: Path, plain: int, count: int, goal: Goal, *, memory: bool
) -> Iterator[Row]:
    data = world.folder / f"edge{count}"
    data.mkdir(mode=0o700)
    with _edge(world, data, content) as (port, pid):
        empty = sum(pss(one) for one in children(pid))
        agent = _agent(data, count)
        began = time.perf_counter()
        _push(agent)
        loaded = time.perf_counter() - began
        full = sum(pss(one) for one in children(pid))
        span = world.pick(1, 3)
        both = pairs(
            lambda: world.wrk(f"http://127.0.0.1:{port}/", span, script=_ASK).rate,
            lambda: world.wrk(f"http://127.0.0.1:{plain}/", span, script=_ASK).rate,
            world.pairs,
        )
        yield both.row(
            "edge", f"edge: allowed requests/s, random ids, {count:,} denied", goal,
            baseline="plain nginx, same files, sendfile on", unit="req/s",
        )  # fmt: skip
        if memory:
            each = (full - empty) / count * 1e6
            yield Row(
                "edge", "edge: nginx memory per 1,000,000 denied", each, each, each,
                less(300, 100, "MB"),
                made_of=f"{full:.0f} MB with {count:,} places, {empty:.0f} MB with none; "
                f"whole list taken in {loaded:.1f} s, no reload",
            )  # fmt: skip
            yield _one_more(agent, port, world.pick(3, 20), count)


@contextmanager
def _plain(world: World, content: Path) -> Iterator[int]:
    data, port = world.folder / "plain", free_port()
    data.mkdir()
    conf = data / "nginx.conf"
    words = {"data": data, "port": port, "content": content, "user": user_line()}
    conf.write_text(_PLAIN.format(**words), "utf-8")
    argv = ["nginx", "-e", "stderr", "-p", data, "-c", conf]
    with world.process("plain", argv, _path(world, data), port=port):
        yield port


@contextmanager
def _edge(world: World, data: Path, content: Path) -> Iterator[tuple[int, int]]:
    port = free_port()
    argv = [
        sys.executable, ROOT / "edge" / "serve.py", "--data", data, "--content", content,
        "--public", "http://127.0.0.1", "--port", port, "--workers", 2,
    ]  # fmt: skip
    with world.process("edge", argv, _path(world, data), port=port) as process:
        until((data / "agent.sock").exists)
        yield port, process.pid


def _path(world: World, data: Path) -> dict[str, str]:
    env = world.environ(data)
    return {**env, "PATH": env.get("PATH", "") + ":/usr/sbin"}


class _Centre:
    """Signs what the agent is given; stands where wire.Feed stands."""

    def __init__(self) -> None:
        self.private = Ed25519PrivateKey.generate()
        self.seq, self.answer = 1, b""

    @staticmethod
    def row(n: int) -> dict[str, Any]:
        # Every tenth place is a folder of segments, as in the demo's catalogue.
        path, mode = (f"/d/{n:07}/hls/", "prefix") if n % 10 == 0 else (f"/d/{n:07}/v.mp4", "exact")
        return {
            "epoch": 1, "seq": 1, "generation": 1, "resource": f"D{n:07}",
            "match": [{"host": HOST, "path": path, "mode": mode}],
            "block_ref": f"B{n:07}", "dark": True,
        }  # fmt: skip

    def checkpoint(self, lines: list[bytes]) -> dict[str, Any]:
        body = {
            "epoch": 1, "seq": self.seq, "count": len(lines),
            "sha256": hashlib.sha256(b"".join(lines)).hexdigest(),
            "as_of": f"2026-11-22T00:00:00.{self.seq:06}Z", "next_by": "2099-01-01T00:00:00Z",
            "kid": "feed-1",
        }  # fmt: skip
        signature = self.private.sign(canonical(body))
        return {**body, "signature": base64.b64encode(signature).decode()}

    def poll(self, since: int, wait: int) -> bytes:
        return self.answer

    def ack(self, **_said: object) -> None:
        """Nobody waits for it here."""


def _agent(data: Path, count: int) -> Agent:
    """The real agent with a snapshot of ``count`` places taken, its centre in this process."""
    centre = _Centre()
    keys = data / "keys.json"
    public = base64.b64encode(centre.private.public_key().public_bytes_raw()).decode()
    keys.write_text(json.dumps({"feed-1": public}), "utf-8")
    agent = Agent(centre, Nginx(data / "agent.sock"), keys, data)  # type: ignore[arg-type]
    entries = [parse_entry(centre.row(n)) for n in range(count)]
    lines = [p.line for p in sorted(p for entry in entries for p in entry.places)]
    agent.state.replace(entries, centre.checkpoint(lines))
    agent.store.save(agent.state)
    return agent


def _push(agent: Agent) -> None:
    with redirect_stderr(io.StringIO()):  # its log is not a row
        agent.push()


def _one_more(agent: Agent, port: int, n: int, count: int) -> Row:
    """The feed's line arrives at the agent → the edge answers 451; disk and digest included."""
    centre: Any = agent.feed
    lines = [place.line for place in agent.state._places]  # noqa: SLF001 - the centre's own copy
    took = []
    for k in range(n):
        centre.seq += 1
        # After all others: the digest's order is host, path.
        body = {
            "epoch": 1, "seq": centre.seq, "generation": 1, "resource": f"R{k:05}",
            "match": [{"host": HOST, "path": f"/r/{k:05}/index.html", "mode": "exact"}],
            "block_ref": f"N{k:05}", "dark": True,
        }  # fmt: skip
        lines += [place.line for place in parse_entry(body).places]
        checkpoint = centre.checkpoint(lines)
        centre.answer = b"".join(json.dumps(one).encode() + b"\n" for one in (body, checkpoint))
        began = time.perf_counter()
        agent.poll(0)
        _push(agent)
        until(lambda k=k: _status(port, f"/r/{k:05}/index.html") == 451, every=0.001)
        took.append(time.perf_counter() - began)
    return times_row(
        "edge", f"edge: one more deny holds, {count:,} denied before", took, less(1, 0.02, "s"),
        f"median {median(took) * 1000:.0f} ms: signature, digest over all, fsync, nginx, 451",
    )  # fmt: skip


def _status(port: int, path: str) -> int:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    line.request("GET", path)
    answer = line.getresponse()
    line.close()
    return answer.status
