"""On a phone: from the film's own page to a receipt, joining what somebody told before."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.journeys.eyes import Eyes
from tests.journeys.people import Officer, code_on
from tests.running import Product, eventually

pytestmark = pytest.mark.journey

COURSE = "R0007"
TOLD = "老师把光合作用的化学式写错了，氧气写成了二氧化碳"
TOLD_AGAIN = "这里光合作用的方程式写错，把氧气写成了二氧化碳"
TAPS, SECONDS = 9, 90


class Finger:
    """Presses and counts."""

    def __init__(self, page: Page) -> None:
        self.page, self.taps = page, 0

    def press(self, words: str, role: str = "button") -> None:
        self.taps += 1
        with self.page.expect_navigation():
            self.page.get_by_role(role, name=words, exact=True).click()


def test_typing_finds_a_course_by_pinyin_initials_and_a_wrong_character(
    running: Product, visitor: Callable[..., BrowserContext], eyes: Eyes
):
    title = running.card(COURSE)["title"]
    page = visitor().new_page()
    page.goto(f"{running.portal}/complain/resource")
    page.locator("#q").press_sequentially(title[:4], delay=20)
    expect(page.locator("ul.found")).to_contain_text(title)  # no button was pressed
    eyes.look(page, "find-cards")
    wrong = title[:1] + "某" + title[2:6]
    page.fill("#q", wrong)
    expect(page.locator("ul.found")).to_contain_text(title)
    page.goto(f"{running.portal}/complain/resource?q=zzzzqqq")
    expect(page.get_by_role("link", name="不确定是哪一个，或找不到")).to_be_visible()
    eyes.look(page, "find-nothing")


def test_from_the_film_to_a_receipt_that_joins_what_was_told(
    running: Product,
    visitor: Callable[..., BrowserContext],
    officer: Callable[..., Officer],
    eyes: Eyes,
):
    first = running.complain(
        TOLD, COURSE, kind="scientific", locators=[{"kind": "time", "from": "12:35"}]
    )
    eventually(lambda: running.receipt(first).json()["state"] == "accepted", within=60)
    page = visitor().new_page()
    _watch(running, page)
    began, finger = time.monotonic(), Finger(page)
    finger.press("投诉举报", "link")
    expect(page.get_by_role("heading", name="是这个资源吗？")).to_be_visible()
    eyes.look(page, "join-card")
    finger.taps += 1
    with page.expect_navigation():
        page.locator("ul.found button").click()
    expect(page.locator("main")).to_contain_text("12:37")
    eyes.look(page, "join-where")
    finger.press("继续")
    page.fill("#text", TOLD_AGAIN)
    finger.press("继续")
    finger.press("没有文件，继续")
    finger.taps += 1
    page.get_by_label("不用，我匿名").check()
    finger.press("继续")
    expect(page.get_by_role("heading", name="已有人反映同一问题")).to_be_visible()
    assert first["ref"] not in page.content()
    eyes.look(page, "join-check")
    finger.press("并入已有举报")
    took = time.monotonic() - began
    code = code_on(page)
    assert code.replace(" ", "") != first["secret"].replace("-", "")
    eyes.look(page, "join-receipt")
    with page.expect_download() as saved:
        page.get_by_role("button", name="保存为文本文件").click()
    assert code in saved.value.path().read_text("utf-8")
    assert finger.taps <= TAPS
    assert took < SECONDS

    _look_up(running, page, code, eyes)
    _opens_at_the_moment(running, officer())


def _watch(running: Product, page: Page) -> None:
    """The page of a film as another site would serve it, paused after 12:37."""
    film = f"""<!doctype html><html lang="zh-Hans"><title>课程</title><body>
      <video id="film"></video>
      <script>Object.defineProperty(film, "currentTime", {{value: 757.4}})</script>
      <script src="{running.portal}/embed.js" data-resource="{COURSE}" defer></script></body></html>"""
    where = f"{running.portal}/a-page-of-another-site"
    page.route(where, lambda route: route.fulfill(body=film, content_type="text/html"))
    page.goto(where)


def _look_up(running: Product, page: Page, code: str, eyes: Eyes) -> None:
    page.goto(f"{running.portal}/receipt")
    page.fill("#code", code)
    with page.expect_navigation():
        page.get_by_role("button", name="查看").click()
    for details in page.locator("main details").all():
        details.locator("summary").click()
    eyes.look(page, "join-status")
    expect(page.locator("main")).to_contain_text("最迟此时答复您")


def _opens_at_the_moment(running: Product, duty: Officer) -> None:
    ref = duty.find(running.card(COURSE)["title"])
    duty.page.goto(f"{running.portal}/desk/incidents/{ref}")
    link = duty.page.locator("#claims a[href*='#t=']").first
    at = re.search(r"#t=(\d+)$", link.get_attribute("href") or "")
    assert at
    assert abs(int(at[1]) - 755) <= 1
