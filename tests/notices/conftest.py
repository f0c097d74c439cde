"""A sink that speaks SMTP, a clock that can be moved, a catalogue with every body."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from flask import Flask

from app.core import clock
from app.core.transaction import transaction
from tests.catalogue.make import bodies, bring
from tests.notices.make import Sink, start


class Clock:
    def __init__(self, at: datetime) -> None:
        self.now = at

    def forward(self, step: timedelta) -> datetime:
        self.now += step
        return self.now


@pytest.fixture
def hands(at: datetime, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock's hands: jobs and the outbox see this moment."""
    made = Clock(at)
    monkeypatch.setattr(clock, "now", lambda: made.now)
    return made


@pytest.fixture
def sink(app: Flask) -> Iterator[Sink]:
    made = Sink()
    controller = start(made)
    chosen = app.config["CHUKU"]
    app.config["CHUKU"] = replace(chosen, smtp_url=f"smtp://127.0.0.1:{made.port}")
    yield made
    controller.stop()


@pytest.fixture
def world(app: Flask, at: datetime, hands: Clock) -> Flask:
    with transaction() as tx:
        assert not bring(tx, bodies(), at).errors
    return app
