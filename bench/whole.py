"""The whole product on this machine: ready after, memory at rest, complaint to dark, a stop."""

from __future__ import annotations

import http.client
import json
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from bench.measure import Row, less, times_row
from bench.world import ROOT, BenchError, World, children, pss, until
from tests.running import Product

GAMBLING = "课件最后一页的二维码是赌博网站"
QUIET = "这门课程的内容请核实一下"  # names nothing grave: a person decides
LARGE = ("R0001", "R0002", "R0003", "R0004", "R0005", "R0006")  # films of 24 MB and more
_PARTS = ("app", "workers", "edge", "nlp_models", "templates", "deploy", "migrations")
_OFF = {
    "no_rejected_claims = true": "no_rejected_claims = false",
    "no_other_hold_of_provider = true": "no_other_hold_of_provider = false",
    "per_tag_on_resource = 1": 'per_tag_on_resource = "off"',
    "per_day_tag = 3": 'per_day_tag = "off"',
    "per_provider = 2": 'per_provider = "off"',
    "per_platform = 20": 'per_platform = "off"',
    "views_share = 0.005": 'views_share = "off"',
}


def run(world: World) -> Iterator[Row]:
    """One fresh product with the bench's own house.toml; all rows from it."""
    source = _source(world.folder / "source")
    ready: list[float] = []
    for n in range(world.pick(0, 1)):
        with _product(world, source, f"start{n}", ready):
            pass
    with _product(world, source, "whole", ready) as product:
        yield times_row(
            "whole", "whole product: ready after a first start", ready, less(30, 8, "s"),
            "fresh data folder, demo seeded",
        )  # fmt: skip
        yield _memory(product, world.pick(3, 10))
        yield from _to_dark(product, world.pick(3, 25))
        yield from _stops(product, world.pick(2, len(LARGE)))


def _source(folder: Path) -> Path:
    """The product with the bench platform's house rules: caps and conditions (a), (c) off."""
    for part in _PARTS:
        skip = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / part, folder / part, ignore=skip)
    house = folder / "app" / "norm" / "house.toml"
    text = house.read_text("utf-8")
    for was, now in _OFF.items():
        if was not in text:
            raise BenchError(f"house.toml has no line '{was}' any more")
        text = text.replace(was, now)
    house.write_text(text, "utf-8")
    return folder


@contextmanager
def _product(world: World, source: Path, name: str, ready: list[float]) -> Iterator[Product]:
    folder = world.folder / name
    env = {k: v for k, v in world.environ(folder).items() if not k.startswith("CHUKU_")}
    argv = [sys.executable, "-m", "app.cli.main", "up", "--demo", "--data", str(folder),
            "--port", "0", "--edge-port", "0"]  # fmt: skip
    log = world.folder / f"{name}-up.log"
    began = time.perf_counter()
    with log.open("w") as err:
        process = subprocess.Popen(
            argv, cwd=source, env=env, stdout=subprocess.PIPE, stderr=err, text=True
        )
    line = process.stdout.readline() if process.stdout else ""
    try:
        if not line.startswith("ready "):
            raise BenchError(f"the product did not start: {log.read_text('utf-8')[-500:]}")
        ready.append(time.perf_counter() - began)
        yield Product(process, json.loads(line[6:]), folder, env)
    finally:
        process.terminate()
        process.wait(30)


def _memory(product: Product, rest: float) -> Row:
    time.sleep(rest)
    pids = children(product.process.pid)
    parts = sorted((pss(pid) for pid in pids), reverse=True)
    total = sum(parts)
    return Row(
        "whole", "whole product: memory at rest", total, total, total, less(900, 450, "MB"),
        made_of=f"{len(pids)} processes, the largest {parts[0]:.0f} MB (proportional set size)",
    )  # fmt: skip


def _database(product: Product) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{product.folder / 'chuku.db'}?mode=ro", uri=True, timeout=10)


def _own(product: Product) -> list[str]:
    """Resources that this edge serves whole, but the large films: these are for the stops."""
    rows = [json.loads(line) for line in (product.folder / "demo.jsonl").open(encoding="utf-8")]
    return [
        row["ref"]
        for row in rows
        if row["type"] == "resource"
        and row["ref"] not in LARGE
        and all(address["hosting"] != "external" for address in row["addresses"])
    ]


def _to_dark(product: Product, n: int) -> Iterator[Row]:
    """Received → seen dark by the probe, and received → its task claimed by a worker."""
    chosen = _own(product)[:n]
    started, dark = [], []
    database = _database(product)
    for ref in chosen:
        watch = _Watch(product)
        filed = product.complain(GAMBLING, ref)
        started.append(watch.seen())
        dark.append(_dark_after(database, filed["ref"]))
    database.close()
    yield times_row(
        "whole", "accepted → task started (doorbell)", started, less(100, 20, "ms"),
        "row committed → leased by a worker, both seen by polling the database each 0.3 ms",
    )  # fmt: skip
    yield times_row(
        "whole", "accepted → dark as probed (policy precaution)", dark, less(3, 0.25, "s"),
        "received_at → stopped_at, the product's own times; house.toml with caps, (a), (c) off",
    )  # fmt: skip


class _Watch:
    """Looks at the newest ``triage.sort`` row from before the filing on."""

    def __init__(self, product: Product) -> None:
        self._product, self._took = product, 0.0
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        self._ready.wait(10)

    def _look(self) -> None:
        database = _database(self._product)
        last = database.execute("SELECT coalesce(max(id), 0) FROM outbox").fetchone()[0]
        find = "SELECT attempts FROM outbox WHERE id > ? AND topic = 'triage.sort'"
        self._ready.set()
        end, committed = time.perf_counter() + 30, None
        while time.perf_counter() < end:
            row = database.execute(find, (last,)).fetchone()
            now = time.perf_counter()
            committed = committed or (now if row else None)
            if row and row[0]:
                self._took = (now - (committed or now)) * 1000
                break
            time.sleep(0.0003)
        database.close()

    def seen(self) -> float:
        """Milliseconds from the commit to the lease."""
        self._thread.join()
        return self._took


def _dark_after(database: sqlite3.Connection, ref: str) -> float:
    find = (
        "SELECT c.received_at, s.stopped_at FROM complaint c "
        "JOIN stop_state s USING (resource_id) WHERE c.ref = ? AND s.stopped_at IS NOT NULL"
    )

    def look() -> Any:
        return database.execute(find, (ref,)).fetchone()

    try:
        received, stopped = until(look, within=30)
    except BenchError:
        said = database.execute("SELECT reasons FROM proposal ORDER BY id DESC").fetchone()
        raise BenchError(f"complaint {ref} made nothing dark; the policy said {said}") from None
    return (datetime.fromisoformat(stopped) - datetime.fromisoformat(received)).total_seconds()


def _stops(product: Product, n: int) -> Iterator[Row]:
    """An officer presses "stop": the next request is refused, a running download ends."""
    officer = product.sign_in("officer")
    refused, cut = [], []
    for resource in LARGE[:n]:
        filed = product.complain(QUIET, resource, kind="gambling")
        incident = _incident_of(product, filed["ref"])
        page = f"/desk/incidents/{incident}"
        film = next(a["url"] for a in product.card(resource)["addresses"] if "video" in a["url"])
        download, ask = _Download(film), _Ask(film)
        pressed = _press(product, officer, page)
        refused.append(ask.until_refused() - pressed)
        cut.append(download.until_cut() - pressed)
    yield times_row(
        "whole", "officer's stop → new request refused", refused, less(1, 0.05, "s"),
        "from sending the desk's form to the edge's first 451, asked every 2 ms",
    )  # fmt: skip
    yield times_row(
        "whole", "officer's stop → running transfer cut", cut, less(2, 0.3, "s"),
        "a film read at 1 to 2 MB/s",
    )  # fmt: skip


def _incident_of(product: Product, ref: str) -> str:
    database = _database(product)
    find = (
        "SELECT i.ref FROM incident i JOIN incident_complaint ic ON ic.incident_id = i.id "
        "JOIN complaint c ON c.id = ic.complaint_id WHERE c.ref = ? AND i.state = 'alleged'"
    )
    try:
        return str(until(lambda: database.execute(find, (ref,)).fetchone(), within=30)[0])
    finally:
        database.close()


def _press(product: Product, officer: requests.Session, page: str) -> float:
    """When the form was sent."""
    shown = officer.get(f"{product.portal}{page}", timeout=20).text
    token = shown.split('name="csrf_token"', 1)[1].split('value="', 1)[1].split('"', 1)[0]
    time.sleep(0.3)  # the download is under way
    sent = time.perf_counter()
    answer = officer.post(
        f"{product.portal}{page}/stop",
        data={"csrf_token": token, "stop-reason": "值班员核实中，先行停传"},
        allow_redirects=False,
        timeout=30,
    )
    if answer.status_code != 303:
        raise BenchError(f"the stop was answered with {answer.status_code}")
    return sent


class _Download:
    """Reads a film slowly until it ends early."""

    def __init__(self, url: str) -> None:
        self._parts, self._ended, self._got = urlsplit(url), 0.0, 0
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        host, port = self._parts.hostname or "", self._parts.port or 80
        with socket.socket() as line:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
            line.settimeout(20)
            line.connect((host, port))
            ask = f"GET {self._parts.path} HTTP/1.1\r\nHost: {self._parts.netloc}\r\n\r\n"
            line.sendall(ask.encode())
            try:
                while piece := line.recv(16384):
                    self._got += len(piece)
                    time.sleep(0.01)
            except ConnectionError:
                pass
            self._ended = time.perf_counter()

    def until_cut(self) -> float:
        """When it ended."""
        self._thread.join(60)
        if not self._ended or self._got > 20_000_000:
            raise BenchError(f"the running transfer was not cut ({self._got} bytes came)")
        return self._ended


class _Ask:
    """Asks for one byte every 2 ms until it is refused."""

    def __init__(self, url: str) -> None:
        self._parts, self._refused = urlsplit(url), 0.0
        self._thread = threading.Thread(target=self._ask)
        self._thread.start()

    def _ask(self) -> None:
        edge = http.client.HTTPConnection(
            self._parts.hostname or "", self._parts.port or 80, timeout=10
        )
        end = time.perf_counter() + 30
        while time.perf_counter() < end and not self._refused:
            try:
                edge.request("GET", self._parts.path, headers={"Range": "bytes=0-0"})
                answer = edge.getresponse()
                answer.read()
            except ConnectionError:  # nginx ends a line after 1,000 requests
                edge.close()
                continue
            if answer.status == 451:
                self._refused = time.perf_counter()
            time.sleep(0.002)
        edge.close()

    def until_refused(self) -> float:
        """When the first refusal came."""
        self._thread.join()
        if not self._refused:
            raise BenchError("the edge did not refuse within 30 s")
        return self._refused
