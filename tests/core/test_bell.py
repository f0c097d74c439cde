"""The doorbell rings once until it is answered, and its absence holds nobody up."""

from __future__ import annotations

import time

import fakeredis
import pytest
from rq import Queue
from rq.serializers import JSONSerializer

from app.core import bell


@pytest.fixture
def redis(monkeypatch):
    server = fakeredis.FakeRedis()
    monkeypatch.setattr(bell, "_client", server)
    return server


def _waiting(redis, queue="stop") -> int:
    return len(Queue(queue, connection=redis, serializer=JSONSerializer))


def test_a_ring_that_waits_is_not_repeated(redis):
    assert bell.ring(["stop"])
    assert bell.ring(["stop"])
    assert _waiting(redis) == 1


def test_after_an_answer_it_rings_again(redis):
    bell.ring(["stop"])
    bell.answered("stop")
    bell.ring(["stop"])
    assert _waiting(redis) == 2


def test_rings_are_json_and_carry_only_the_queue(redis):
    bell.ring(["default"])
    job = Queue("default", connection=redis, serializer=JSONSerializer).jobs[0]
    assert list(job.args) == ["default"]
    assert job.func_name == bell.DRAIN


def test_a_silent_redis_costs_less_than_a_second_and_no_error():
    bell.configure("unix:///nowhere/redis.sock")
    began = time.monotonic()
    assert not bell.ring(["stop", "default"])
    assert not bell.alive()
    assert time.monotonic() - began < 1
