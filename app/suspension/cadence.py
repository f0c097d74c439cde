"""When the probe looks again; pure (page 2.7)."""

from __future__ import annotations

from datetime import datetime, timedelta

SOON = timedelta(seconds=2)
SOON_FOR = timedelta(seconds=30)
THEN = timedelta(seconds=15)
RARELY_AFTER = timedelta(hours=1)  # restored, yet not seen served: the content itself is gone
RARELY = timedelta(minutes=15)
ONCE_DARK = (timedelta(seconds=10), timedelta(seconds=60), timedelta(minutes=5))
DAILY = timedelta(days=1)


def next_look(
    *, changed_at: datetime, dark: bool, settled_at: datetime | None, at: datetime
) -> datetime | None:
    """The moment of the round after the one at ``at``; None when nothing is left to see.

    ``dark`` is what is wanted; ``settled_at`` is when a round first saw it so.
    """
    if settled_at is None:
        if at - changed_at < SOON_FOR:
            return at + SOON
        rarely = not dark and at - changed_at > RARELY_AFTER
        return at + (RARELY if rarely else THEN)
    if not dark:
        return None
    for wait in ONCE_DARK:
        if settled_at + wait > at:
            return settled_at + wait
    days = (at - settled_at) // DAILY + 1
    return settled_at + days * DAILY
