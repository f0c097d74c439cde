"""K3: stop, lift and release in the same moment; the end is the highest generation everywhere."""

from __future__ import annotations

import threading

import sqlalchemy as sa
from flask import Flask

from app.core.errors import ConflictError
from app.core.transaction import reading, transaction
from app.suspension import queries, service
from app.suspension.models import DenyRule, FeedEntry
from tests.suspension.make import ANNA, BO, CHEN, make_resource, place


def test_k3_stop_against_lift_at_the_same_moment(app: Flask, at) -> None:
    with transaction() as tx:
        resource = make_resource(tx, at)
        place(tx, resource, at, by=ANNA)
    gate = threading.Barrier(8)

    def act(n: int) -> None:
        gate.wait(10)
        try:
            with app.app_context(), transaction() as tx:
                if n % 4 == 0:
                    place(tx, resource, at, by=CHEN, incident=f"I{n}")
                elif n % 4 == 1:
                    service.request_lift(tx, incident="I0000001", by=ANNA, reason="x", at=at)
                elif n % 4 == 2:
                    service.approve_lift(tx, incident="I0000001", by=BO, reason="x", at=at)
                else:
                    service.confirm_holds(tx, incident="I0000001", article=20, by=CHEN, at=at)
        except ConflictError:
            pass  # the other was first, and this one is told

    threads = [threading.Thread(target=act, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    with reading() as session:
        entries = session.scalars(sa.select(FeedEntry).order_by(FeedEntry.seq)).all()
        assert [e.seq for e in entries] == list(range(1, len(entries) + 1))
        assert [e.generation for e in entries] == [e.seq for e in entries]
        assert len(queries.standing(session, resource.id)) >= 2
        assert entries[-1].dark
        assert set(session.scalars(sa.select(DenyRule.generation))) == {entries[-1].generation}
        mirror = app.extensions["suspension"][0]
        seen = mirror.lookup("127.0.0.1", "/r/R0001/index.html")
        assert seen.generation == entries[-1].generation
