"""Rings for what nobody rang for, and promises periodic work.

When Redis cannot be rung, the sweeper does the work itself: slower, but nothing stands still.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
from datetime import timedelta
from types import FrameType

from app.core import bell, clock
from app.core.log import Log
from app.core.transaction import reading, transaction
from app.outbox import queries, service
from workers.handlers import periodic
from workers.readiness import say_ready
from workers.run import application, drain

TICK = 0.5  # seconds between looks
KEEP_DONE = timedelta(days=3)
_log = Log(__name__)
_stop = threading.Event()


def _halt(_number: int, _frame: FrameType | None) -> None:
    _stop.set()


def main() -> None:
    """Sweep until SIGTERM."""
    signal.signal(signal.SIGTERM, _halt)
    signal.signal(signal.SIGINT, _halt)
    with application().app_context():
        say_ready()
        while not _stop.wait(TICK):
            try:
                sweep()
            except Exception:  # noqa: BLE001 - e.g. a locked database: look again next tick
                _log.error("sweep.failed", exc_info=True)


def sweep() -> list[str]:
    """One look: promise periodic topics, ring for due queues; the queues that were due."""
    at = clock.now()
    _promise_periodic(at.timestamp())
    with reading() as session:
        dead = [h for h in queries.holders(session) if not _lives(h)]
    if dead:
        with transaction() as tx:
            for holder in dead:
                service.free(tx, holder=holder)
    with reading() as session:
        due = queries.due_queues(session, at=at)
    for queue in sorted(due, key=bell.QUEUES.index):
        if not bell.ring((queue,)):
            _stand_in(queue)
    return due


_stand_ins: dict[str, threading.Thread] = {}


def _stand_in(queue: str) -> None:
    """Work the queue here, each in a thread of its own: a capture must not hold up a stop."""
    busy = _stand_ins.get(queue)
    if busy is None or not busy.is_alive():
        _stand_ins[queue] = threading.Thread(target=drain, args=(queue,), daemon=True)
        _stand_ins[queue].start()


def _lives(holder: str) -> bool:
    """Whether the holder's process may still work; other hosts are believed until lease end."""
    host, pid, _thread = holder.rsplit(":", 2)
    if host != socket.gethostname():
        return True
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


_promised: dict[str, int] = {}


def _promise_periodic(seconds: float) -> None:
    fresh = {t: int(seconds // every) for t, every in periodic().items()}
    fresh = {topic: tick for topic, tick in fresh.items() if _promised.get(topic) != tick}
    if not fresh:
        return
    at = clock.now()
    with transaction() as tx:
        for topic, tick in fresh.items():
            service.put(tx, topic=topic, key=f"{topic}:{tick}", at=at)
        service.forget_done(tx, before=at - KEEP_DONE)
    _promised.update(fresh)


if __name__ == "__main__":
    main()
