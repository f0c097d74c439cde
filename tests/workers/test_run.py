"""What a ring does: drain, record failures, survive poison, fence off latecomers."""

from __future__ import annotations

import os

import pytest
from sqlalchemy import select

from app.core import clock
from app.core.errors import PermanentError
from app.core.transaction import transaction
from app.outbox import service
from app.outbox.models import OutboxRow
from workers import handlers, run, sweeper


@pytest.fixture
def jobs(monkeypatch):
    done: dict[str, object] = {}
    monkeypatch.setattr(run, "handlers", lambda: done)
    return done


def promise(topic="notices.send", key="k", **payload):
    with transaction() as tx:
        service.put(tx, topic=topic, key=key, at=clock.now(), **payload)


def row() -> OutboxRow:
    from app.core.db import db

    db.session.rollback()
    return db.session.scalars(select(OutboxRow)).one()


def test_a_job_gets_its_payload_and_is_done(app, jobs):
    seen = []
    jobs["notices.send"] = lambda notice_id: seen.append(notice_id)
    promise(notice_id=7)
    assert run.drain_here("default") == 1
    assert seen == [7]
    assert row().done_at is not None


def test_a_failing_job_is_recorded_and_comes_again(app, jobs):
    def fails():
        raise OSError("no route")

    jobs["notices.send"] = fails
    promise()
    run.drain_here("default")
    assert row().done_at is None
    assert "no route" in row().last_error
    assert row().due_at > clock.now()


def test_a_permanent_error_parks(app, jobs):
    def refuses():
        raise PermanentError("gone")

    jobs["notices.send"] = refuses
    promise()
    run.drain_here("default")
    assert row().parked_at is not None


def test_a_topic_nobody_knows_is_parked_not_lost(app, jobs):
    promise(topic="notices.unknown")
    run.drain_here("default")
    assert "no job" in row().last_error


def test_draining_an_empty_queue_takes_no_write_lock(app, jobs):
    with transaction():  # somebody else writes; an idle drain must not wait for them
        from app.core.transaction import _open

        token = _open.set(False)
        try:
            assert run.drain_here("stop") == 0
        finally:
            _open.reset(token)


def test_the_sweeper_frees_what_a_dead_process_held(app, jobs, monkeypatch):
    monkeypatch.setattr(sweeper, "periodic", dict)
    monkeypatch.setattr(sweeper.bell, "ring", lambda _queues: True)
    promise()
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    import socket

    with transaction() as tx:
        service.claim(
            tx, queue="default", holder=f"{socket.gethostname()}:{child}:1", at=clock.now()
        )
    assert sweeper.sweep() == ["default"]
    assert row().lease_by is None


def test_every_feature_brings_its_jobs(app):
    found = handlers.handlers()
    for topic in ("triage.sort", "suspension.probe", "evidence.capture", "notices.send",
                  "intake.outcome", "incidents.clock", "audit.sequence"):  # fmt: skip
        assert topic in found
