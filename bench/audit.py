"""The audit log: what an entry costs beside a bare insert, and a proof in a large tree."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from random import Random

import sqlalchemy as sa

from app.audit import queries, sequencer, service
from app.audit.upkeep import bring_up_to_date
from app.core import clock
from app.core.db import db
from app.core.transaction import reading, transaction
from bench.inside import application
from bench.measure import Goal, Row, less, pairs, seconds, times_row
from bench.world import World

_bare = sa.Table(
    "bare", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True),
    *(sa.Column(name, sa.Text) for name in ("at", "actor", "action", "subject", "data")),
)  # fmt: skip


def run(world: World) -> Iterator[Row]:
    """Appends with their sequencing, then proofs."""
    entries = world.pick(50, 300)
    with application(world, "audit"):
        _bare.create(db.engine)
        bring_up_to_date()  # what the demo wrote
        both = pairs(partial(_append, entries), partial(_insert, entries), world.pairs)
        yield both.row(
            "audit", "audit: appends/s, each its own commit, with sequencing", Goal(0.5, 0.8),
            baseline="bare insert + commit, same database and lock", unit="/s",
        )  # fmt: skip
    leaves = world.pick(100_000, 5_000_000)
    with application(world, "proofs") as data:
        _grow(data / "chuku.db", leaves)
        yield times_row(
            "audit", f"audit: inclusion proof at {leaves:,} leaves",
            list(_proofs(leaves, world.pick(20, 200))), less(100, 5, "ms"), "random leaves",
        )  # fmt: skip


def _append(n: int) -> float:
    """Entries per second: committed one by one, sequenced at the end as each second does."""

    def act() -> None:
        for k in range(n):
            with transaction() as tx:
                service.record(
                    tx, actor="policy:precaution", action="hold.place", subject=f"hold:{k}",
                    at=clock.now(), incident="4F7K2M9Q", article=20, reason="policy_met",
                )  # fmt: skip
        with transaction() as tx:
            done = sequencer.sequence(tx)
        assert done == n

    return n / seconds(act)


def _insert(n: int) -> float:
    def act() -> None:
        for k in range(n):
            row = {
                "at": clock.now().isoformat(), "actor": "policy:precaution",
                "action": "hold.place", "subject": f"hold:{k}",
                "data": '{"article":20,"reason":"policy_met"}',
            }  # fmt: skip
            with transaction() as tx:
                tx.execute(sa.insert(_bare).values(row))

    return n / seconds(act)


def _grow(file: Path, leaves: int) -> None:
    """A tree of so many leaves, written past the triggers of ``app.audit``."""
    database = sqlite3.connect(file)
    database.execute("PRAGMA synchronous = OFF")
    sha = hashlib.sha256
    level, row = 0, [sha(b"\0%d" % n).digest() for n in range(leaves)]
    database.executemany(
        "INSERT INTO audit_leaf (seq, entry_id, leaf_hash) VALUES (?, ?, ?)",
        ((n, n + 1, value) for n, value in enumerate(row)),
    )
    while len(row) > 1:
        level += 1
        row = [sha(b"\1" + row[n] + row[n + 1]).digest() for n in range(0, len(row) - 1, 2)]
        database.executemany(
            'INSERT INTO audit_node (level, "index", hash) VALUES (?, ?, ?)',
            ((level, n, value) for n, value in enumerate(row)),
        )
    database.commit()
    database.close()


def _proofs(leaves: int, n: int) -> Iterator[float]:
    chance = Random(1)
    for _ in range(n):
        entry = chance.randrange(leaves) + 1
        with reading() as session:
            yield seconds(partial(queries.inclusion_proof, session, entry)) * 1000
