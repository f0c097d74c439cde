"""Opening hours as one line of settings: ``1-5 08:30-17:30; 6 09:00-12:00``. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from app.core.clock import SHANGHAI as ZONE

_PART = re.compile(r"([1-7])(?:-([1-7]))?\s+(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")


@dataclass(frozen=True)
class Span:
    """Some days of the week (1 = Monday) from one time to another."""

    days: frozenset[int]
    start: time
    end: time


def read(text: str) -> tuple[Span, ...]:
    """The spans; none means always.

    Raises:
        ValueError: with the part that cannot be read.
    """
    return tuple(_span(part.strip()) for part in text.split(";") if part.strip())


def _span(part: str) -> Span:
    found = _PART.fullmatch(part)
    if found is None:
        raise ValueError(f"{part!r} is not like 1-5 08:30-17:30")
    first, last = int(found[1]), int(found[2] or found[1])
    start, end = time(int(found[3]), int(found[4])), time(int(found[5]), int(found[6]))
    if last < first or end <= start:
        raise ValueError(f"{part!r} ends before it begins")
    return Span(frozenset(range(first, last + 1)), start, end)


def is_open(spans: tuple[Span, ...], at: datetime) -> bool:
    """Whether somebody is there at this moment."""
    here = at.astimezone(ZONE)
    return not spans or any(
        here.isoweekday() in s.days and s.start <= here.time() < s.end for s in spans
    )


def opens(spans: tuple[Span, ...], at: datetime) -> datetime | None:
    """When somebody is there next; None: always or now."""
    if is_open(spans, at):
        return None
    here = at.astimezone(ZONE)
    coming = (
        datetime.combine(day, span.start, ZONE)
        for day in (here.date() + timedelta(days=n) for n in range(8))
        for span in spans
        if day.isoweekday() in span.days
    )
    return min((moment for moment in coming if moment > here), default=None)
