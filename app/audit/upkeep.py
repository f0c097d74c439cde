"""The sequencer's turn as doors and jobs take it: own transactions, the clock, the key."""

from __future__ import annotations

from datetime import timedelta

from app.audit import sequencer
from app.audit.values import CheckpointView
from app.core import clock
from app.core.keystore import keys
from app.core.transaction import transaction


def bring_up_to_date(*, every: timedelta = sequencer.CHECKPOINT_EVERY) -> CheckpointView | None:
    """Sequence what is settled and sign a checkpoint when one is due; the newest checkpoint."""
    signer = keys().signer("audit")
    while True:
        with transaction() as tx:
            if sequencer.sequence(tx) < sequencer.BATCH:
                return sequencer.checkpoint(tx, at=clock.now(), signer=signer, every=every)
