"""The public page and the look-up of a receipt's proof, behind few and behind many complaints."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import requests
from flask import current_app
from sqlalchemy.orm import Session

from app.core import clock
from app.core.db import db
from app.core.keystore import keys
from app.intake import canonical
from app.oversight import checking, figures, opendata
from bench.desk import seed
from bench.inside import application
from bench.measure import Row, less, pairs, seconds, times_row
from bench.problems import _complaint
from bench.world import World

FEW, MANY = 1_000, 100_000


def run(world: World) -> Iterator[Row]:
    """``GET /transparency`` over HTTP, then one proof with the application in this process."""
    few, many = world.pick((200, 2_000), (FEW, MANY))
    times = world.pick(5, 40)
    folders = []
    for count in (few, many):
        with application(world, f"transparency-{count}") as data:
            fill(data, count)
            folders.append(data)
            proofs = _proofs(count, times)
    with world.web(folders[0]) as small, world.web(folders[1]) as large:
        both = pairs(
            lambda: median(_pages(large, times // 4)),
            lambda: median(_pages(small, times // 4)),
            world.pairs,
        )
        pages = _pages(large, times)
    yield both.row(
        "transparency", f"transparency page, {many:,} complaints", less(2, 1.2),
        baseline=f"the same page with {few:,}", unit="ms",
    )  # fmt: skip
    for name, taken in (("page", pages), ("one proof looked up", proofs)):
        yield times_row(
            "transparency", f"transparency {name}: server time", taken, less(50, 20, "ms"),
            f"{many:,} complaints, cases and log entries",
        )  # fmt: skip


def _pages(url: str, times: int) -> list[float]:
    """Milliseconds of so many pages, one client."""

    def ask() -> None:
        answer = requests.get(f"{url}/transparency", timeout=60)
        assert answer.text.count('href="/transparency/stops/') == 5, answer.text[:500]

    return [seconds(ask) * 1000 for _ in range(times)]


def _proofs(count: int, times: int) -> list[float]:
    signer, published = keys().signer("receipt"), keys().public_keys()
    taken = []
    for n in range(0, count, count // times):
        proof = canonical.proof(
            ref=f"C{n:08}", at=clock.now(), doc_digest=f"d{n}", policy="p", signer=signer
        )

        def ask(proof: dict[str, object] = proof) -> None:
            with Session(db.engine) as session:
                assert checking.check(session, proof, published).log == "soon"

        taken.append(seconds(ask) * 1000)
    return taken


def fill(data: Path, count: int) -> None:
    """So many complaints, each with its entry in the log and its confirmed case."""
    seed(data, count)
    database = sqlite3.connect(data / "chuku.db")
    database.execute("PRAGMA synchronous = OFF")
    database.execute("UPDATE incident SET state = 'found'")
    database.execute(
        "INSERT INTO public_case (incident, exercise, article, opened_at, decided_at, outcome, "
        "found_article, hold_ref) SELECT ref, 0, 20, opened_at, "
        "strftime('%Y-%m-%d %H:%M:%f000', opened_at, '-' || id || ' seconds'), 'found', 20, "
        "'H' || id FROM incident"
    )
    first = database.execute("SELECT coalesce(max(id), 0) FROM complaint").fetchone()[0]
    for n in range(count):
        _complaint(database, first + n + 1, 1, "x")
    database.executemany(
        "INSERT INTO audit_entry (at, actor, action, subject, data) "
        "VALUES ('2026-11-22 00:00:00.000000', 'complainant', 'complaint.filed', ?, ?)",
        ((f"complaint:C{n:08}", json.dumps({"digest": f"d{n}"})) for n in range(count)),
    )
    database.commit()
    database.execute("ANALYZE")
    database.close()
    chosen = current_app.config["CHUKU"]
    counts = {key: dict.fromkeys(cells, count) for key, cells in figures.TABLES.items()}
    for number in range(1, 13):
        opendata.keep(chosen, figures.publish(f"2025-{number:02}", counts, {}))
    opendata.bind(chosen, at=clock.now())
