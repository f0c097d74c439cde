"""Topics and jobs match; every route says who may call it; the start refuses what is wrong."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from flask import Flask

from app.core import access, settings
from workers.handlers import handlers, periodic

APP = Path(__file__).parents[2] / "app"


def _topics_put() -> set[str]:
    found = set()
    for file in APP.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                for keyword in node.keywords:
                    if keyword.arg == "topic" and isinstance(keyword.value, ast.Constant):
                        found.add(str(keyword.value.value))
    return found


def test_every_promised_topic_has_a_job(app):
    assert not _topics_put() - set(handlers())


def test_periodic_topics_have_jobs(app):
    assert set(periodic()) <= set(handlers())


def test_every_route_declares_who_may_call_it(app):
    access.check_declared(app)


def test_a_route_without_declaration_stops_the_start():
    bare = Flask("bare")
    bare.add_url_rule("/open", "open", lambda: "x")
    with pytest.raises(RuntimeError, match="open"):
        access.check_declared(bare)


def test_desk_routes_are_closed_to_strangers(app, client):
    for rule in app.url_map.iter_rules():
        path = str(rule)
        if not path.startswith("/desk") or "GET" not in (rule.methods or ()):
            continue
        if access.of(app, rule.endpoint) == access.Access("public") or rule.arguments:
            continue
        answer = client.get(path)
        assert answer.status_code == 303, path
        assert "/desk/sign-in" in answer.headers["Location"]


def test_every_answer_carries_the_security_headers(client):
    for path in ("/", "/nowhere", "/healthz", "/desk/sign-in", "/static/chuku.css"):
        head = client.get(path).headers
        assert "default-src 'none'" in head["Content-Security-Policy"], path
        assert "unsafe-inline" not in head["Content-Security-Policy"], path
        assert head["X-Content-Type-Options"] == "nosniff", path
        assert head["Referrer-Policy"] == "no-referrer", path


def test_an_unknown_setting_stops_the_start():
    with pytest.raises(settings.SettingsError, match="CHUKU_SPEED"):
        settings.load({"CHUKU_SPEED": "9"})


def test_a_wrong_type_stops_the_start(tmp_path):
    with pytest.raises(settings.SettingsError, match="CHUKU_WEB_THREADS"):
        settings.load({"CHUKU_WEB_THREADS": "many", "CHUKU_DATA": str(tmp_path)})


def test_the_access_log_cannot_be_kept_shorter_than_the_law_says(tmp_path):
    with pytest.raises(settings.SettingsError, match="190"):
        settings.load({"CHUKU_ACCESS_LOG_DAYS": "30", "CHUKU_DATA": str(tmp_path)})


def test_a_language_link_leads_only_to_our_own_pages(client):
    answer = client.get("/lang/en?next=//elsewhere.example/")
    assert answer.headers["Location"] == "/"
