"""Opening and joining: one open incident per resource and routing kind."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.errors import ConflictError, InvalidError
from app.core.transaction import reading, transaction
from app.incidents import decisions, queries, service
from app.incidents.models import Incident
from app.suspension import queries as stops
from tests.incidents.make import POLICY, World, duty_states, make_incident, make_world


@pytest.fixture
def world(tx: Session, at: datetime) -> World:
    return make_world(tx, at)


def test_a_second_claim_of_the_same_kind_joins(tx: Session, world: World) -> None:
    first, second = make_incident(tx, world), make_incident(tx, world)
    assert first.ref == second.ref
    assert make_incident(tx, world, routing_kind="scientific", kind=None).ref != first.ref


def test_other_opens_no_incident(tx: Session, world: World) -> None:
    with pytest.raises(InvalidError):
        make_incident(tx, world, routing_kind="other", kind=None)


def test_an_exercise_never_meets_a_real_incident(tx: Session, world: World) -> None:
    assert make_incident(tx, world).ref != make_incident(tx, world, exercise=True).ref


def test_fifty_claims_at_once_are_one_incident(app: Flask, at: datetime) -> None:
    with transaction() as tx:
        world = make_world(tx, at)
    failures: list[Exception] = []

    def file_one() -> None:
        try:
            with app.app_context(), transaction() as tx:
                make_incident(tx, world)
        except Exception as error:  # noqa: BLE001 - shown by the assertion below
            failures.append(error)

    threads = [threading.Thread(target=file_one) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    with reading() as session:
        assert session.scalar(select(func.count(Incident.id))) == 1


def test_a_precaution_stops_and_starts_the_review_clock(tx: Session, world: World) -> None:
    opened = make_incident(tx, world)
    held = service.place_precaution(
        tx, incident_ref=opened.ref, by=POLICY, reason="policy_met", at=world.at
    )
    assert held.state == "precaution"
    assert held.review_by == world.at + timedelta(minutes=30)
    assert [hold.kind for hold in stops.holds(tx, incident=opened.ref)] == ["precaution"]
    assert duty_states(tx, opened.ref) == {
        ("stop_transmission", ""): "running",
        ("prevent_spread", ""): "done",
        ("preserve_records", ""): "running",
        ("report", "authority"): "open",
        ("report", "regulator"): "open",
        ("inform", "provider"): "open",
    }
    assert held.policy is not None
    assert held.policy["digest"]


def test_a_second_precaution_changes_nothing(tx: Session, world: World) -> None:
    opened = make_incident(tx, world)
    for _ in range(3):
        service.place_precaution(
            tx, incident_ref=opened.ref, by=POLICY, reason="policy_met", at=world.at
        )
    assert len(stops.holds(tx, incident=opened.ref)) == 1


def test_article_23_knows_no_precaution(tx: Session, world: World) -> None:
    opened = make_incident(tx, world, routing_kind="underperformance", kind=None)
    with pytest.raises(ConflictError, match="Article 23"):
        service.place_precaution(tx, incident_ref=opened.ref, by=POLICY, reason="x", at=world.at)


def test_a_claim_is_a_lease_that_frees_itself(tx: Session, world: World) -> None:
    ref = make_incident(tx, world).ref
    service.claim(tx, ref=ref, by=world.ada, at=world.at)
    with pytest.raises(ConflictError):
        service.claim(tx, ref=ref, by=world.ben, at=world.at + timedelta(minutes=14))
    later = world.at + timedelta(minutes=16)
    assert service.claim(tx, ref=ref, by=world.ben, at=later).claimed_by == world.ben


def test_a_claim_never_bars_another_officers_stop(tx: Session, world: World) -> None:
    ref = make_incident(tx, world).ref
    service.claim(tx, ref=ref, by=world.ada, at=world.at)
    assert decisions.stop_now(tx, ref=ref, reason="紧急", by=world.ben, at=world.at).state == (
        "precaution"
    )


def test_the_queue_stands_by_rank_then_by_the_clock_that_ends_first(
    tx: Session, world: World
) -> None:
    late = make_incident(tx, world)
    soon = make_incident(tx, world, routing_kind="politics", kind=None)
    service.place_precaution(tx, incident_ref=soon.ref, by=POLICY, reason="x", at=world.at)
    top = make_incident(tx, world, routing_kind="timeliness", kind=None)
    service.to_top(tx, incident_ref=top.ref, why="Look.", key="k", at=world.at)
    seen: list[str] = []
    after = None
    while True:
        page = queries.queue(tx, after=after, limit=1)
        seen += [one.ref for one in page.items]
        after = page.next
        if after is None:
            break
    assert seen == [top.ref, soon.ref, late.ref]


def test_a_forged_cursor_is_refused_with_a_sentence(tx: Session) -> None:
    for forged in ("x", "W10", "WyJhIl0"):
        with pytest.raises(InvalidError):
            queries.queue(tx, after=forged)
