"""Units of work: durable or undone, never nested, and the doors ring after the commit."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import func, select

from app.core import bell
from app.core.db import db
from app.core.transaction import transaction
from app.outbox import service
from app.outbox.models import OutboxRow


def _put(tx, at, key="k", topic="triage.sort"):
    return service.put(tx, topic=topic, key=key, at=at, n=1)


def test_what_raises_did_not_happen(app, at):
    with pytest.raises(ZeroDivisionError), transaction() as tx:
        _put(tx, at)
        1 / 0  # noqa: B018
    assert db.session.scalar(select(func.count()).select_from(OutboxRow)) == 0


def test_units_of_work_do_not_nest(app):
    with transaction(), pytest.raises(RuntimeError, match="open already"), transaction():
        pass


def test_queues_are_rung_after_the_commit_and_only_then(app, at, monkeypatch):
    rung = []
    monkeypatch.setattr(bell, "ring", lambda queues: rung.append(sorted(queues)))
    with transaction() as tx:
        _put(tx, at)
        assert rung == []
    assert rung == [["stop"]]


def test_fifty_writers_all_get_their_turn(app, at):
    failures = []

    def write(n):
        try:
            with app.app_context(), transaction() as tx:
                count = tx.scalar(select(func.count()).select_from(OutboxRow))
                _put(tx, at, key=f"k{n}")
                assert count is not None
        except Exception as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert db.session.scalar(select(func.count()).select_from(OutboxRow)) == 50
