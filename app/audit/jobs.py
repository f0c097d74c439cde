"""What workers run for the audit log: the sequencer's turn, checkpoints, the access log's days."""

from __future__ import annotations

from flask import current_app

from app.audit import accessdays
from app.audit.upkeep import bring_up_to_date
from app.core import clock
from app.core.keystore import keys


def sequence(**_payload: object) -> None:
    """Periodic: nothing to do is done at once."""
    bring_up_to_date()


def seal_access_days(**_payload: object) -> None:
    """Periodic: close yesterday's access log and drop what is past its time (Art. 19)."""
    settings, at = current_app.config["CHUKU"], clock.now()
    accessdays.seal_finished_days(settings, keys(), at=at)
    accessdays.drop_expired(settings, keys(), at=at)


JOBS = {"audit.sequence": sequence, "audit.seal_access": seal_access_days}
PERIODIC = {"audit.sequence": 5, "audit.seal_access": 900}
