"""Finding the complaints that tell the same problem, among few and among very many open ones."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from statistics import median

from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from app.classifier import likeness
from app.core.db import Base
from app.triage import queries
from bench.measure import Row, less, pairs, seconds, times_row
from bench.world import World
from nlp_models.likeness.fit import load

FEW, MANY = 1_000, 100_000
COPIES = 20_000  # of one text, on the resource that is asked about
_RESOURCES = 50


def run(world: World) -> Iterator[Row]:
    """``triage.queries.same_problem`` on one resource of many."""
    few, many = world.pick((200, 2_000), (FEW, MANY))
    small, large = _database(world, few), _database(world, many)
    asked = [one.text for one in load()][:: world.pick(90, 9)]
    prints = [likeness.fingerprint(text) for text in asked]

    def ask(session: Session) -> float:
        return median(
            seconds(lambda p=p: queries.same_problem(session, 1, p)) * 1000 for p in prints
        )

    both = pairs(lambda: ask(large), lambda: ask(small), world.pairs)
    yield both.row(
        "problems", f"same problem among {many:,} open complaints", less(3, 1.5),
        baseline=f"the same among {few:,}", unit="ms",
    )  # fmt: skip
    single = [seconds(lambda p=p: queries.same_problem(large, 1, p)) * 1000 for p in prints]
    held = large.connection().exec_driver_sql("SELECT count(*) FROM likeness WHERE resource_id = 1")
    yield times_row(
        "problems", f"same problem among {many:,} open complaints: one question", single,
        less(50, 10, "ms"),
        f"fingerprint at hand, whole answer; {held.scalar():,} on the resource asked about",
    )  # fmt: skip
    for session in (small, large):
        session.close()


def _database(world: World, count: int) -> Session:
    """So many open complaints on fifty resources; a fifth of them copies of one text on one."""
    path = world.folder / f"problems-{count}.db"
    engine = create_engine(f"sqlite:///{path}")
    names = ("complaint", "likeness", "likeness_term", "resource")
    Base.metadata.create_all(engine, tables=[Base.metadata.tables[name] for name in names])
    base = [(likeness.fingerprint(one.text), one.text) for one in load()]
    database = sqlite3.connect(path)
    database.execute("PRAGMA synchronous = OFF")
    copies = count * COPIES // MANY
    for n in range(count):
        made, words = base[n % len(base)]
        copy = 1 if 0 < n < copies else None
        resource = 1 if n < copies or n % 2 else n % _RESOURCES + 1
        _complaint(database, n + 1, resource, words)
        if copy or n == 0:
            made = base[0][0]
        database.execute(
            "INSERT INTO likeness VALUES (?, ?, ?, ?)", (n + 1, resource, copy, json.dumps(made))
        )
        if copy is None:
            # Each has one piece of its own beside those of a telling of the corpus.
            terms = {*likeness.terms(made), n}
            database.executemany(
                "INSERT INTO likeness_term VALUES (?, ?, ?)",
                [(resource, term, n + 1) for term in terms],
            )
    database.commit()
    database.execute("ANALYZE")
    database.close()
    return Session(engine)


def _complaint(database: sqlite3.Connection, number: int, resource: int, words: str) -> None:
    database.execute(
        "INSERT INTO complaint (id, ref, source, resource_id, language, schema_version, kid, alg, "
        "sealed_text, masked_text, canonical_sha256, secret_hash, secret_kid, minor, in_triage, "
        "wants_reply, state, received_at, accept_by, handle_by, policy, exercise, legal_hold) "
        "VALUES (?, ?, 'portal', ?, 'zh', '1', 'k', 'a', '', ?, '', ?, 'k', 0, 0, 0, 'received', "
        "'2026-11-22', '2026-11-22', '2026-11-22', '', 0, 0)",
        (number, f"C{number:08}", resource, words, str(number).encode()),
    )
