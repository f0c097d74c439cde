"""Letters as the worker draws them up, against their templates alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from typing import Any

from flask import current_app
from sqlalchemy import select

from app.authorities import queries as authorities
from app.core import clock
from app.core.transaction import reading, transaction
from app.notices import jobs, render, sending, service, wording
from app.notices.models import Notice
from bench.inside import application
from bench.measure import Row, less, pairs, seconds
from bench.world import World

_FACTS: dict[str, Any] = {
    "resource_title": "初中物理：浮力",
    "resource_ref": "R0001",
    "resource_kind": "course",
    "addresses": ["http://kecheng.example/r/R0001/index.html"],
    "incident_ref": "4F7K2M9Q",
    "category": "legal",
    "kind": "gambling",
    "wording": "found",
    "severe": False,
    "severe_reason": None,
    "summary": "课件最后一页的二维码指向违法网站。",
    "held": True,
    "stopped_at_text": "2026年11月22日11时02分",
    "found_at_text": "2026年11月22日11时08分",
    "review_by_text": None,
    "complaints": 3,
    "attachments": [],
    "way_back": None,
    "correction": None,
    "decision": None,
    "state": "found",
}


def run(world: World) -> Iterator[Row]:
    """Promise, number, render, freeze and queue; each letter in its own transactions."""
    n, numbers = world.pick(20, 200), count()
    with application(world, "letters"):
        one = _words(_promise(next(numbers)))

        def ours() -> float:
            promised = [_promise(next(numbers)) for _ in range(n)]
            return seconds(lambda: [jobs.send(notice_id=k) for k in promised]) / n * 1000

        def alone() -> float:
            return seconds(lambda: [render.draw("report", one) for _ in range(n)]) / n * 1000

        both = pairs(ours, alone, world.pairs)
    yield both.row(
        "letters", f"letters: render + queue ({n * world.pairs:,})", less(5, 2),
        baseline="their Jinja2 templates alone (text and HTML)", unit="ms a letter",
    )  # fmt: skip


def _promise(n: int) -> int:
    at = clock.now()
    with transaction() as tx:
        platform = authorities.platform(tx, "yunchuan")
        body = authorities.bodies_for(tx, platform.id, "authority", at)[0]
        return service.promise(
            tx, duty_key=f"bench:{n}", kind="report", platform_id=platform.id, incident=None,
            body_id=body.id, roles=["authority"], article=20, facts=_FACTS, at=at,
            sign_within=timedelta(minutes=30),
        )  # fmt: skip


def _words(notice_id: int) -> Any:
    """What the templates of this very letter are given."""
    assert current_app
    with reading() as session:
        row = session.scalars(select(Notice).where(Notice.id == notice_id)).one()
        draft = sending._draft(session, row, "云智资〔2026〕1号", clock.now())  # noqa: SLF001
        return wording.context(draft)
