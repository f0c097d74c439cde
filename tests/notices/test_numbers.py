"""Letter numbers under concurrency: no gap, no double."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any

from flask import Flask
from sqlalchemy import select

from app.core.transaction import reading, transaction
from app.notices import jobs
from app.notices.models import Notice
from tests.notices.conftest import Clock
from tests.notices.make import make_letter
from tests.outbox_run import drain


def _promise(at: datetime, count: int) -> list[int]:
    with transaction() as tx:
        return [make_letter(tx, at, duty_key=f"duty:{n}") for n in range(count)]


def _numbers() -> list[str]:
    with reading() as session:
        return [n for n in session.scalars(select(Notice.number).order_by(Notice.number)) if n]


def test_numbers_have_no_gap_and_no_double(world: Flask, at: datetime) -> None:
    ids = _promise(at, 12)
    barrier = threading.Barrier(4)
    errors: list[Exception] = []

    def work(mine: list[int]) -> None:
        with world.app_context():
            barrier.wait()
            for notice_id in mine:
                try:
                    jobs.send(notice_id=notice_id)
                except Exception as error:
                    errors.append(error)

    # Each letter in two threads' hands at once.
    threads = [threading.Thread(target=work, args=(ids[n % 2 :: 2],)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert sorted(_numbers()) == sorted(f"云智资〔2026〕{n}号" for n in range(1, 13))


def test_the_year_is_chinas_and_begins_at_one(
    world: Flask, sink: Any, hands: Clock, at: datetime
) -> None:
    _promise(at, 2)
    drain()
    hands.now = datetime(2026, 12, 31, 16, 30, tzinfo=UTC)  # 2027 in China
    with transaction() as tx:
        make_letter(tx, hands.now, duty_key="new year")
    drain()
    assert "云智资〔2027〕1号" in _numbers()


def test_a_letter_that_cannot_be_drawn_up_takes_no_number(
    world: Flask, sink: Any, at: datetime, monkeypatch: Any
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("broken template")

    ids = _promise(at, 1)
    with monkeypatch.context() as patch:
        patch.setattr("app.notices.render.draw", broken)
        drain()
    assert _numbers() == []
    jobs.send(notice_id=ids[0])
    assert _numbers() == ["云智资〔2026〕1号"]
