"""``chuku key``: listing and ending one machine's key."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from flask import Flask

from app.accounts import queries
from app.cli import accounts
from app.core import clock
from app.core.errors import ConflictError, NotFoundError
from app.core.settings import Settings
from app.core.transaction import reading, transaction
from tests.make import make_key


@pytest.fixture
def run(app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("CHUKU_TEST_DATABASE", raising=False)
    monkeypatch.setenv("CHUKU_DATA", settings.data)
    monkeypatch.setenv("CHUKU_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("CHUKU_REDIS_URL", settings.redis_url)
    return lambda *words: CliRunner().invoke(accounts.key, list(words))


def test_one_key_ends_and_the_others_go_on(run) -> None:
    with transaction() as tx:
        lost = make_key(tx, clock.now(), scope="signal")
        kept = make_key(tx, clock.now(), scope="read")
    listed = [json.loads(line) for line in run("list", "--json").stdout.splitlines()]
    assert [k["scope"] for k in listed] == ["signal", "read"]
    assert lost not in run("list").stdout
    result = run("revoke", str(listed[0]["id"]))
    assert result.exit_code == 0, result.exception
    with reading() as session:
        assert queries.by_key(session, lost, at=clock.now()) is None
        assert queries.by_key(session, kept, at=clock.now()) is not None
    assert [json.loads(x)["scope"] for x in run("list", "--json").stdout.splitlines()] == ["read"]


def test_a_key_that_is_not_there_or_ended_before_is_said(run) -> None:
    with transaction() as tx:
        make_key(tx, clock.now(), scope="signal")
    assert isinstance(run("revoke", "999").exception, NotFoundError)
    number = str(json.loads(run("list", "--json").stdout)["id"])
    assert run("revoke", number).exit_code == 0
    assert isinstance(run("revoke", number).exception, ConflictError)
