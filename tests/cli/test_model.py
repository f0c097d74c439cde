"""``chuku model`` and ``chuku corrections``: refusals, acts in the log, who may."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest
from click.testing import CliRunner
from flask import Flask

from app import classifier
from app.audit import queries as audit
from app.cli import corrections, model
from app.core import clock
from app.core.errors import ForbiddenError
from app.core.settings import Settings
from app.core.transaction import reading, transaction
from nlp_models.card import current
from tests.make import make_officer
from tests.nlp_models.make import make_version
from tests.suspension.make import make_resource


@pytest.fixture
def site(app: Flask, settings: Settings) -> Iterator[Path]:
    folder = Path(settings.models)
    make_version(folder, "1.equal")
    make_version(folder, "1.deaf", severe_at=0.99)
    yield folder
    classifier.use(None)


@pytest.fixture
def run(site: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("CHUKU_TEST_DATABASE", raising=False)  # no setting of the product's
    monkeypatch.setenv("CHUKU_DATA", settings.data)
    monkeypatch.setenv("CHUKU_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("CHUKU_REDIS_URL", settings.redis_url)
    return lambda group, *words: CliRunner().invoke(group, list(words))


def entries() -> list[tuple[str, str]]:
    with reading() as session:
        return [
            (e.action, e.subject) for e in audit.entries(session) if e.action.startswith("model.")
        ]


def test_a_worse_version_is_refused_with_the_figure(run) -> None:
    result = run(model.model, "install", "1.deaf", "--reason", "neu")
    assert result.exit_code == 1
    assert "1.deaf is worse: severe recall falls from" in result.output
    assert classifier.model_name() == f"complaints@{current().name}"
    assert entries() == []


def test_install_and_rollback_take_effect_at_once_and_are_in_the_log(run) -> None:
    result = run(model.model, "install", "1.equal", "--reason", "neu")
    assert result.exit_code == 0, result.output
    assert classifier.suggest("没有声音").model == "complaints@1.equal"
    again = run(model.model, "install", "1.equal", "--reason", "neu")
    assert (again.exit_code, "in service already" in again.output) == (1, True)
    assert run(model.model, "rollback", "--reason", "alt").exit_code == 0
    assert classifier.suggest("没有声音").model == f"complaints@{current().name}"
    assert run(model.model, "rollback", "--reason", "alt").exit_code == 1
    assert entries() == [
        ("model.install", "model:1.equal"),
        ("model.rollback", f"model:{current().name}"),
    ]


def test_where_nothing_serves_yet_any_version_may(run, monkeypatch) -> None:
    monkeypatch.setattr("app.classifier.workshop._serving", lambda: None)
    assert run(model.model, "install", "1.deaf", "--reason", "neu").exit_code == 0


def test_shadowing_is_an_act_too(run) -> None:
    assert run(model.model, "shadow", "1.deaf", "--reason", "probe").exit_code == 0
    assert classifier.shadow_name() == "1.deaf"
    assert run(model.model, "shadow", "1.deaf").exit_code == 2
    assert run(model.model, "shadow", current().name, "--reason", "probe").exit_code == 1
    assert run(model.model, "shadow", "off", "--reason", "probe").exit_code == 0
    assert classifier.shadow_name() is None
    assert [subject for _, subject in entries()] == ["model:1.deaf", "model:off"]
    report = run(model.model, "shadow", "--report", "--json")
    assert json.loads(report.output) == []


def test_the_list_names_them_all(run) -> None:
    result = run(model.model, "list", "--json")
    assert {item["version"]: item["role"] for item in json.loads(result.output)} == {
        current().name: "serving",
        "1.deaf": "",
        "1.equal": "",
    }
    assert "serving" in run(model.model, "list").output


@pytest.mark.parametrize(("role", "may"), [("supervisor", True), ("officer", False)])
def test_only_a_supervisor_takes_corrections_out(run, tmp_path: Path, role: str, may: bool) -> None:
    at = clock.now()
    with transaction() as tx:
        platform = make_resource(tx, at).platform_id
        secret = make_officer(tx, at, platform_id=platform, login="anna", role=role)[1]
    out = tmp_path / "corrections.jsonl"
    words = ["export", "-o", str(out), "--reason", "再训练", "--account", "anna", "--code"]
    result = run(corrections.corrections, *words, pyotp.TOTP(secret).at(clock.now()))
    if may:
        assert result.exit_code == 0, result.output
        assert out.read_text() == ""
        assert run(corrections.corrections, *words, "000000").exit_code == 2  # it is there already
    else:
        assert isinstance(result.exception, ForbiddenError)
        assert not out.exists()


def test_a_wrong_code_takes_nothing_out(run, tmp_path: Path) -> None:
    out = tmp_path / "corrections.jsonl"
    result = run(
        corrections.corrections, "export", "-o", str(out), "--reason", "x", "--account", "nobody",
        "--code", "000000",
    )  # fmt: skip
    assert isinstance(result.exception, ForbiddenError)
    assert not out.exists()
