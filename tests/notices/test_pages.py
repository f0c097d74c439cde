"""The recipient's page and the desk's pages of letters."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import pyotp
import pytest
from flask.testing import FlaskClient

from app.authorities import queries as authorities
from app.core.db import db
from app.core.transaction import transaction
from tests.make import PASSWORD, make_officer
from tests.notices.make import Sink
from tests.notices.test_letters import look, promise, settled, token
from tests.outbox_run import drain


@pytest.fixture
def ref(world: Any, sink: Sink, at: datetime) -> str:
    made = promise(at)
    drain()
    return made


def form_token(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    return found.group(1)


def fresh(client: FlaskClient, path: str) -> str:
    """As the next visitor sees it: the test's requests share one session, visitors do not."""
    db.session.remove()
    return client.get(path).text


def sign(client: FlaskClient, ref: str, **form: str) -> Any:
    path = f"/letter/{token(ref)}"
    csrf = form_token(client.get(path).text)
    values = {"name": "王清和", "position": "网络安全科科长", "csrf_token": csrf, **form}
    return client.post(path, data=values)


def test_opening_the_link_shows_the_letter_and_marks_it_read(client: FlaskClient, ref: str) -> None:
    answer = client.get(f"/letter/{token(ref)}")
    assert answer.status_code == 200
    assert "云智资〔2026〕1号" in answer.text
    assert "第二十条 平台服务提供单位如发现" in answer.text
    assert "签收本函" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "<style" not in answer.text
    assert " style=" not in answer.text
    assert look(ref).state == "delivered"


def test_signing_with_name_and_position(client: FlaskClient, ref: str) -> None:
    answer = sign(client, ref, answer="已收悉，正在自查。")
    assert answer.status_code == 303
    page = fresh(client, answer.location)
    assert "本函已签收" in page
    assert "王清和（网络安全科科长）" in page
    assert "已收悉，正在自查。" in page
    assert "签收本函" not in page
    assert look(ref).state == "signed"
    assert settled() == ["sent", "signed"]


def test_signing_twice_shows_who_signed_first(client: FlaskClient, ref: str) -> None:
    path = f"/letter/{token(ref)}"
    csrf = form_token(client.get(path).text)
    for name in ("王清和", "别人"):
        form = {"name": name, "position": "科长", "csrf_token": csrf}
        assert client.post(path, data=form).status_code == 303
    page = fresh(client, path)
    assert "王清和" in page
    assert "别人" not in page


@pytest.mark.parametrize("missing", ["name", "position"])
def test_a_missing_field_is_named_and_nothing_typed_is_lost(
    client: FlaskClient, ref: str, missing: str
) -> None:
    answer = sign(client, ref, **{missing: "  ", "answer": "已收悉"})
    assert answer.status_code == 422
    assert f'href="#{missing}"' in answer.text
    assert "已收悉" in answer.text
    assert look(ref).state == "delivered"


def test_a_form_without_its_token_is_refused(client: FlaskClient, ref: str) -> None:
    form = {"name": "王清和", "position": "科长"}
    assert client.post(f"/letter/{token(ref)}", data=form).status_code == 400
    assert look(ref).signature is None


@pytest.mark.parametrize("wrong", ["x", "A" * 22, "%00", "..%2f", "甲"])
def test_a_wrong_link_leads_nowhere(client: FlaskClient, ref: str, wrong: str) -> None:
    assert client.get(f"/letter/{wrong}").status_code == 404


def test_a_name_with_markup_stays_text(client: FlaskClient, ref: str) -> None:
    sign(client, ref, name="<script>alert(1)</script>")
    page = fresh(client, f"/letter/{token(ref)}")
    assert "&lt;script&gt;alert" in page
    assert "<script>alert" not in page


def test_the_page_speaks_english_too(client: FlaskClient, ref: str) -> None:
    page = client.get(f"/letter/{token(ref)}?lang=en").text
    assert "Sign for this letter" in page


@pytest.fixture
def officer(client: FlaskClient, ref: str, at: datetime) -> FlaskClient:
    with transaction() as tx:
        here = authorities.platform(tx, "yunchuan").id
        _, secret = make_officer(tx, at, platform_id=here)
    csrf = form_token(client.get("/desk/sign-in").text)
    form = {"login": "wang", "password": PASSWORD, "code": pyotp.TOTP(secret).at(at)}
    assert client.post("/desk/sign-in", data={**form, "csrf_token": csrf}).status_code == 303
    return client


def test_the_desk_lists_letters_and_what_is_unsigned(officer: FlaskClient, ref: str) -> None:
    for query in ("", "?show=unsigned", "?state=sent", "?lang=en"):
        assert f"/desk/letters/{ref}" in officer.get(f"/desk/letters{query}").text
    assert f"/desk/letters/{ref}" not in officer.get("/desk/letters?state=failed").text


def test_the_desk_shows_a_letter_and_never_its_link(officer: FlaskClient, ref: str) -> None:
    page = officer.get(f"/desk/letters/{ref}").text
    assert "first@auth.example" in page
    assert "250 kept" in page
    assert "第二十条" in page
    assert token(ref) not in page
    assert officer.get("/desk/letters/ZZZZZZZZ").status_code == 404


def test_an_officer_records_a_handover(officer: FlaskClient, ref: str) -> None:
    csrf = form_token(officer.get(f"/desk/letters/{ref}").text)
    path = f"/desk/letters/{ref}/handover"
    form = {"how": "phone", "name": "陈书远", "position": "处长", "csrf_token": csrf}
    wrong = officer.post(path, data=form | {"how": "smoke"})
    assert wrong.status_code == 422
    assert officer.post(path, data=form).status_code == 303
    seen = look(ref)
    assert (seen.state, seen.signature and seen.signature.how) == ("signed", "phone")
    assert "陈书远" in officer.get(f"/desk/letters/{ref}").text
    assert officer.post(path, data=form).status_code == 409


def test_an_officer_records_a_return(officer: FlaskClient, ref: str, sink: Sink) -> None:
    csrf = form_token(officer.get(f"/desk/letters/{ref}").text)
    form = {"delivery": str(look(ref).deliveries[0].id), "reason": "信箱不存在", "csrf_token": csrf}
    assert officer.post(f"/desk/letters/{ref}/returned", data=form).status_code == 303
    drain()
    assert sink.to() == ["first@auth.example", "second@auth.example"]
    assert officer.get(f"/desk/letters/{ref}").status_code == 200
    assert officer.post(f"/desk/letters/{ref}/returned", data=form).status_code == 409


def test_sending_again_needs_a_new_contact(officer: FlaskClient, ref: str) -> None:
    csrf = form_token(officer.get(f"/desk/letters/{ref}").text)
    path = f"/desk/letters/{ref}/again"
    for expected in (303, 303, 409):  # the second contact, the telephone, nobody
        assert officer.post(path, data={"csrf_token": csrf}).status_code == expected


def test_the_desk_is_closed_to_strangers(client: FlaskClient, ref: str) -> None:
    for path in ("/desk/letters", f"/desk/letters/{ref}"):
        assert client.get(path).status_code == 303


def test_the_desk_shows_a_letter_that_is_not_drawn_up_yet(
    officer: FlaskClient, ref: str, at: datetime
) -> None:
    waiting = promise(at, duty_key="waiting")
    db.session.remove()
    page = officer.get(f"/desk/letters/{waiting}").text
    assert "函件正在生成" in page
    assert "尚未编号" in page
