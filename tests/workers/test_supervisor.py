"""Parts are restarted when they die and gone when the supervisor stops."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

import pytest

from tests.running import eventually
from workers.supervisor import Part, Supervisor

WAIT = [sys.executable, "-c", "import time; time.sleep(600)"]


@pytest.fixture
def keeper(tmp_path):
    made = Supervisor(tmp_path)
    yield made
    made.stop()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_part_that_dies_is_started_again(keeper):
    part = Part("sleeper", WAIT, lambda: True)
    keeper.start([part])
    first = part.process.pid
    watch = threading.Thread(target=keeper.watch, daemon=True)
    watch.start()
    os.kill(first, signal.SIGKILL)
    eventually(lambda: part.process is not None and part.process.pid != first, within=10)


def test_stopping_leaves_no_process_behind(keeper):
    parts = [Part(f"p{n}", WAIT, lambda: True) for n in range(3)]
    keeper.start(parts)
    pids = [p.process.pid for p in parts]
    keeper.stop()
    assert not any(_alive(pid) for pid in pids)


def test_a_part_that_never_answers_is_named(keeper):
    with pytest.raises(TimeoutError, match="deaf"):
        keeper.start([Part("deaf", WAIT, lambda: False)], within=0.3)


def test_a_part_that_keeps_dying_is_not_restarted_in_a_rush(keeper):
    part = Part("crasher", [sys.executable, "-c", "raise SystemExit(3)"], lambda: False)
    with pytest.raises(TimeoutError):
        keeper.start([part], within=1.5)
    assert part.failures < 6
    assert time.monotonic() - part.started < 60
