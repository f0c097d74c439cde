"""A right holder without JavaScript stops a course; its provider answers; an officer restores it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.journeys.eyes import Eyes
from tests.journeys.letters import letters
from tests.journeys.people import Officer, code_on
from tests.running import Product, eventually

pytestmark = pytest.mark.journey

COURSE = "R0051"
HOLDER = "云川示例出版社"


def test_a_notice_stops_a_course_and_its_providers_answer_restores_it(
    running: Product,
    visitor: Callable[..., BrowserContext],
    officer: Callable[..., Officer],
    eyes: Eyes,
):
    title = running.card(COURSE)["title"]
    page = visitor(javascript=False).new_page()
    code = _notice(running, page, eyes)
    eventually(lambda: running.dark(COURSE), within=60)

    duty = officer("officer", 1)
    ref = duty.find(title)
    duty.go(f"/desk/incidents/{ref}")
    with duty.page.expect_navigation():
        duty.page.get_by_role("link", name="登记纸质书面说明").click()
    eyes.look(duty.page, "copyright-on-paper")

    link = eventually(lambda: _forwarded(running, title), within=90)
    provider = visitor(language="zh-CN").new_page()
    _answer(provider, link, eyes)

    page.goto(f"{running.portal}/receipt")
    page.fill("#code", code)
    _press(page, "查看")
    expect(page.locator("ol.talk")).to_contain_text("教案底稿")
    eyes.look_at_copy(page, "copyright-status")
    page.goto(f"{running.portal}/copyright/sent")
    eyes.look_at_copy(page, "copyright-sent")

    duty.until(ref, lambda p: p.locator("form[action^='/desk/copyright/']").count() == 1)
    eyes.look(duty.page, "copyright-desk")
    duty.page.fill("[id^='reason-']", "书面说明四项内容齐全，针对本资源。")
    with duty.page.expect_navigation():
        duty.page.get_by_role("button", name="恢复本通知书停止的传输").click()
    expect(duty.page.locator("#head")).to_contain_text("已办结")
    eventually(lambda: running.card(COURSE)["state"] == "online", within=60)
    provider.reload()
    expect(provider.locator("main")).to_contain_text("资源已恢复传输")

    def answered() -> bool:
        page.goto(f"{running.portal}/receipt")
        return "依法恢复传输" in page.locator("ol.talk").inner_text()

    eventually(answered, within=60, every=1.0)


def _press(page: Page, button: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=button, exact=True).click()


def _forwarded(running: Product, title: str) -> str | None:
    found = [one for one in letters(running, title) if "侵权通知书" in one.subject]
    return found[0].link if found else None


def _notice(running: Product, page: Page, eyes: Eyes) -> str:
    for path in ("/copyright", "/copyright/form", "/copyright/counter-form"):
        page.goto(f"{running.portal}{path}")
        eyes.look_at_copy(page, f"copyright{path.replace('/', '-')}")
    page.goto(f"{running.portal}/copyright/notice")
    page.fill("#q", COURSE)
    _press(page, "查找资源")
    with page.expect_navigation():
        page.locator("ul.found button").first.click()
    eyes.look_at_copy(page, "copyright-resource")
    _press(page, "继续")
    _press(page, "继续")
    eyes.look_at_copy(page, "copyright-claimant-error")
    page.fill("#holder_name", HOLDER)
    page.fill("#holder_mail", "rights@press.example")
    page.fill("#holder_address", "云川市示例路1号")
    page.check("#for_whom-2")
    page.fill("#agent_name", "云川示例律师事务所")
    page.fill("#agent_phone", "13800000000")
    _press(page, "继续")
    page.fill("#work", "《函数的图象》，云川示例出版社，2024年第1版")
    page.fill("#statement", "课件第3至20页照抄本书第二章，未经许可。")
    eyes.look_at_copy(page, "copyright-work")
    _press(page, "继续")
    _press(page, "继续")
    eyes.look_at_copy(page, "copyright-proof-error")
    for role in ("ownership", "authority"):
        page.set_input_files(f"#files-{role}", {
            "name": f"{role}.txt", "mimeType": "text/plain", "buffer": f"证明 {role}".encode()
        })  # fmt: skip
        with page.expect_navigation():
            page.locator(f"section[aria-labelledby={role}] button.second").click()
    _press(page, "继续")
    _press(page, "发送通知书")
    expect(page.locator("[data-error-summary]")).to_contain_text("第二十四条")
    eyes.look_at_copy(page, "copyright-check")
    page.check("#true")
    _press(page, "发送通知书")
    eyes.look_at_copy(page, "copyright-receipt")
    return code_on(page)


def _answer(page: Page, link: str, eyes: Eyes) -> None:
    page.goto(link)
    expect(page.locator("article, .letter").first).to_contain_text(HOLDER)
    eyes.look(page, "copyright-letter")
    with page.expect_navigation():
        page.get_by_role("link", name="填写书面说明").click()
    _press(page, "提交书面说明")
    eyes.look(page, "copyright-counter-error")
    page.fill("#phone", "0871-65111111")
    page.fill("#address", "云川市学府路2号")
    page.fill("#proof", "本校教师自行编写，教案底稿编号2023-07。")
    page.check("#true")
    _press(page, "提交书面说明")
    expect(page.locator("main")).to_contain_text("书面说明已收到")
    eyes.look(page, "copyright-counter")
