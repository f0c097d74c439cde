"""One reader of danger and one set of fixed replies, whatever the door."""

from __future__ import annotations

import pytest

from app.core import clock
from app.core.transaction import transaction
from app.intake import bot, safety
from nlp_models.risk import KINDS, risk
from tests.catalogue.make import make_catalogue
from tests.intake.browser import Browser

STORIES = {
    "self_harm": ("看完这节课的评论我不想活了", "12356"),
    "child_in_danger": ("继父天天打我，我不敢回家", "110"),
    "threat": ("他威胁说要杀我", "110"),
}


@pytest.mark.pure
@pytest.mark.parametrize("text", [*(story for story, _ in STORIES.values()), "视频没有声音"])
def test_the_web_reads_what_the_classifier_reads(text):
    assert safety.risk(text) == risk(text)


@pytest.mark.pure
def test_every_danger_has_one_reply_and_the_assistant_says_the_same():
    assert set(safety.REPLIES) == set(KINDS)
    for kind, (story, _) in STORIES.items():
        lines = [line.text for line in bot.fold([{"text": story}]).lines]
        assert safety.REPLIES[kind].text in lines
    known = {"110", "120", "12355", "12356"}
    assert all({n for n, _ in reply.calls} <= known for reply in safety.REPLIES.values())


@pytest.fixture
def browser(app, client) -> Browser:
    with transaction() as tx:
        make_catalogue(tx, clock.now())
    return Browser(client)


def _told(browser: Browser, text: str) -> None:
    browser.get("/complain/resource?q=R0001")
    browser.post("/complain/resource", resource="R0001")
    browser.post("/complain/where")
    browser.post("/complain/what", text=text, kind="")
    browser.post("/complain/files")
    browser.post("/complain/contact", way="none")


@pytest.mark.parametrize("kind", STORIES)
def test_whom_to_call_stands_there_before_sending_and_the_complaint_goes_on(browser, kind):
    story, number = STORIES[kind]
    _told(browser, story)
    assert browser.path == "/complain/check"
    assert f'href="tel:{number}"' in browser.page
    browser.post("/complain/send", once=browser.once)
    assert browser.status == 200
    assert browser.code
    assert f'href="tel:{number}"' in browser.page


def test_a_message_on_the_receipt_page_is_heard_too(browser):
    _told(browser, "第12页公式错误")
    assert 'href="tel:' not in browser.page.split("<footer")[0]
    browser.post("/complain/send", once=browser.once)
    code = browser.code
    browser.get("/receipt")
    browser.post("/receipt", code=code)
    browser.post("/receipt/message", text="没人理我，我不想活了")
    assert 'href="tel:12356"' in browser.page
