"""The dialogue without JavaScript: from one sentence to a filed complaint."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.journeys.eyes import Eyes
from tests.journeys.people import Officer, code_on
from tests.running import Product

pytestmark = pytest.mark.journey

COURSE = "R0026"
STORY = "《云川山歌赏析》第3页的歌词写错了两处，和教材不一样。"


def test_a_few_sentences_to_the_assistant_become_a_complaint_at_the_desk(
    running: Product,
    visitor: Callable[..., BrowserContext],
    officer: Callable[..., Officer],
    eyes: Eyes,
):
    title = running.card(COURSE)["title"]
    page = visitor(javascript=False).new_page()
    page.goto(f"{running.portal}/assistant")
    eyes.look_at_copy(page, "assistant")
    _say(page, STORY)
    _choose_if_asked(page, title)
    # The classifier beside the web process proposed: not all kinds are on offer.
    assert page.locator("button[name='option'][value^='k:']").count() <= 3
    _say(page, "你们会告诉老师是谁举报的吗？")
    expect(page.locator("ol.talk")).to_contain_text("资源提供者")
    eyes.look_at_copy(page, "assistant-asked")
    _press(page, "option", "unknown")  # which kind it is: the officers decide
    _press(page, "option", "done")
    _press(page, "option", "none")
    for said in (title, STORY, "3"):
        expect(page.locator("dl.rows")).to_contain_text(said)
    eyes.look_at_copy(page, "assistant-confirm")
    _press(page, "option", "send")
    code = code_on(page)

    page.goto(f"{running.portal}/receipt")
    page.fill("#code", code)
    with page.expect_navigation():
        page.locator("form[action='/receipt'] button").click()
    expect(page.locator("dl.rows")).to_contain_text(title)

    duty = officer("officer", 0)
    ref = duty.find(title)
    duty.go(f"/desk/incidents/{ref}")
    expect(duty.page.locator("#claims")).to_contain_text(STORY)


def _say(page: Page, text: str) -> None:
    page.fill("#text", text)
    with page.expect_navigation():
        page.locator("form.say button.go").click()
    expect(page.locator("#last")).to_be_visible()


def _press(page: Page, name: str, value: str) -> None:
    with page.expect_navigation():
        page.locator(f"button[name='{name}'][value='{value}']").click()


def _choose_if_asked(page: Page, title: str) -> None:
    """The assistant may want to know which of several it is."""
    option = page.locator("button[name='option'][value^='r:']", has_text=title)
    if option.count():
        with page.expect_navigation():
            option.first.click()
