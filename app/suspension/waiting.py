"""Requests that wait for the feed to move: one poller for all of them, and never too many.

A waiting edge holds a server thread. The web process lets a few wait and answers the others at
once; the feed process (``chuku feed``) has threads for many.
"""

from __future__ import annotations

import threading
import time

from app.core.log import Log
from app.suspension.mirror import Mirror
from app.suspension.values import Head

EVERY = 0.025  # seconds between looks at the head, only while somebody waits

_log = Log(__name__)


class Waiters:
    """Everyone in this process who waits for a newer head."""

    def __init__(self, mirror: Mirror) -> None:
        self._mirror = mirror
        self._moved = threading.Condition()
        self._waiting = 0
        self._polling = False
        self._head = Head(epoch=0, seq=-1)

    def wait(self, known: Head, *, seconds: float, limit: int) -> bool:
        """Wait until the head is not ``known``; False at once when ``limit`` wait already.

        True also when the time passed: the caller answers what it has.
        """
        until = time.monotonic() + seconds
        with self._moved:
            if self._waiting >= limit:
                return False
            self._waiting += 1
            self._head = known if self._waiting == 1 else self._head
            if not self._polling:
                self._polling = True
                threading.Thread(target=self._poll, name="feed-head", daemon=True).start()
            try:
                while self._head == known:
                    left = until - time.monotonic()
                    if left <= 0 or not self._moved.wait(left):
                        break
            finally:
                self._waiting -= 1
        return True

    def _poll(self) -> None:
        while True:
            head = self._look()
            with self._moved:
                if head is not None and head != self._head:
                    self._head = head
                    self._moved.notify_all()
                if self._waiting == 0:
                    self._polling = False
                    return
            time.sleep(EVERY)

    def _look(self) -> Head | None:
        try:
            return self._mirror.head()
        except Exception:  # noqa: BLE001 - a locked or restarting database: look again
            _log.warning("feed.head_unread")
            return None
