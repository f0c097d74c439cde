"""What comes back up: each job may run twice, late, or for something that is over."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
from flask import Flask

from app.accounts import queries as accounts
from app.core import clock
from app.core.keystore import keys
from app.core.transaction import reading, transaction
from app.evidence import queries as evidence
from app.evidence import vault
from app.incidents import decisions, jobs, queries
from app.suspension.models import StopState
from tests.incidents.make import (
    World,
    confirm,
    duty_states,
    letters,
    make_found,
    make_incident,
    make_precaution,
    make_world,
    told,
)


@pytest.fixture
def world(app: Flask, at: datetime) -> World:
    with transaction() as tx:
        return make_world(tx, at)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch, at: datetime) -> list[datetime]:
    """The clock of jobs; set element 0 to move it."""
    moment = [at]
    monkeypatch.setattr(clock, "now", lambda: moment[0])
    return moment


def _dark(world: World, at: datetime) -> int:
    with transaction() as tx:
        state = tx.get_one(StopState, world.resource.id)
        state.stopped_at, state.state = at, "stopped"
        return state.generation


def test_went_dark_twice_reports_once(world: World, later: list[datetime]) -> None:
    with transaction() as tx:
        ref = make_found(tx, world).ref
    generation = _dark(world, later[0])
    for _ in range(2):
        jobs.went_dark(resource_id=world.resource.id, generation=generation)
    with reading() as session:
        assert sorted(role for _, roles in letters(session, ref) for role in roles) == [
            "authority",
            "regulator",
        ]


def test_served_again_under_a_hold_is_an_alarm(world: World, later: list[datetime]) -> None:
    with transaction() as tx:
        ref = make_found(tx, world).ref
    generation = _dark(world, later[0])
    jobs.went_dark(resource_id=world.resource.id, generation=generation)
    with transaction() as tx:
        tx.get_one(StopState, world.resource.id).stopped_at = None
    jobs.went_light(resource_id=world.resource.id, generation=generation)
    with reading() as session:
        assert duty_states(session, ref)["stop_transmission", ""] == "running"
        assert queries.incident(session, ref).rank == 0
        assert accounts.open_pages(session, [world.resource.platform_id])


def test_the_review_clock_that_rings_early_or_twice_does_nothing_more(
    world: World, later: list[datetime]
) -> None:
    with transaction() as tx:
        ref = make_precaution(tx, world).ref
    later[0] += timedelta(minutes=29)
    jobs.on_clock(incident=ref, which="review")
    with reading() as session:
        assert letters(session, ref) == []
    later[0] += timedelta(minutes=1)
    for _ in range(2):
        jobs.on_clock(incident=ref, which="review")
    later[0] += timedelta(minutes=11)  # nothing was seen dark or captured: the limits pass
    jobs.on_clock(incident=ref, which="duties")
    with reading() as session:
        assert told(session, ref) == {
            ("report", "authority"),
            ("report", "regulator"),
            ("inform", "provider"),
        }
        assert len(letters(session, ref)) == 3
        assert queries.incident(session, ref).state == "precaution"


def test_clocks_of_what_is_over_call_nobody(world: World, later: list[datetime]) -> None:
    with transaction() as tx:
        ref = make_incident(tx, world).ref
        decisions.reject(tx, ref=ref, reason="不属实", by=world.ada, at=later[0])
    later[0] += timedelta(days=3)
    for which in ("accept", "handle", "review", "second", "duties"):
        jobs.on_clock(incident=ref, which=which)
    with reading() as session:
        assert accounts.open_pages(session, [world.resource.platform_id]) == []


def test_nobody_takes_it_up_in_time_and_somebody_is_called(
    world: World, later: list[datetime]
) -> None:
    with transaction() as tx:
        ref = make_incident(tx, world).ref
    later[0] += timedelta(hours=24)
    jobs.on_clock(incident=ref, which="accept")
    with reading() as session:
        assert [p.incident for p in accounts.open_pages(session, [world.resource.platform_id])] == [
            ref
        ]


def test_the_sweep_starts_what_nobody_rang_for(world: World, later: list[datetime]) -> None:
    with transaction() as tx:
        ref = make_found(tx, world).ref
    later[0] += timedelta(minutes=11)
    jobs.sweep()
    with reading() as session:
        assert ("inform", "provider") in told(session, ref)


def test_a_decision_is_sealed_once_and_signed(world: World, later: list[datetime]) -> None:
    with transaction() as tx:
        ref = make_incident(tx, world).ref
        confirm(tx, world, ref)
    with reading() as session:
        decision = queries.decisions(session, ref)[0]
    for _ in range(2):
        jobs.keep_decision(decision_id=decision.id)
    with reading() as session:
        items = [item for item in evidence.items(session, ref) if item.kind == "decision"]
        assert len(items) == 1
        assert queries.decisions(session, ref)[0].evidence_ref == items[0].ref
    document = json.loads(vault.get(items[0].sha256))
    assert document["statement"]["by"] == world.ada
    assert document["kid"] in {key.kid for key in keys().public_keys() if key.purpose == "decision"}
