"""One schema, several skins: the same dialogue gives byte-equal complaints through each."""

from __future__ import annotations

import re
from contextlib import contextmanager
from html import unescape

import pytest

from app.core import clock
from app.core.transaction import transaction
from app.intake import answers, bot, canonical, dialogue, filing, lookups, schema
from app.intake.values import Filing
from tests.catalogue.make import bodies, bring, resource_row
from tests.intake import scripts
from tests.intake.browser import Browser
from tests.intake.scripts import Script

# Every skin costs some 8 requests a dialogue; all 200 run against the fold (test_dialogues.py).
SAMPLE = scripts.scripts()[::10]


@pytest.fixture
def world(app, monkeypatch):
    """The catalogue of the scripts, no flood limits in the way, and what was filed."""
    rows = [resource_row(ref, title=title, digit=f"{n:x}") for n, (ref, title) in
            enumerate(scripts.titles().items())]  # fmt: skip
    with transaction() as tx:
        assert not bring(tx, bodies() + rows, clock.now()).errors
    monkeypatch.setattr("app.core.limits.hit", lambda *_, **__: None)
    filed: list[Filing] = []
    real = canonical.document

    def document(found: Filing, **more):
        filed.append(found)
        return real(found, **more)

    monkeypatch.setattr(filing.canonical, "document", document)
    return filed


def _expected(script: Script, monkeypatch) -> tuple[dict, bytes]:
    with monkeypatch.context() as patch:
        patch.setattr(lookups, "catalogue", scripts.Catalogue())
        filled = bot.fold(scripts.play(script)).answers
    return filled, scripts.canonical_bytes(scripts.filing(filled, script.lang))


@contextmanager
def _client(app, script: Script):
    """A visitor of their own: a fresh ``g``, or the first one's CSRF token would be shared."""
    with app.app_context():
        client = app.test_client()
        client.environ_base["HTTP_ACCEPT_LANGUAGE"] = script.lang
        yield client


def _buttons(page: str) -> set[str]:
    return {unescape(v) for v in re.findall(r'<button[^>]*name="option" value="([^"]*)"', page)}


def test_the_pages_without_scripts_file_what_the_fold_says(app, world, monkeypatch):
    for script in SAMPLE:
        _, expected = _expected(script, monkeypatch)
        monkeypatch.setattr(lookups, "kinds", lambda _text, s=script: s.kinds)
        with _client(app, script) as client:
            _talk(Browser(client), script)
        assert scripts.canonical_bytes(world[-1]) == expected, script.name


def _talk(browser: Browser, script: Script) -> None:
    browser.get("/assistant")
    for said in script.say:
        n = re.search(r'name="after" value="(\d+)"', browser.page)
        assert n
        if said in {"=undo", "=redo"}:
            browser.post("/assistant", after=n[1], **{said[1:]: "yes"})
        elif said.startswith("="):
            assert said[1:] in _buttons(browser.page), (script.name, said)
            browser.post("/assistant", after=n[1], option=said[1:])
        else:
            browser.post("/assistant", after=n[1], text=said)
        assert browser.status == 200, (script.name, said)
    assert "send" in _buttons(browser.page), script.name
    browser.post("/assistant", option="send", once=browser.once)
    assert browser.code


def test_the_api_files_what_the_fold_says(app, world, monkeypatch):
    for script in SAMPLE:
        _, expected = _expected(script, monkeypatch)
        monkeypatch.setattr(lookups, "kinds", lambda _text, s=script: s.kinds)
        with _client(app, script) as client:
            _call(client, script)
        assert scripts.canonical_bytes(world[-1]) == expected, script.name


def _call(client, script: Script) -> None:
    shown = client.post("/api/v1/assistant").get_json()
    url = f"/api/v1/assistant/{shown['session']}"
    for said in script.say:
        if said in {"=undo", "=redo"}:
            body = {said[1:]: True}
        elif said.startswith("="):
            offered = {o["value"] for o in shown["options"]}
            offered |= {f"change:{key}" for key in shown["taken"]}
            assert said[1:] in offered, (script.name, said)
            body = {"option": said[1:]}
        else:
            body = {"text": said}
        shown = client.post(url, json={**body, "after": shown["n"]}).get_json()
    assert shown["ask"] == "confirm", script.name
    sent = client.post(url, json={"option": "send"}).get_json()
    assert sent["receipt"]["ref"]


def _named(filled: dict) -> bool:
    return bool(filled["resource"].get("ref") or filled["resource"].get("hint"))


def test_the_form_files_what_the_fold_says(app, world, monkeypatch):
    for script in SAMPLE:
        filled, expected = _expected(script, monkeypatch)
        if not _named(filled):
            continue
        with _client(app, script) as client:
            _fill_form(Browser(client), filled)
        assert scripts.canonical_bytes(world[-1]) == expected, script.name


def _fill_form(browser: Browser, filled: dict) -> None:
    known = filled["resource"]
    if known.get("ref"):
        browser.get(f"/complain/resource?q={known['ref']}")
        browser.post("/complain/resource", resource=known["ref"], q=known.get("url", ""))
    else:
        browser.get("/complain/roughly")
        browser.post("/complain/roughly", hint=known["hint"])
    for kind, start, end in filled["places"]:
        browser.get("/complain/where")
        parts = {f"{kind}_from": start or "", f"{kind}_to": end or ""}
        browser.post("/complain/where", kind=kind, more="yes", **parts)
    if not filled["places"]:
        browser.post("/complain/where")
    browser.get("/complain/what")
    kind = answers.kind(filled) or ""
    browser.post("/complain/what", text=filled["text"]["text"], kind=kind)
    browser.post("/complain/files")
    reach = answers.contact(filled)
    flags = {n: "yes" for n in ("minor", "guardian") if getattr(reach, n)}
    browser.post(
        "/complain/contact", way=reach.way, **{f"{reach.way}_address": reach.address}, **flags
    )
    assert browser.path == "/complain/check", browser.path
    browser.post("/complain/send", once=browser.once)
    assert browser.code


def test_one_post_of_json_files_what_the_fold_says(app, world, monkeypatch):
    for script in SAMPLE:
        filled, expected = _expected(script, monkeypatch)
        if not _named(filled):
            continue
        known, reach = filled["resource"], answers.contact(filled)
        names = {"id": "ref", "url": "url", "title": "hint"}
        body = {
            "text": filled["text"]["text"],
            "resource": {name: known[own] for name, own in names.items() if known.get(own)},
            "locators": [{"kind": k, "from": a, "to": b} for k, a, b in filled["places"]],
            "kind": answers.kind(filled),
            "contact": {"minor": reach.minor, "guardian": reach.guardian}
            | ({reach.way: reach.address} if reach.address else {}),
            "lang": script.lang,
        }
        with _client(app, script) as client:
            answer = client.post("/api/v1/complaints", json=body)
        assert answer.status_code == 201, answer.get_json()
        assert scripts.canonical_bytes(world[-1]) == expected, script.name


def test_the_phone_desk_reads_out_every_question_and_shows_what_is_filled(app):
    with app.test_request_context(headers={"Accept-Language": "en"}):
        steps = dialogue.steps({"text": {"text": "R0001"}, "kind": {"kind": "legal"}})
    assert [step["key"] for step in steps] == list(schema.TURNS)
    assert all(step["ask"] and step["why"] for step in steps)
    told = {step["key"]: step["value"] for step in steps}
    assert told["text"] == "R0001"
    assert told["kind"] == schema.kind_words("legal", "en")
