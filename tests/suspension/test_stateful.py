"""Any interleaving of place, confirm, release, request, approve keeps laws 1, 2 and 4."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from hypothesis.stateful import run_state_machine_as_test as run
from sqlalchemy.orm import Session

from app.catalogue import queries as catalogue
from app.core.db import db
from app.core.errors import ConflictError
from app.suspension import queries, service
from app.suspension.feed import DenyState, apply
from app.suspension.models import DenyRule, FeedEntry, Hold
from app.suspension.values import Entry, Match
from tests.suspension.make import POLICY, add_resource, make_resource

PEOPLE = st.sampled_from(["account:1", "account:2", "account:3"])
ANYONE = st.sampled_from(["account:1", "account:2", POLICY, "system:duties"])
INCIDENTS = st.sampled_from(["I1", "I2"])
KINDS = st.sampled_from(["precaution", "notice", "confirmed", "designated", "manual"])


class Holds(RuleBasedStateMachine):
    """One connection per run, thrown away at its end."""

    @initialize()
    def begin(self) -> None:
        self.connection = db.engine.connect()
        self.tx = Session(self.connection, expire_on_commit=False)
        self.at = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
        first = make_resource(self.tx, self.at)
        self.resources = [first, add_resource(self.tx, self.at, ref="R0002")]
        self.places = {r.id: catalogue.addresses(self.tx, r.version_id) for r in self.resources}
        self.generations = {r.id: 0 for r in self.resources}
        self.edge, self.seen, self.applied = DenyState(), {}, 0

    def teardown(self) -> None:
        if hasattr(self, "tx"):
            self.tx.close()
            self.connection.close()

    def attempt(self, verb, **given) -> None:
        self.at += timedelta(seconds=1)
        try:
            with self.tx.begin_nested():
                verb(self.tx, at=self.at, **given)
        except ConflictError:
            self.tx.expire_all()

    @rule(n=st.integers(0, 1), where=st.integers(-1, 2), incident=INCIDENTS, by=ANYONE, kind=KINDS)
    def place(self, n, where, incident, by, kind) -> None:
        r = self.resources[n]
        self.attempt(
            service.place_hold, platform_id=r.platform_id, resource_id=r.id,
            version_id=r.version_id, incident=incident, article=20, kind=kind, placed_by=by,
            reason="x", address_id=None if where < 0 else self.places[r.id][where].id,
        )  # fmt: skip

    @rule(incident=INCIDENTS, by=PEOPLE)
    def confirm(self, incident, by) -> None:
        self.attempt(service.confirm_holds, incident=incident, article=20, by=by)

    @rule(incident=INCIDENTS, by=ANYONE)
    def release(self, incident, by) -> None:
        self.attempt(service.release, incident=incident, by=by, reason="x")

    @rule(incident=INCIDENTS, by=ANYONE)
    def request(self, incident, by) -> None:
        self.attempt(service.request_lift, incident=incident, by=by, reason="x")

    @rule(incident=INCIDENTS, by=ANYONE)
    def approve(self, incident, by) -> None:
        self.attempt(service.approve_lift, incident=incident, by=by, reason="x")

    @rule(n=st.integers(0, 1))
    def recover(self, n) -> None:
        self.attempt(service.recover, resource_id=self.resources[n].id)

    @invariant()
    def dark_iff_a_standing_hold_covers_it(self) -> None:
        if not hasattr(self, "tx"):
            return
        self.tx.flush()
        denied = {tuple(r) for r in self.tx.execute(sa.select(DenyRule.host, DenyRule.path))}
        for resource in self.resources:
            standing = [
                h for h in queries.holds(self.tx, resource_id=resource.id) if not h.lifted_at
            ]
            for a in self.places[resource.id]:
                covered = any(h.address_id in {None, a.id} for h in standing)
                assert ((a.host, a.path) in denied) == covered
            assert queries.stop_state(self.tx, resource.id).dark == bool(standing)

    @invariant()
    def generation_only_grows_and_the_feed_follows_it(self) -> None:
        if not hasattr(self, "tx"):
            return
        for resource in self.resources:
            now = queries.stop_state(self.tx, resource.id).generation
            assert now >= self.generations[resource.id]
            self.generations[resource.id] = now
        rows = self.tx.scalars(
            sa.select(FeedEntry).where(FeedEntry.seq > self.applied).order_by(FeedEntry.seq)
        ).all()
        assert [r.seq for r in rows] == list(range(self.applied + 1, self.applied + 1 + len(rows)))
        for r in rows:
            match = tuple(Match(m["host"], m["path"], m["mode"]) for m in r.match)
            entry = Entry(r.epoch, r.seq, r.generation, r.resource, match, r.block_ref, r.dark)
            assert apply(self.edge, entry, self.seen)  # strictly higher than before
            self.applied = r.seq

    @invariant()
    def the_edge_ends_where_the_rules_are(self) -> None:
        if not hasattr(self, "tx"):
            return
        rows = self.tx.scalars(sa.select(DenyRule)).all()
        assert {(r.host, r.path, r.generation, r.block_ref) for r in rows} == {
            (x.match.host, x.match.path, x.generation, x.block_ref)
            for ref in self.edge.resources()
            for x in self.edge.rules(ref)
        }

    @invariant()
    def law_4_holds_for_every_lift(self) -> None:
        if not hasattr(self, "tx"):
            return
        for h in self.tx.scalars(sa.select(Hold).where(Hold.lifted_at.is_not(None))):
            assert h.lifted_by.startswith("account:")
            if h.lift_kind == "release":
                assert h.kind in {"precaution", "notice"}
                assert h.confirmed_by is None
                assert not h.placed_by.startswith("account:")
            else:
                assert h.lift_requested_by is not None
                assert h.lifted_by not in {h.lift_requested_by, h.placed_by, h.confirmed_by}


def test_any_interleaving_keeps_the_laws(app: Flask) -> None:
    run(
        Holds,
        settings=settings(
            max_examples=20,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
