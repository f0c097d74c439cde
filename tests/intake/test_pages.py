"""The portal without scripts: one thing per page, everything once more, the receipt, the answer."""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image

from app.core import clock
from app.core.transaction import reading, transaction
from app.intake import queries, service
from app.intake.models import Draft
from tests.catalogue.make import make_catalogue
from tests.intake import seeded
from tests.intake.browser import Browser
from tests.intake.make import STORY


@pytest.fixture
def browser(app, client) -> Browser:
    with transaction() as tx:
        make_catalogue(tx, clock.now())
    return Browser(client)


def _fill(browser: Browser, *, until: str = "check") -> None:
    browser.get("/complain/resource?q=R0001")
    browser.post("/complain/resource", resource="R0001")
    browser.post("/complain/where", kind="page", page_from="第十二页")
    browser.post("/complain/what", text=STORY, kind="")
    if until == "files":
        return
    browser.post("/complain/files")
    browser.post("/complain/contact", way="none")


def _picture() -> tuple[io.BytesIO, str]:
    out = io.BytesIO()
    Image.new("RGB", (60, 40), "navy").save(out, "PNG")
    out.seek(0)
    return out, "截图.png"


def test_the_guided_form_leads_to_a_receipt_that_opens(browser):
    browser.get("/")
    assert "四种投诉举报方式" in browser.page
    browser.get("/complain")
    assert browser.path == "/complain/resource"
    _fill(browser)
    assert browser.path == "/complain/check"
    assert STORY in browser.page
    browser.post("/complain/send", once=browser.once)
    assert browser.status == 200
    assert browser.headers["Cache-Control"] == "no-store"
    code = browser.code
    browser.get("/receipt")
    browser.post("/receipt", code=code.lower())
    assert browser.path == "/receipt"
    assert "已收到" in browser.page
    with reading() as session:
        view = queries.for_triage(session, queries.by_secret(session, code) or 0)
        assert view.locators[0].start == "12"
        assert session.query(Draft).count() == 0


def test_a_second_press_shows_the_same_receipt(browser):
    _fill(browser)
    once, page = browser.once, browser.page
    browser.post("/complain/send", once=once)
    first = browser.code
    browser.page = page
    browser.post("/complain/send", once=once)
    assert browser.code == first
    with reading() as session:
        assert queries.for_triage(session, 1)
        with pytest.raises(Exception, match="no such complaint"):
            queries.for_triage(session, 2)


def test_the_receipt_code_is_never_in_an_address(browser):
    _fill(browser)
    browser.post("/complain/send", once=browser.once)
    code = browser.code.replace(" ", "")
    browser.get("/receipt")
    browser.post("/receipt", code=code)
    assert code not in browser.path
    assert "Location" not in browser.headers


def test_sending_without_the_steps_leads_back_to_what_is_missing(browser):
    browser.get("/complain/what")
    browser.post("/complain/what", text=STORY, kind="")
    browser.get("/complain/check")
    assert browser.path == "/complain/resource"
    browser.post("/complain/send", once="made-up")
    assert browser.status == 404


def test_wrong_input_is_kept_and_explained(browser):
    browser.get("/complain/what")
    browser.post("/complain/what", text="  ", kind="")
    assert browser.status == 422
    assert 'href="#text"' in browser.page
    browser.get("/complain/where")
    browser.post("/complain/where", kind="time", time_from="晚上")
    assert browser.status == 422
    assert 'value="晚上"' in browser.page
    browser.get("/complain/contact")
    browser.post("/complain/contact", way="email", email_address="not mail")
    assert browser.status == 422
    assert 'value="not mail"' in browser.page


def test_an_address_pasted_from_the_browser_finds_the_resource(browser):
    browser.get("/complain/resource?q=http://127.0.0.1:8090/r/R0002/index.html")
    assert "R0002" in browser.page
    assert "R0001" not in browser.page


def test_an_unknown_resource_is_no_dead_end(browser):
    browser.get("/complain/resource?q=不存在的课程")
    assert browser.status == 200
    browser.get("/complain/roughly")
    browser.post("/complain/roughly", hint="高一数学，姓王的老师讲的")
    assert browser.path == "/complain/where"


def test_a_resource_page_leads_to_its_own_form(browser):
    browser.get("/complain?resource=R0001")
    assert "是这个资源吗" in browser.page
    browser.post("/complain/resource", resource="R0001", **{"from": "embed"})
    browser.post("/complain/where")
    browser.post("/complain/what", text=STORY, kind="")
    browser.post("/complain/files")
    browser.post("/complain/contact", way="none")
    browser.post("/complain/send", once=browser.once)
    with reading() as session:
        assert queries.for_triage(session, 1).source == "embed"


def test_files_are_sealed_and_travel_with_the_complaint(browser, settings):
    _fill(browser, until="files")
    browser.post("/complain/files", files=_picture())
    assert "截图.png" in browser.page
    staged = [p for p in (settings.folder / "uploads").rglob("*") if p.is_file()]
    assert len(staged) == 1
    assert b"PNG" not in staged[0].read_bytes()
    browser.post("/complain/files")
    browser.post("/complain/contact", way="none")
    browser.post("/complain/send", once=browser.once)
    assert browser.code
    with reading() as session:
        [file] = queries.for_triage(session, 1).attachments
        assert (file.media_type, file.scan) == ("image/png", "unscanned")
    assert not list((settings.folder / "uploads").rglob("*.*"))


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("a.png", b"", "是空的"),
        ("a.svg", b'<svg xmlns="http://www.w3.org/2000/svg"/>', "脚本"),
        ("a.docx", b"plain words", "不符"),
        ("a.xyz", b"plain words", "不接受"),
        ("a.pdf", b"%PDF-1.7 broken", "无法读取"),
    ],
)
def test_a_refused_file_gets_one_sentence(browser, name, data, sentence):
    browser.get("/complain/files")
    browser.post("/complain/files", files=(io.BytesIO(data), name))
    assert browser.path == "/complain/files"
    assert sentence in browser.page


def test_several_at_once_keep_the_good_and_name_the_bad(browser):
    browser.get("/complain/files")
    good = [(io.BytesIO(seeded.jpeg()), "照片.jpg"), (io.BytesIO(seeded.png()), "截图.png")]
    bad = [(io.BytesIO(b""), "空.png"), (io.BytesIO(b"<svg/>"), "图.svg")]
    browser.post("/complain/files", files=[good[0], *bad, good[1]])
    for said in ("照片.jpg", "截图.png", "“空.png”是空的", "“图.svg”"):
        assert said in browser.page
    browser.post("/complain/files", files=(io.BytesIO(seeded.jpeg()), "又一次.jpg"))
    assert "又一次.jpg" not in browser.page
    assert "“空.png”" not in browser.page


def test_the_eleventh_file_is_refused(browser):
    browser.get("/complain/files")
    browser.post("/complain/files", files=[
        (io.BytesIO(f"第{n}份".encode()), f"{n}.txt") for n in range(1, 12)
    ])  # fmt: skip
    assert "“11.txt”超出了数量" in browser.page
    assert browser.page.count('name="drop"') == 10


def test_what_hides_in_a_file_is_said_before_sending_and_it_can_be_removed(browser):
    _fill(browser, until="files")
    browser.post("/complain/files", files=(io.BytesIO(seeded.jpeg()), "照片.jpg"))
    browser.post("/complain/files")
    browser.post("/complain/contact", way="none")
    assert browser.path == "/complain/check"
    for said in ("拍摄地点", "31.23040, 121.47370", seeded.CANARY, "封存原件"):
        assert said in browser.page
    drop = re.search(r'name="drop" value="([^"]+)"', browser.page)[1]
    browser.post("/complain/files", drop=drop, back="check")
    assert browser.path == "/complain/check"
    assert "照片.jpg" not in browser.page
    browser.post("/complain/send", once=browser.once)
    with reading() as session:
        assert not queries.for_triage(session, 1).attachments


def test_giving_up_leaves_nothing(browser, settings):
    _fill(browser, until="files")
    browser.post("/complain/files", files=_picture())
    browser.post("/complain/discard")
    with reading() as session:
        assert session.query(Draft).count() == 0
    assert not [p for p in (settings.folder / "uploads").rglob("*") if p.is_file()]


@pytest.mark.parametrize(
    ("code", "sentence"),
    [("", "请输入"), ("ABC", "24"), ("0" * 23 + "1", "输错"), ("0" * 24, "没有对应")],
)
def test_a_wrong_receipt_code_is_told_what_is_wrong(browser, code, sentence):
    browser.get("/receipt")
    browser.post("/receipt", code=code)
    assert browser.status in {404, 422}
    assert sentence in browser.page


def test_the_holder_answers_a_question_and_withdraws(browser):
    _fill(browser)
    browser.post("/complain/send", once=browser.once)
    code = browser.code
    with transaction() as tx:
        ref = queries.for_triage(tx, 1).ref
        service.ask(tx, ref=ref, text="是哪一个二维码？", by="account:1", at=clock.now())
    browser.get("/receipt")
    browser.post("/receipt", code=code)
    assert "是哪一个二维码？" in browser.page
    browser.post("/receipt/message", text="最后一页右下角")
    assert "最后一页右下角" in browser.page
    browser.post("/receipt/withdraw", why="")
    assert "已撤回" in browser.page
    browser.post("/receipt/close")
    assert "回执码" in browser.page


def test_the_assistant_files_the_same_complaint_turn_by_turn(browser):
    browser.get("/assistant")
    browser.post("/assistant", text="R0001 这门课最后一页的二维码是赌博网站")
    assert "我先记下了这些" in browser.page
    browser.post("/assistant", option="ok:places")
    browser.post("/assistant", option="k:legal")
    browser.post("/assistant", option="done")
    browser.post("/assistant", option="none")
    assert "请再看一遍" in browser.page
    assert browser.page.count(">更改<") == 6
    assert "提交举报</button>" in browser.page
    browser.post("/assistant", option="send", once=browser.once)
    assert browser.status == 200
    assert browser.code
    with reading() as session:
        view = queries.for_triage(session, 1)
        assert view.source == "assistant"
        assert view.resource_id == 1
        assert view.locators[0].kind == "page"


def test_undo_takes_back_a_turn(browser):
    browser.get("/assistant")
    browser.post("/assistant", text="地图错误")
    browser.post("/assistant", undo="yes", text="")
    assert "地图错误" not in browser.page


def test_markup_in_words_is_shown_literally(browser):
    browser.get("/assistant")
    browser.post("/assistant", text="<script>alert(1)</script>{{7*7}}")
    assert "<script>alert" not in browser.page
    assert "{{7*7}}" in browser.page


def test_leaving_quickly_forgets_the_draft(browser, client):
    answer = client.get("/leave")
    assert answer.status_code == 303
    assert "cookies" in answer.headers["Clear-Site-Data"]


@pytest.mark.parametrize("path", ["/", "/complain/resource", "/receipt", "/assistant"])
def test_pages_speak_english_too(client, path):
    page = client.get(path, headers={"Accept-Language": "en"}).get_data(as_text=True)
    assert '<html lang="en">' in page


def test_the_link_of_a_resource_page_brings_its_moment(browser):
    browser.get("/complain?resource=R0001&t=707")
    assert browser.path == "/complain/resource"
    assert 'name="t" value="707"' in browser.page
    browser.post("/complain/resource", resource="R0001", t="707", **{"from": "embed"})
    assert browser.path == "/complain/where"
    assert "11:47" in browser.page
    browser.get("/complain/resource?q=R0002")
    browser.post("/complain/resource", resource="R0002")
    browser.get("/complain/where")
    assert "11:47" not in browser.page  # that was another video


def test_a_pasted_address_brings_its_page(browser):
    pasted = "http://127.0.0.1:8090/r/R0002/index.html#page=12"
    browser.get("/complain/resource?q=R0002")
    browser.post("/complain/resource", resource="R0002", q=pasted)
    assert browser.path == "/complain/where"
    assert "12" in browser.page


def test_the_code_of_a_resource_is_a_picture_of_its_own_link(browser):
    answer = browser.client.get("/complain/qr/R0001.svg")
    assert answer.status_code == 200
    assert answer.content_type.startswith("image/svg")
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert browser.client.get("/complain/qr/R9999.svg").status_code == 404


def test_cards_show_what_people_recognise(browser):
    page = browser.get("/complain/resource?q=R0001")
    for seen in ("cover.png", "zhongxin（演示）", "云川省智慧教育平台（演示）"):
        assert seen in page
