"""``chuku incidents``: the queue and one incident without the web."""

from __future__ import annotations

import json
from datetime import datetime
from unittest.mock import patch

import pytest
from click.testing import CliRunner
from flask import Flask

from app.cli.incidents import incidents
from app.core.settings import Settings
from app.core.transaction import transaction
from tests.incidents.make import make_precaution, make_world


@pytest.fixture
def ref(app: Flask, at: datetime) -> str:
    with transaction() as tx:
        return make_precaution(tx, make_world(tx, at)).ref


def _run(settings: Settings, *args: str) -> str:
    with patch("app.cli.context.settings", lambda **_given: settings):
        result = CliRunner().invoke(incidents, args, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_list_prints_one_json_line_per_incident(settings: Settings, ref: str) -> None:
    lines = [json.loads(line) for line in _run(settings, "list", "--json").splitlines()]
    assert [(line["ref"], line["state"], line["resource"]) for line in lines] == [
        (ref, "precaution", "R0001")
    ]
    assert ref in _run(settings, "list")
    assert _run(settings, "list", "--state", "found") == ""


def test_show_prints_one_document(settings: Settings, ref: str) -> None:
    shown = json.loads(_run(settings, "show", ref, "--json"))
    assert shown["state"] == "precaution"
    assert {duty["step"] for duty in shown["duties"]} >= {"stop_transmission", "report"}
    assert shown["holds"][0]["standing"] is True
    assert "stop_transmission" in _run(settings, "show", ref)
