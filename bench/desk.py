"""The desk's queue page, with few and with very many open incidents behind it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from statistics import median

import requests

from app.core import clock
from bench.measure import Row, less, pairs, seconds
from bench.world import World
from tests.running import Product

FEW = 10_000
KINDS = ("legal", "politics", "suitability", "normativity", "technical")


def run(world: World) -> Iterator[Row]:
    """``GET /desk/`` of a signed-in officer, first page of 50."""
    sizes = world.pick((20_000,), (100_000, 1_000_000))
    few = world.data("desk-few")
    seed(few, FEW)
    for many in sizes:
        data = world.data(f"desk-{many}")
        seed(data, many)
        with world.web(few) as small, world.web(data) as large:
            at_few, at_many = _Officer(small, few), _Officer(large, data)
            times = world.pick(3, 10)
            both = pairs(
                lambda a=at_many, n=times: a.page(n),
                lambda a=at_few, n=times: a.page(n),
                world.pairs,
            )
        yield both.row(
            "desk", f"desk queue page, {many:,} open incidents", less(2, 1.2),
            baseline=f"the same page with {FEW:,}", unit="ms",
        )  # fmt: skip
    yield Row(
        "desk", "desk queue page: server time", median(both.ours), min(both.ours), max(both.ours),
        less(55, 16.5, "ms"), "DFIR-IRIS list of 50: 110 ms, measured elsewhere (design page 7)",
        f"50 rows of {sizes[-1]:,}, over HTTP, one client", len(both.ours),
    )  # fmt: skip


class _Officer:
    """A person signed in at one of the two desks."""

    def __init__(self, url: str, data: Path) -> None:
        people = json.loads((data / "demo-officers.json").read_text("utf-8"))
        ready = {"portal": url, "desk": f"{url}/desk/", "officers": people}
        self._url = f"{url}/desk/"
        self._session: requests.Session = Product(None, ready, data, {}).sign_in()  # type: ignore[arg-type]

    def page(self, times: int) -> float:
        """Milliseconds of one page: the median of so many."""
        return median(seconds(self._ask) * 1000 for _ in range(times))

    def _ask(self) -> None:
        answer = self._session.get(self._url, timeout=60)
        assert answer.text.count("data-row>") == 50, answer.text[:500]


def seed(data: Path, count: int) -> None:
    """So many open incidents, one complaint each, straight into the tables.

    The first page's incidents are about the demo's resources; the others' resource ids belong to
    nobody, since one resource has one open incident per kind and pages show 50.
    """
    database = sqlite3.connect(data / "chuku.db")
    if database.execute("SELECT count(*) FROM incident").fetchone()[0]:
        database.close()
        return
    database.execute("PRAGMA synchronous = OFF")
    real = database.execute(
        "SELECT r.id, v.id, r.platform_id FROM resource r JOIN resource_version v "
        "ON v.resource_id = r.id GROUP BY r.id ORDER BY r.id"
    ).fetchall()
    now = clock.now().replace(tzinfo=None)

    def stamp(minutes: float) -> str:
        return (now + timedelta(minutes=minutes)).strftime("%Y-%m-%d %H:%M:%S.%f")

    opened, due = stamp(-60), [stamp(n / 100) for n in range(count)]

    def incidents() -> Iterator[tuple[object, ...]]:
        for n in range(count):
            known = n < len(real)
            resource, version, platform = real[n] if known else (10_000_000 + n, 1, n % 3 + 1)
            kind = KINDS[n % len(KINDS)]
            yield (
                n + 1, f"X{n:07}", platform, resource, version, kind, "legal", "alleged",
                opened, due[n], due[n], due[n], 0 if n < 5 else 5,
            )  # fmt: skip

    database.executemany(
        "INSERT INTO incident (id, ref, platform_id, resource_id, version_id, routing_kind, "
        "category, state, open, opened_at, accept_by, handle_by, due_at, rank, severe_impact, "
        "summary, exercise, version) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?, 0, '', 0, 1)",
        incidents(),
    )
    database.executemany(
        "INSERT INTO incident_complaint (id, incident_id, complaint_id, kind, since, by) "
        "VALUES (?, ?, ?, 'legal', ?, 'policy:precaution')",
        ((n + 1, n + 1, n + 1, opened) for n in range(count)),
    )
    database.commit()
    database.execute("ANALYZE")
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
