"""Whatever arrives is bounded and is text, or the answer says what to do; nothing crashes."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from contextlib import suppress
from typing import Any

import pytest

from app.core import body
from app.core.errors import InvalidError
from app.core.transaction import transaction
from app.incidents import queries as incidents
from tests.make import make_catalogue, make_key

SIGNAL = {"Idempotency-Key": "k", "Content-Type": "application/json"}


def _nested(depth: int) -> Any:
    value: Any = "x"
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("bad", ["a\0b", "\ud800", 2**60, _nested(900), {"a\0": 1}])
def test_what_no_database_can_store_is_refused(bad):
    with pytest.raises(InvalidError):
        body.check({"text": bad})


def test_ordinary_bodies_pass():
    body.check({"text": "👩🏽‍🏫 第３讲", "n": [1.5, None, True, {"a": 2**40}]})


def _problem(answer: Any) -> dict[str, Any]:
    assert 400 <= answer.status_code < 500, answer.get_data(as_text=True)[:300]
    assert answer.mimetype == "application/problem+json"
    found = answer.get_json()
    assert found["type"].startswith("urn:chuku:problem:")
    assert len(found["detail"]) >= 6
    return dict(found)


@pytest.mark.parametrize("depth", [50, 450, 900, 100_000])
@pytest.mark.parametrize("path", ["/api/v1/complaints", "/api/v1/assistant"])
def test_a_body_nested_without_end_is_refused_at_every_depth(client, path, depth):
    raw = '{"text": "x", "resource": {"id": "R1"}, "locators": ' + "[" * depth + "]" * depth + "}"
    _problem(client.post(path, data=raw, content_type="application/json"))


@pytest.mark.parametrize("raw", ['{"text": "\\ud800"}', "[" * 90_000, '{"severe_score": NaN}'])
def test_a_monitors_odd_body_is_a_problem_not_a_crash(client, at, raw):
    with transaction() as tx:
        make_catalogue(tx, at)
        key = make_key(tx, at, scope="signal")
    head = {**SIGNAL, "Authorization": f"Bearer {key}"}
    _problem(client.post("/api/v1/signals", data=raw, headers=head))


def test_every_refused_field_is_named_by_its_own_name(client):
    found = _problem(client.get("/api/v1/resources?limit=9999&next=-1"))
    assert set(found["errors"]) == {"limit", "next"}


@pytest.mark.parametrize("path", ["/api/v1/nowhere", "/api/v1/receipts", "/edge/v1/deny"])
def test_errors_of_the_api_are_problems(client, path):
    _problem(client.get(path))


def test_a_wrong_method_is_a_problem_that_names_the_right_one(client):
    answer = client.patch("/api/v1/complaints")
    _problem(answer)
    assert "POST" in answer.headers["Allow"]


def test_errors_of_pages_are_pages(client):
    answer = client.get("/nowhere")
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
    assert "<h1" in answer.get_data(as_text=True)


@pytest.mark.parametrize("path", ["/blocked/%00", "/letter/%00", "/api/v1/resources/%00"])
def test_a_nul_in_an_address_is_not_found(client, path):
    assert client.get(path).status_code == 404


def test_a_nul_in_a_question_or_form_is_refused(app, client):
    app.config["WTF_CSRF_ENABLED"] = False
    assert client.get("/api/v1/resources?q=%00").status_code == 422
    assert client.post("/desk/sign-in", data={"login": "a\0"}).status_code == 422


def test_words_without_end_are_not_even_read(client):
    raw = json.dumps({"text": "a" * (body.MOST + 1), "resource": {"id": "R1"}})
    answer = client.post("/api/v1/complaints", data=raw, content_type="application/json")
    assert answer.status_code == 413


@pytest.mark.parametrize("target", ["//x.example", "/\\x.example", "/\t/x.example", "/\r\nX: y"])
def test_a_language_link_leads_only_home(client, target):
    answer = client.get("/lang/en", query_string={"next": target})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")


@pytest.mark.parametrize(
    "parts", ["[[]]", "[null]", '["1180591620717411303424"]', "[" * 2000, "{}", "7"]
)
def test_a_broken_cursor_is_refused_with_a_sentence(app, tx, parts):
    with pytest.raises(InvalidError, match="cursor"):
        incidents.listing(tx, after=urlsafe_b64encode(parts.encode()).decode())


def test_a_cursor_without_a_zone_or_before_all_time_does_not_crash(app, tx):
    for moment in ("2020-01-01", "0001-01-01T00:00:00+14:00"):
        text = incidents._cursor(["1", moment, "1"])  # noqa: SLF001 - a forged one
        with suppress(InvalidError):
            incidents.queue(tx, after=text)
