"""The phone desk: asked by the schema, filed once, the code read out, and nothing lost between."""

from __future__ import annotations

import re
from html import unescape

import pytest

from app.core import clock
from app.core.transaction import reading, transaction
from app.intake import queries
from app.intake.models import Complaint
from tests.catalogue.make import make_catalogue
from tests.intake.officers import sign_in

SHEET = {
    "once": "call-1",
    "do": "send",
    "q": "R0001",
    "found": "R0001",
    "resource": "R0001",
    "text": "第3题答案错了。",
    "way": "none",
}


def _code(page: str) -> str:
    found = re.search(r'id="code">(.*?)</ol>', page, re.DOTALL)
    assert found
    return "".join(re.findall(r"<li>(\w{4})</li>", found[1]))


def test_a_call_becomes_a_complaint_whose_code_opens_it(officer, client):
    answer = officer.post("/desk/phone", data=SHEET)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    code = _code(answer.text)
    with reading() as session:
        found = queries.by_secret(session, code)
        row = session.get(Complaint, found)
        assert (row.source, row.entered_by, row.source_tag) == ("phone", "account:1", None)


def test_pressing_twice_files_once(officer):
    first, second = (_code(officer.post("/desk/phone", data=SHEET).text) for _ in range(2))
    assert first == second


def test_another_callers_words_on_a_sheet_sent_before_never_show_the_first_ones_code(officer):
    first = _code(officer.post("/desk/phone", data=SHEET).text)
    again = officer.post("/desk/phone", data={**SHEET, "text": "第二个人说的事。"})
    assert again.status_code == 409
    assert "第二个人说的事。" in again.text
    once = re.search(r'name="once" value="([^"]+)"', again.text)[1]
    second = officer.post("/desk/phone", data={**SHEET, "text": "第二个人说的事。", "once": once})
    assert _code(second.text) != first


def test_what_was_chosen_before_other_words_were_typed_is_not_filed(officer):
    answer = officer.post("/desk/phone", data={**SHEET, "q": "九年级化学"})
    assert answer.status_code == 422
    assert 'href="#q"' in answer.text
    number = officer.post("/desk/phone", data={**SHEET, "q": "r0001", "found": "", "resource": ""})
    assert number.status_code == 200
    with reading() as session:
        assert queries.for_triage(session, 1).resource_id == 1


def test_looking_up_and_noting_places_keeps_what_was_typed(officer):
    typed = {**SHEET, "do": "find", "resource": "", "q": "R0001"}
    page = officer.post("/desk/phone", data=typed).text
    assert "第3题答案错了。" in page
    assert 'value="R0001" checked' in page
    noted = officer.post(
        "/desk/phone", data={**SHEET, "do": "place", "kind": "page", "page_from": "第十二页"}
    ).text
    line = unescape(re.search(r'name="noted" value="([^"]*)"', noted)[1])
    assert line == '["page", "12", null]'
    sent = {**SHEET, "noted": line, "kind": "time", "time_from": "1:05", "once": "call-2"}
    officer.post("/desk/phone", data=sent)
    with reading() as session:
        [place, other] = queries.for_triage(session, 1).locators
        assert {(p.kind, p.start) for p in (place, other)} == {("page", "12"), ("time", "1:05")}


def test_a_noted_place_can_be_taken_back(officer):
    line = '["page", "12", null]'
    page = officer.post("/desk/phone", data={**SHEET, "do": "", "noted": line, "forget": line}).text
    assert 'name="noted"' not in page


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"q": "", "resource": ""}, "q"),
        ({"text": " "}, "text"),
        ({"kind": "time", "time_from": "nonsense"}, "time_from"),
        ({"way": "phone", "phone_address": "12"}, "phone_address"),
        ({"sort": "nonsense"}, "sort"),
    ],
)
def test_what_is_missing_is_named_and_the_rest_stays(officer, change, field):
    answer = officer.post("/desk/phone", data={**SHEET, **change})
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert answer.text.count(f'id="{field}"') == 1


def test_danger_is_said_first_and_names_are_shown_masked(officer):
    page = officer.post(
        "/desk/phone", data={**SHEET, "do": "find", "text": "我不想活了，电话 13800000000"}
    ).text
    assert "12356" in page
    assert "〔电话〕" in page


def test_in_danger_the_numbers_are_read_out_before_anything_is_filed(officer):
    asked = officer.post("/desk/phone", data={**SHEET, "text": "我不想活了"}).text
    assert "12356" in asked
    assert 'id="code"' not in asked
    told = re.search(r'name="told" value="(\w+)"', asked)[1]
    assert _code(
        officer.post("/desk/phone", data={**SHEET, "text": "我不想活了", "told": told}).text
    )


def test_who_may_not_take_complaints_is_refused(app, client):
    app.config["WTF_CSRF_ENABLED"] = False
    with transaction() as tx:
        make_catalogue(tx, clock.now())
    sign_in(client, "provider_user")
    assert client.get("/desk/phone").status_code == 403
    assert client.get("/desk/import").status_code == 403
