"""The assistant's pages without scripts: going back, a code for later, an officer, files, check."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pyotp
import pytest
from PIL import Image

from app.accounts import service as accounts
from app.accounts.queries import open_pages
from app.core import clock
from app.core.transaction import reading, transaction
from app.intake import drafts, handoff, jobs, receipt
from app.intake.models import Draft, HandOff
from tests.catalogue.make import make_catalogue
from tests.intake.browser import Browser


@pytest.fixture
def browser(app, client) -> Browser:
    with transaction() as tx:
        make_catalogue(tx, clock.now())
    return Browser(client)


def _n(browser: Browser) -> str:
    found = re.search(r'name="after" value="(\d+)"', browser.page)
    assert found
    return found[1]


def _say(browser: Browser, text: str = "", **more: str) -> str:
    return browser.post("/assistant", text=text, after=_n(browser), **more)


def _officer(app):
    """A signed-in officer's client."""
    at, password = clock.now(), "correct horse battery"
    with transaction() as tx:
        _, secret = accounts.add_account(
            tx, login="wang", name="王值班", password=password, memberships=[(1, "officer")], at=at
        )
    desk = Browser(app.test_client())
    desk.get("/desk/sign-in")
    desk.post("/desk/sign-in", login="wang", password=password, code=pyotp.TOTP(secret).at(at))
    return desk.client


def _begin(browser: Browser, *said: str) -> None:
    browser.get("/assistant")
    for text in said or ("R0001 第3页有错字",):
        _say(browser, text)


def test_what_was_understood_stands_there_with_right_and_change(browser):
    _begin(browser)
    assert 'value="ok:resource"' in browser.page
    assert 'value="change:places"' in browser.page
    _say(browser, option="change:places")
    _say(browser, "第4页")
    assert "第4页" in browser.page


def test_going_back_shows_less_and_going_on_from_there_replaces_the_rest(browser):
    _begin(browser, "R0001 第3页有错字", "6", "没有")
    browser.get("/assistant?n=1")
    assert "您退回到了前面" in browser.page
    assert _n(browser) == "1"
    _say(browser, option="k:legal")
    assert _n(browser) == "2"
    assert "有能说明问题的截图或文件吗" in browser.page
    assert "方便联系您吗" not in browser.page


def test_a_double_press_is_one_turn(browser):
    _begin(browser)
    page = browser.page
    for _ in range(2):
        browser.page = page
        _say(browser, option="k:legal")
    assert _n(browser) == "2"


def test_what_is_sent_is_the_page_that_was_seen(browser):
    _begin(browser, "R0001 第3页有错字", "6", "没有", "不留", "还有第9页的图")
    browser.get("/assistant?n=4")
    browser.post("/assistant", option="send", after="4", once=browser.once)
    code = browser.code
    browser.get("/receipt")
    browser.post("/receipt", code=code)
    from app.intake import queries

    with reading() as session:
        assert "第9页" not in queries.for_triage(session, 1).masked_text


def test_redo_is_offered_after_undo(browser):
    _begin(browser, "R0001 第3页有错字", "6")
    _say(browser, undo="yes")
    assert 'name="redo"' in browser.page
    _say(browser, redo="yes")
    assert "有能说明问题的截图或文件吗" in browser.page
    assert 'name="redo"' not in browser.page


def test_names_in_the_words_and_data_in_files_are_listed_before_sending(browser):
    _begin(browser, "R0001 第3页有错字，是张老师写的", "6")
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "Camera"
    exif[0x0110] = "Model"
    Image.new("RGB", (40, 30), "navy").save(out, "JPEG", exif=exif)
    out.seek(0)
    browser.post("/assistant/files", files=(out, "照片.jpg"))
    _say(browser, option="done")
    _say(browser, "不留")
    assert "〔姓名〕老师" in browser.page
    check = browser.page.split('id="check-title"')[1]
    assert "照片.jpg" in check
    assert "隐藏" in check or "拍摄设备" in check or "设备" in check


def _code(browser: Browser) -> str:
    browser.post("/assistant/later")
    found = re.search(r'class="code">([^<]+)<', browser.page)
    assert found
    return found[1]


def test_a_short_code_goes_on_elsewhere_once(app, browser):
    _begin(browser)
    code = _code(browser)
    with app.app_context():
        other = Browser(app.test_client())
        other.get("/assistant/resume")
        other.post("/assistant/resume", code=code.lower().replace("-", " "))
        assert "R0001 第3页有错字" in other.page
    with app.app_context():
        third = Browser(app.test_client())
        third.get("/assistant/resume")
        third.post("/assistant/resume", code=code)
        assert third.status == 422
    browser.get("/assistant")
    assert "R0001 第3页有错字" not in browser.page  # one draft has one holder


def test_a_code_dies_after_seven_days_and_is_not_in_the_database(browser):
    _begin(browser)
    code = _code(browser).replace("-", "")
    with reading() as session:
        row = session.scalars(drafts.select(Draft)).one()
        assert code.encode() not in row.resume_hash
        assert row.resume_until is not None
        late, draft_id = row.resume_until + timedelta(seconds=1), row.id
    with transaction() as tx:
        tx.get_one(Draft, draft_id).expires_at = late + timedelta(days=1)
        assert drafts.resume(tx, code, at=late) is None
        assert drafts.resume(tx, code, at=late - timedelta(minutes=1)) is not None


def test_a_new_code_kills_the_old_one_and_a_typo_opens_nothing(app, browser):
    _begin(browser)
    first, second = _code(browser), _code(browser)
    assert first != second
    with transaction() as tx:
        assert drafts.resume(tx, first, at=clock.now()) is None
        assert receipt.read(second, drafts.CODE).wrong is None
        typo = second[:-1] + ("A" if second[-1] != "A" else "B")
        assert drafts.resume(tx, typo, at=clock.now()) is None


def test_an_officer_gets_everything_said_masked_and_answers_in_the_dialogue(app, browser):
    _begin(browser, "R0001 第3页有错字，张老师写的，电话13800000000")
    _say(browser, "转人工")
    assert "已转给值班员" in browser.page
    _say(browser, option="k:normativity")
    with reading() as session:
        [one] = handoff.waiting(session, [1])
        assert one.platform_id == 1
        assert handoff.waiting(session, [2]) == []
        assert any("asks for a person" in page.why for page in open_pages(session, [1]))
    words = "\n".join(text for _, text in one.said)
    assert "13800000000" not in words
    assert "第3页有错字" in words
    assert one.filled["kind"]  # said after the hand-off: the officer follows
    with app.app_context():
        desk = Browser(_officer(app))
        assert one.ref in desk.get("/desk/assistant")
        desk.get(f"/desk/assistant/{one.ref}")
        desk.post(f"/desk/assistant/{one.ref}", text="我们看到了，请继续。")
        assert desk.status == 200
    browser.get("/assistant")
    assert "我们看到了，请继续。" in browser.page
    _say(browser, option="done")
    _say(browser, "不留")
    browser.post("/assistant", option="send", once=browser.once)
    with reading() as session:
        assert handoff.one(session, one.ref).complaint_ref


def test_a_hand_off_is_forgotten_after_seven_days_with_its_key(app, browser):
    _begin(browser)
    _say(browser, option="officer")
    with transaction() as tx:
        row = tx.scalars(drafts.select(HandOff)).one()
        row.expires_at = clock.now() - timedelta(seconds=1)
        kid = row.kid
    jobs.expire_drafts()
    from app.intake import sealing

    with reading() as session:
        assert handoff.waiting(session, [1]) == []
    assert sealing.key_of(kid) is None


def test_out_of_hours_is_said_and_the_person_can_finish(app, browser, monkeypatch):
    from app.core import hours

    monkeypatch.setattr(hours, "is_open", lambda *_: False)
    monkeypatch.setattr(hours, "opens", lambda *_: clock.now())
    _begin(browser)
    _say(browser, option="officer")
    assert "现在不是值班答复时间" in browser.page
    assert 'value="k:legal"' in browser.page


def test_danger_shows_numbers_first_with_ways_to_stop_and_to_leave(browser):
    _begin(browser, "R0001 看完不想活了")
    card = browser.page.split('class="notice bad"')[1].split("</section>")[0]
    for needed in ("tel:12356", "tel:12355", "tel:120", "tel:110", "/leave", "/assistant/new"):
        assert needed in card
    assert "请不要上传未成年人的色情" in card
    browser.post("/assistant/new")
    assert "不想活了" not in browser.page


def test_a_very_long_dialogue_is_told_so(browser, monkeypatch):
    from app.intake import dialogue

    monkeypatch.setattr(dialogue, "TURNS", 1)
    _begin(browser)
    _say(browser, "6")
    assert browser.status == 422
    assert "对话已经很长" in browser.page
