"""What workers run for the public figures: follow the log, publish what is over."""

from __future__ import annotations

import time

from app.core import clock
from app.core.transaction import reading, transaction
from app.core.web import settings
from app.oversight import gathering, opendata
from app.oversight.following import follow

_SPAN = 10.0  # seconds at most: letters wait in the same queue


def follow_log(**_payload: object) -> None:
    """Periodic: take in what the log grew by; a long way in several turns."""
    began = time.monotonic()
    more = True
    while more and time.monotonic() - began < _SPAN:
        with transaction() as tx:
            more = follow(tx, at=clock.now())


def publish(**_payload: object) -> None:
    """Periodic: months that are over, once each; then all together with today's date."""
    chosen = settings()
    with reading() as session:
        fresh = [name for name in gathering.over(session) if not opendata.has(chosen, name)]
        found = [gathering.month(session, name) for name in fresh]
    for month in found:
        opendata.keep(chosen, month)
    opendata.bind(chosen, at=clock.now())


JOBS = {"oversight.follow": follow_log, "oversight.publish": publish}
PERIODIC = {"oversight.follow": 60, "oversight.publish": 3600}
