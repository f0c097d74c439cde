"""Without JavaScript, in English: a false complaint is filed, withdrawn, released; the film plays."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.journeys.eyes import Eyes
from tests.journeys.people import Officer, code_on
from tests.running import GAMBLING, Product, eventually

pytestmark = pytest.mark.journey

COURSE = "R0002"  # of the connected provincial platform, with a film


def test_a_false_complaint_without_javascript_stops_a_course_until_one_officer_releases_it(
    running: Product,
    visitor: Callable[..., BrowserContext],
    officer: Callable[..., Officer],
    eyes: Eyes,
):
    course = running.card(COURSE)
    page = visitor(javascript=False).new_page()
    code = _complain(running, page, course["title"], eyes)
    eventually(lambda: running.dark(COURSE), within=60)
    _look_up_and_withdraw(running, page, code, eyes)

    duty = officer("officer", 1)
    ref = duty.find(course["title"])
    duty.until(ref, lambda p: p.locator("#act-release").count() == 1)
    duty.act(ref, "release", reason="课件末页没有二维码，举报不属实。")
    expect(duty.page.locator("#head")).to_contain_text("已解除（不属实）")
    _plays_again(running, visitor, course)
    eventually(lambda: running.card(COURSE)["state"] == "online", within=60)


def _go_on(page: Page, button: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=button, exact=True).click()


def _complain(running: Product, page: Page, title: str, eyes: Eyes) -> str:
    page.goto(f"{running.portal}/complain")
    page.get_by_role("link", name="English").click()
    page.fill("#q", title)
    _go_on(page, "Find the resource")
    with page.expect_navigation():
        page.locator("ul.found li", has_text=title).get_by_role("button").click()
    page.get_by_label("A page", exact=True).check()
    page.fill("#page_from", "最后一页")
    eyes.look_at_copy(page, "plain-where")
    _go_on(page, "Continue")
    page.fill("#text", GAMBLING)
    _go_on(page, "Continue")
    _go_on(page, "Continue without files")
    _go_on(page, "Continue")
    expect(page.locator("[data-error-summary]")).to_be_visible()  # neither yes nor no was chosen
    eyes.look_at_copy(page, "plain-contact-error")
    page.get_by_label("No, I stay anonymous").check()
    _go_on(page, "Continue")
    expect(page).to_have_url(re.compile("/complain/check"))
    _go_on(page, "Send the complaint")
    eyes.look_at_copy(page, "plain-receipt")
    expect(page.locator("img.qr")).to_be_visible()
    return code_on(page)


def _look_up_and_withdraw(running: Product, page: Page, code: str, eyes: Eyes) -> None:
    page.goto(f"{running.portal}/receipt")
    wrong = ("Y" if code[0] != "Y" else "Z") + code[1:]
    page.fill("#code", wrong)
    _go_on(page, "Open")
    expect(page.locator("[data-error-summary]")).to_contain_text("mistyped")
    eyes.look_at_copy(page, "plain-lookup-error")
    page.fill("#code", code)
    _go_on(page, "Open")
    page.fill("#text", "我看错了课程。")
    _go_on(page, "Send")
    expect(page.locator("ol.talk")).to_contain_text("我看错了课程。")
    page.locator("summary", has_text="Withdraw this complaint").click()
    page.fill("#why", "看错了课程")
    eyes.look_at_copy(page, "plain-status")
    _go_on(page, "Withdraw")
    expect(page.locator("h1")).to_contain_text("Withdrawn")
    eyes.look_at_copy(page, "plain-withdrawn")


def _plays_again(
    running: Product, visitor: Callable[..., BrowserContext], course: dict
) -> None:  # fmt: skip
    """Within seconds a pupil's browser shows the film again."""
    address = course["addresses"][0]["url"]
    eventually(lambda: running.status(address.removeprefix(running.edge)) == 200, within=30)
    pupil = visitor(width=1280).new_page()
    pupil.goto(address)
    expect(pupil.locator("video").first).to_be_visible()
    eventually(
        lambda: pupil.evaluate("() => document.querySelector('video').readyState >= 1"), within=30
    )
