"""``chuku hold`` and ``chuku target``: the desk's verbs for the night when the web is down."""

from __future__ import annotations

import json
from datetime import timedelta

import pyotp
import pytest
from click.testing import CliRunner
from flask import Flask

from app.cli import holds, targets
from app.core import clock
from app.core.errors import ConflictError, ForbiddenError, InvalidError
from app.core.settings import Settings
from app.core.transaction import reading, transaction
from app.suspension import queries
from tests.make import make_officer
from tests.suspension.make import make_resource


@pytest.fixture
def run(app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("CHUKU_TEST_DATABASE", raising=False)  # no setting of the product's
    monkeypatch.setenv("CHUKU_DATA", settings.data)
    monkeypatch.setenv("CHUKU_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("CHUKU_REDIS_URL", settings.redis_url)

    def go(group, *words: str):
        return CliRunner().invoke(group, list(words))

    return go


@pytest.fixture
def people(app: Flask) -> dict[str, str]:
    """Two officers: login -> TOTP secret."""
    at = clock.now()
    with transaction() as tx:
        resource = make_resource(tx, at)
        return {
            login: make_officer(tx, at, platform_id=resource.platform_id, login=login)[1]
            for login in ("anna", "bo")
        }


def code(secret: str) -> str:
    return pyotp.TOTP(secret).at(clock.now())


def later(secret: str) -> str:
    """The next window's code: the present one is used up."""
    return pyotp.TOTP(secret).at(clock.now() + timedelta(seconds=30))


def place(run, people):
    return run(
        holds.hold, "place", "--resource", "R0001", "--kind", "legal", "--reason", "二维码",
        "--account", "anna", "--code", code(people["anna"]), "--json",
    )  # fmt: skip


def test_place_stops_at_once_with_account_and_code(run, people) -> None:
    result = place(run, people)
    assert result.exit_code == 0, result.exception
    told = json.loads(result.stdout)
    assert (told["dark"], told["stopped_at"], len(told["still_served"])) == (True, None, 3)


def test_a_wrong_or_used_code_stops_nothing(run, people) -> None:
    people = {**people, "anna": pyotp.random_base32()}
    assert isinstance(place(run, people).exception, ForbiddenError)
    with reading() as session:
        assert queries.holds(session) == []


def test_lift_of_what_a_person_placed_asks_for_both(run, people) -> None:
    incident = json.loads(place(run, people).stdout)["incident"]
    alone = ("lift", incident, "--reason", "x", "--account", "bo", "--code", code(people["bo"]))
    assert isinstance(run(holds.hold, *alone).exception, InvalidError)
    twice = (*alone, "--second", "bo", "--second-code", later(people["bo"]))
    assert isinstance(run(holds.hold, *twice).exception, ConflictError)
    with reading() as session:
        assert queries.holds(session)[0].standing


def test_who_placed_may_ask_and_another_approves(run, people) -> None:
    incident = json.loads(place(run, people).stdout)["incident"]
    result = run(
        holds.hold, "lift", incident, "--reason", "查无此事", "--json", "--account", "anna",
        "--code", later(people["anna"]), "--second", "bo", "--second-code", code(people["bo"]),
    )  # fmt: skip
    assert result.exit_code == 0, result.exception
    told = json.loads(result.stdout)
    assert (told["dark"], told["holds"]) == (False, [])


def test_wrong_usage_is_exit_2(run, people) -> None:
    assert run(holds.hold, "place", "--reason", "x", "--account", "anna").exit_code == 2


def test_targets_are_added_listed_and_disabled(run, app) -> None:
    edge = run(targets.target, "add", "edge-2", "--kind", "edge")
    assert "key chk_" in edge.stdout
    hook = run(
        targets.target, "add", "hook", "--kind", "webhook", "--set", "url=https://h.example/x"
    )
    assert "secret whsec_" in hook.stdout
    assert isinstance(run(targets.target, "add", "x", "--kind", "nope").exception, InvalidError)
    assert isinstance(run(targets.target, "add", "y", "--kind", "webhook").exception, InvalidError)
    assert run(targets.target, "disable", "hook").exit_code == 0
    rows = [json.loads(r) for r in run(targets.target, "list", "--json").stdout.splitlines()]
    assert [(r["name"], r["disabled"]) for r in rows] == [("edge-2", False), ("hook", True)]
