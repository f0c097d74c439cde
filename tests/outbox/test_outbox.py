"""Promises: once by key, one holder at a time, backed off, parked, never lost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.core.transaction import transaction
from app.outbox import queries, service
from app.outbox.models import OutboxRow


def put(tx, at, key="k", topic="triage.sort", **more):
    return service.put(tx, topic=topic, key=key, at=at, **more)


def take(tx, at, holder="h:1:1", queue="stop", limit=10):
    return service.claim(tx, queue=queue, holder=holder, at=at, limit=limit)


def test_promising_twice_is_promising_once(tx, at):
    assert put(tx, at)
    assert not put(tx, at)


def test_nothing_is_due_before_its_time(tx, at):
    put(tx, at, due_at=at + timedelta(minutes=5))
    assert take(tx, at) == []
    assert len(take(tx, at + timedelta(minutes=5))) == 1


def test_a_row_has_one_holder_until_its_lease_ends(tx, at):
    put(tx, at)
    assert len(take(tx, at, holder="a:1:1")) == 1
    assert take(tx, at, holder="b:2:2") == []
    assert len(take(tx, at + service.LEASE, holder="b:2:2")) == 1


def test_a_late_holder_cannot_finish_what_another_took_over(tx, at):
    put(tx, at)
    first = take(tx, at, holder="a:1:1")[0]
    second = take(tx, at + service.LEASE, holder="b:2:2")[0]
    assert not service.finish(tx, first, at=at)
    assert service.finish(tx, second, at=at)


def test_the_same_holder_taking_it_again_fences_its_own_first_try(tx, at):
    put(tx, at)
    first = take(tx, at)[0]
    take(tx, at + service.LEASE)
    assert not service.finish(tx, first, at=at)


def test_a_failure_backs_off_and_says_why(tx, at):
    put(tx, at)
    row = take(tx, at)[0]
    service.fail(tx, row, error="OSError: refused", permanent=False, at=at)
    assert take(tx, at) == []
    again = take(tx, at + timedelta(seconds=1))
    assert again[0].attempts == 2
    assert tx.scalar(select(OutboxRow.last_error)) == "OSError: refused"


def test_a_permanent_failure_is_parked_and_shown(tx, at):
    put(tx, at, topic="notices.send")
    row = take(tx, at, queue="default")[0]
    service.fail(tx, row, error="no such letter", permanent=True, at=at)
    assert queries.parked(tx)[0].error == "no such letter"
    assert take(tx, at + timedelta(days=1), queue="default") == []
    assert service.again(tx, row_id=row.id, at=at)
    assert len(take(tx, at, queue="default")) == 1


def test_a_stop_is_retried_for_ever(tx, at):
    put(tx, at, topic="suspension.push")
    for n in range(40):
        row = take(tx, at + timedelta(hours=n + 1))[0]
        now = at + timedelta(hours=n + 1)
        service.fail(tx, row, error="x", permanent=True, at=now)
    assert queries.parked(tx) == []


def test_what_a_dead_process_held_is_given_back_at_once(tx, at):
    put(tx, at)
    take(tx, at, holder="host:99:1")
    assert queries.holders(tx) == ["host:99:1"]
    service.free(tx, holder="host:99:1")
    assert len(take(tx, at)) == 1


@pytest.mark.parametrize(
    ("topic", "queue"),
    [("suspension.probe", "stop"), ("triage.sort", "stop"), ("incidents.clock", "stop"),
     ("evidence.capture", "slow"), ("notices.send", "default"), ("intake.outcome", "default")],
)  # fmt: skip
def test_a_stop_is_never_behind_letters_or_captures(topic, queue):
    assert service.queue_of(topic) == queue


@settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(st.lists(st.sampled_from(["claim_a", "claim_b", "finish", "fail", "wait"]), max_size=20))
def test_in_any_order_of_events_a_row_ends_done_once_or_stays_due(app, at, events):
    now, held, finished = at, [], 0
    key = f"k{len(events)}-{hash(tuple(events))}-{id(events)}"
    with transaction() as tx:
        put(tx, now, key=key)
        for event in events:
            if event.startswith("claim"):
                held += [r for r in take(tx, now, holder=event) if True]
            elif event == "finish" and held:
                finished += service.finish(tx, held.pop(), at=now)
            elif event == "fail" and held:
                service.fail(tx, held.pop(), error="x", permanent=False, at=now)
            else:
                now += timedelta(seconds=400)
        row = tx.scalar(select(OutboxRow).where(OutboxRow.key == key))
        assert row is not None
        assert finished <= 1 or row.done_at is not None
        assert row.parked_at is None
        row.done_at = row.done_at or now  # leave nothing due for the next example
