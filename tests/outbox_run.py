"""Runs promised work in the test's own process."""

from __future__ import annotations

from app.core import bell
from workers.run import drain_here


def drain() -> int:
    """Perform all due rows of all queues until none is left; how many were tried."""
    total = 0
    while True:
        tried = sum(drain_here(queue) for queue in bell.QUEUES)
        total += tried
        if not tried:
            return total
