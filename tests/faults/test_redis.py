"""Redis is a doorbell: stopped, hung, emptied or restarted, nothing is lost (page 6 J4–J6)."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
import requests

from tests.faults.ground import Ground
from tests.running import GAMBLING, eventually

pytestmark = [pytest.mark.fault, pytest.mark.timeout(900)]

AT_MOST = 3.0  # seconds that a missing Redis may cost a request


def _timed(act: Callable[[], Any]) -> float:
    began = time.monotonic()
    act()
    return time.monotonic() - began


def _work(ground: Ground) -> tuple[str, list[float]]:
    """One complaint and one officer's stop, end to end; what each request took."""
    resource, officer = ground.untouched(), ground.seat()
    body, told = ground.letter("视频第三分钟的公式写错了，结论也错了")
    body |= {"kind": "scientific"}
    took = [
        _timed(lambda: ground.send(body, told, resource, {"X-Forwarded-For": ground.source()})),
        _timed(lambda: ground.product.card(resource)),
        _timed(lambda: ground.product.receipt(told.answer)),
    ]
    ref = eventually(lambda: ground.incident(resource), within=90)["ref"]
    page = f"{ground.product.portal}/desk/incidents/{ref}"
    took.append(_timed(lambda: officer.get(page, timeout=60)))
    stop: list[requests.Response] = []
    both = _timed(lambda: stop.append(ground.act(ref, "stop", reason="先停传，再核实。")))
    took.append(both / 4)  # two looks at the page, the act, the page again
    assert stop[0].status_code == 200, stop[0].text[:2000]
    eventually(lambda: ground.dark(resource), within=90)
    return resource, took


def _unhurried(calm: list[float], took: list[float]) -> None:
    for before, under in zip(calm, took, strict=True):
        assert under < AT_MOST + 2 * before, (calm, took)


def test_a_hung_redis_holds_up_neither_intake_nor_stop(ground: Ground):
    _, calm = _work(ground)
    assert ground.product.kill("redis-server", sig=signal.SIGSTOP) == 1
    _, took = _work(ground)
    ground.product.kill("redis-server", sig=signal.SIGCONT)
    _unhurried(calm, took)


def test_a_redis_that_will_not_stay_up_holds_up_neither_intake_nor_stop(ground: Ground):
    _, calm = _work(ground)
    enough = threading.Event()

    def fell() -> None:
        while not enough.wait(0.05):
            ground.product.kill("redis-server")

    feller = threading.Thread(target=fell)
    feller.start()
    try:
        _, took = _work(ground)
    finally:
        enough.set()
        feller.join()
    _unhurried(calm, took)
    eventually(lambda: ground.redis().ping(), within=60)


def test_an_emptied_redis_loses_nothing(ground: Ground):
    precaution = ground.fresh()
    # The others are plain: four grave complaints at once would use up the precaution's caps.
    plain = "视频第三分钟的公式写错了，结论也错了"
    resources = [ground.untouched() for _ in range(3)]
    for resource, words in [(precaution, GAMBLING), *((one, plain) for one in resources)]:
        body, told = ground.letter(words)
        ground.send(body, told, resource, {"X-Forwarded-For": ground.source()})
        ground.redis().flushall()
    ground.stopped(precaution, within=120)
    for resource in resources:
        eventually(lambda one=resource: ground.incident(one), within=120)
    assert ground.confirm(ground.incident(precaution)["ref"]).status_code == 200
    ground.redis().flushall()
    eventually(ground.all_sent(ground.incident(precaution)["ref"], 3), within=120)


def test_a_restarted_redis_loses_nothing(ground: Ground):
    resource = ground.fresh()
    gone = set(ground.product.pids("redis-server"))
    ground.complain(resource)
    ground.product.kill("redis-server", sig=signal.SIGTERM)
    ground.part_back("redis-server", gone=gone)
    ground.stopped(resource, within=120)
    assert ground.confirm(ground.incident(resource)["ref"]).status_code == 200
    eventually(ground.all_sent(ground.incident(resource)["ref"], 3), within=120)
