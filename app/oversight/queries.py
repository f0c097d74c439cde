"""How the parts are: for /readyz, /metrics and the desk's page of parts. Reads only."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.core import bell, schema
from app.core.settings import Settings
from app.intake import scan
from app.outbox import queries as outbox

_RESERVE = 200 * 1024 * 1024  # bytes kept free, so that a stop can always be written
_LATE = 30.0  # seconds a queue may lag before the parts page is red


@dataclass(frozen=True, slots=True)
class Check:
    """One dependency: does it answer, and what to do if not (a message id and its values)."""

    name: str
    good: bool
    detail: str
    needed: bool = True  # not ready without it
    values: Mapping[str, object] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """The detail in English, for machines and logs."""
        return self.detail % self.values


def checks(session: Session, settings: Settings, *, at: datetime) -> list[Check]:
    """Every dependency by name."""
    found = [_database(session), _schema(), _disk(settings)]
    if found[0].good:
        found.append(_queues(session, at))
    redis_up = bell.alive()
    detail = "answers" if redis_up else "gone: the sweeper works in its place, more slowly"
    found.append(Check("redis", redis_up, detail, needed=False))
    if settings.clamd_url:
        there = scan.answers(settings.clamd_url)
        detail = "answers" if there else "gone: large and new files wait, quarantined; start clamd"
        found.append(Check("scanner", there, detail, needed=False))
    return found


def _database(session: Session) -> Check:
    try:
        session.execute(text("SELECT 1"))
    except SQLAlchemyError as error:
        return Check("database", good=False, detail=type(error).__name__)
    return Check("database", good=True, detail="answers")


def _schema() -> Check:
    here, newest = schema.current(), schema.head()
    good = here == newest
    return Check(
        "schema",
        good,
        "at %(here)s" if good else "at %(here)s; run: chuku db upgrade",
        values={"here": here},
    )


def _disk(settings: Settings) -> Check:
    free = shutil.disk_usage(Path(settings.data)).free
    return Check("disk", free > _RESERVE, "%(n)s MB free", values={"n": free // 2**20})


def _queues(session: Session, at: datetime) -> Check:
    lag = outbox.lag(session, at=at)
    worst = max(lag.values(), default=0.0)
    parked = len(outbox.parked(session))
    detail = "oldest due work waits %(wait)s s; %(parked)s given up"
    values = {"wait": f"{worst:.0f}", "parked": parked}
    return Check("queues", worst < _LATE, detail, needed=False, values=values)
