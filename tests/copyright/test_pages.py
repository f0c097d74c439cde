"""The pages without scripts: from the empty form to the restored resource."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select, text

from app.core import clock, limits
from app.core.transaction import reading, transaction
from app.incidents import queries as incidents
from app.notices import rows
from app.notices.models import Notice
from tests.catalogue.make import make_catalogue
from tests.copyright.make import a_contact
from tests.incidents.make import see_captured
from tests.intake.browser import Browser

HOLDER = {
    "holder_name": "云川示例出版社",
    "holder_phone": "0871-65000000",
    "holder_mail": "rights@press.example",
    "holder_address": "云川市示例路1号",
    "for_whom": "self",
}
ANSWER = {
    "name": "云川示例中学",
    "phone": "0871-65111111",
    "mail": "",
    "address": "云川市学府路2号",
    "what": "课件，全部地址",
    "proof": "本校教师自行编写，底稿编号2023-07。",
    "true": "yes",
}


@pytest.fixture
def browser(app, client) -> Browser:
    with transaction() as tx:
        make_catalogue(tx, clock.now())
    return Browser(client)


def upload(browser: Browser, role: str = "ownership", colour: str = "navy") -> None:
    out = io.BytesIO()
    Image.new("RGB", (60, 40), colour).save(out, "PNG")
    out.seek(0)
    browser.post("/copyright/notice/proof", role=role, files=(out, f"{role}.png"))


def fill(browser: Browser, **more: Any) -> None:
    browser.get("/copyright/notice/resource?q=R0001")
    browser.post("/copyright/notice/resource", resource="R0001")
    browser.post("/copyright/notice/resource", resource="R0001", chosen="yes")
    browser.post("/copyright/notice/claimant", **{**HOLDER, **more})
    browser.post("/copyright/notice/work", work="《函数的图象》2024", statement="第3页起照抄。")
    upload(browser)
    browser.get("/copyright/notice/check")


def send(browser: Browser, **more: Any) -> str:
    fill(browser, **more)
    browser.post("/copyright/notice/send", once=browser.once, true="yes")
    assert browser.status == 200, browser.page
    return browser.code


def link() -> str:
    """The token of the provider's letter, as its mail would carry it."""
    with transaction() as tx:
        ref = tx.execute(text("SELECT incident FROM copyright_notice")).scalars().first()
        assert ref is not None
        see_captured(tx, ref, clock.now())
        letter = tx.scalars(select(Notice).where(Notice.kind == "forward")).one()
        contact = a_contact(tx)
        rows.link(tx, letter, contact, clock.now())
        return rows.token(letter, contact)


def test_the_start_page_speaks_english_too(client):
    page = client.get("/copyright?lang=en").get_data(as_text=True)
    assert "Arts. 14 to 17" in page
    assert "法律要求" not in page


def test_the_start_page_says_what_the_law_asks_for_and_gives_paper(browser):
    browser.get("/copyright")
    assert "第十四条" in browser.page
    assert "不能匿名" in browser.page
    for page in ("/copyright/form", "/copyright/counter-form"):
        assert browser.get(page).count('class="line"') > 8


def test_a_complete_notice_leads_to_a_receipt_and_a_stop(browser):
    code = send(browser)
    assert browser.headers["Cache-Control"] == "no-store"
    browser.get("/receipt")
    browser.post("/receipt", code=code)
    assert "/copyright/sent" in browser.page
    browser.get("/copyright/sent")
    assert "云川示例出版社" in browser.page
    assert "ownership.png" in browser.page
    with reading() as session:
        one = incidents.queue(session).items[0]
        assert (one.kind, one.state) == ("copyright", "precaution")


def test_a_second_press_shows_the_same_receipt(browser):
    fill(browser)
    once, page = browser.once, browser.page
    browser.post("/copyright/notice/send", once=once, true="yes")
    first = browser.code
    browser.page = page
    browser.post("/copyright/notice/send", once=once, true="yes")
    assert browser.code == first


def test_everything_that_is_missing_is_named_with_its_reason_and_article(browser):
    browser.get("/copyright/notice/claimant")
    browser.post("/copyright/notice/claimant", holder_name="云川示例出版社")
    for words in ("联系方式", "送达文书", "由权利人本人提交还是由代理人提交"):
        assert words in browser.page
    assert 'value="云川示例出版社"' in browser.page  # nothing typed is lost
    browser.get("/copyright/notice/check")
    assert browser.page.count("条例》第十四条") >= 5
    browser.post("/copyright/notice/send", once=browser.once)
    assert browser.status == 422
    assert "还不能发送" in browser.page
    assert "第二十四条" in browser.page
    with reading() as session:
        assert incidents.queue(session).items == ()


def test_an_agent_needs_a_name_a_contact_and_the_signed_authority(browser):
    fill(browser, for_whom="other")
    assert "第一百六十五条" in browser.page
    browser.post(
        "/copyright/notice/claimant",
        **{**HOLDER, "for_whom": "other", "agent_name": "示例律师所", "agent_phone": "13800000000"},
    )
    assert browser.path == "/copyright/notice/proof"
    browser.post("/copyright/notice/proof")
    assert browser.status == 422
    assert "授权委托书" in browser.page
    upload(browser, "authority", "white")
    browser.post("/copyright/notice/proof")
    assert browser.path == "/copyright/notice/check"
    browser.post("/copyright/notice/send", once=browser.once, true="yes")
    assert browser.status == 200
    assert browser.code


def test_a_file_that_cannot_be_taken_is_named(browser):
    browser.get("/copyright/notice/proof")
    browser.post(
        "/copyright/notice/proof", role="ownership", files=(io.BytesIO(b"<svg/>"), "x.svg")
    )
    assert "x.svg" in browser.page


def test_only_ticked_addresses_are_stopped(browser):
    browser.get("/copyright/notice/resource?q=R0001")
    browser.post("/copyright/notice/resource", resource="R0001")
    ticked = re.findall(r'name="address" value="(\d+)"', browser.page)
    browser.post("/copyright/notice/resource", resource="R0001", chosen="yes", address=ticked[-1])
    browser.post("/copyright/notice/claimant", **HOLDER)
    browser.post("/copyright/notice/work", work="作品", statement="照抄。")
    upload(browser)
    browser.get("/copyright/notice/check")
    browser.post("/copyright/notice/send", once=browser.once, true="yes")
    with reading() as session:
        held = session.execute(text("SELECT address_id FROM hold")).scalars().all()
    assert held == [int(ticked[-1])]


def test_the_provider_answers_under_its_letters_link_and_the_claimant_reads_it(browser):
    code = send(browser)
    token = link()
    browser.get(f"/letter/{token}")
    assert f"/copyright/counter/{token}" in browser.page
    browser.get(f"/copyright/counter/{token}")
    browser.post(f"/copyright/counter/{token}", **{**ANSWER, "proof": "", "true": ""})
    assert browser.status == 422
    assert "第一千一百九十六条" in browser.page
    assert "云川市学府路2号" in browser.page
    svg = (io.BytesIO(b"<svg/>"), "x.svg")
    browser.post(f"/copyright/counter/{token}", **ANSWER, files=svg)
    assert browser.status == 422
    assert "x.svg" in browser.page
    out = io.BytesIO()
    Image.new("RGB", (60, 40), "green").save(out, "PNG")
    out.seek(0)
    browser.post(f"/copyright/counter/{token}", **ANSWER, files=(out, "教案底稿.png"))
    assert browser.status == 200
    assert "已收到" in browser.page
    assert "教案底稿.png" in browser.page
    with reading() as session:
        assert session.execute(text("SELECT count(*) FROM attachment")).scalar() == 2
    browser.get("/receipt")
    browser.post("/receipt", code=code)
    assert "云川示例中学" in browser.page
    browser.get("/copyright/sent")
    assert "底稿编号2023-07" in browser.page


def test_a_strange_link_leads_nowhere(browser):
    assert browser.get("/copyright/counter/AAAAAAAAAAAAAAAAAAAAAA")
    assert browser.status == 404


def test_beyond_thirty_an_hour_the_draft_is_kept_and_the_page_says_when(browser, monkeypatch):
    from app.copyright import notice_pages

    monkeypatch.setattr(notice_pages, "_NOTICES", 0)
    fill(browser)
    once = browser.once
    browser.post("/copyright/notice/send", once=once, true="yes")
    assert browser.status == 429
    assert int(browser.headers["Retry-After"]) > 0
    assert "已保留" in browser.page
    limits.configure(None)
    monkeypatch.setattr(notice_pages, "_NOTICES", 30)
    browser.post("/copyright/notice/send", once=once, true="yes")
    assert browser.status == 200


def test_giving_up_leaves_nothing(browser):
    fill(browser)
    browser.post("/copyright/notice/discard")
    assert browser.path == "/copyright"
    with reading() as session:
        assert session.execute(text("SELECT count(*) FROM draft")).scalar() == 0


def test_the_second_notice_for_the_same_is_refused_kindly(browser):
    send(browser)
    token = link()
    browser.get(f"/copyright/counter/{token}")
    browser.post(f"/copyright/counter/{token}", **ANSWER)
    fill(browser)
    browser.post("/copyright/notice/send", once=browser.once, true="yes")
    assert browser.status == 409
    assert "人民法院" in browser.page
