"""Every page in both languages, on a phone, on a screen and enlarged, judged by axe."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.journeys.eyes import Eyes
from tests.journeys.people import Officer
from tests.running import Product

pytestmark = pytest.mark.journey

COURSE, ABOUT = "R0034", "网络新世界"  # one complaint that nobody stops anything for
PUBLIC = (
    "/", "/complain", "/complain/resource", f"/complain/resource?q={ABOUT}",
    "/complain/resource?q=zzqq", "/complain/roughly", "/complain/where", "/complain/what",
    "/complain/files", "/complain/contact", "/complain/check", "/receipt", "/assistant",
    "/transparency", "/transparency/stops", "/transparency/verify", "/assistant/resume",
    "/classroom", "/copyright", "/copyright/form", "/copyright/counter-form",
    "/copyright/notice/resource", "/copyright/notice/claimant", "/copyright/notice/work",
    "/copyright/notice/proof", "/no/such/page", "/letter/nobody", "/desk/sign-in",
)  # fmt: skip
DESK = ("/desk/", "/desk/triage", "/desk/letters", "/desk/calls", "/desk/parts", "/desk/closed",
        "/desk/step-up", "/desk/assistant", "/desk/classroom", "/desk/phone", "/desk/import")  # fmt: skip


@pytest.mark.parametrize("language", ["zh_Hans", "en"])
def test_every_public_page_can_be_read_by_everybody(
    running: Product, visitor: Callable[..., BrowserContext], eyes: Eyes, language: str
):
    page = visitor().new_page()
    _speak(running, page, language)
    _fill_a_draft(running, page)
    for path in PUBLIC:
        page.goto(f"{running.portal}{path}")
        expect(page.locator("html")).to_have_attribute("lang", _tag(language))
        eyes.look(page, f"{language}{path.partition('?')[0].replace('/', '-')}{len(path)}")
    page.goto(running.card(COURSE)["addresses"][0]["url"])
    with page.expect_navigation():
        page.get_by_role("link", name="投诉举报").first.click()
    expect(page.locator("ul.found li")).to_have_count(1)
    eyes.look(page, f"{language}-from-the-resource")


@pytest.mark.parametrize("language", ["zh_Hans", "en"])
def test_every_page_of_the_desk_can_be_read_by_every_officer(
    running: Product, officer: Callable[..., Officer], eyes: Eyes, language: str
):
    running.complain("第5题的答案和教材不一致，应为12。", COURSE, kind="scientific")
    duty = officer("supervisor", 0)
    page = duty.page
    _speak(running, page, language)
    ref = duty.find(running.card(COURSE)["title"])
    page.goto(f"{running.portal}/desk/incidents/{ref}")
    complaint = page.locator("#claims a[href^='/desk/complaints/']").first.get_attribute("href")
    for path in (*DESK, f"/desk/incidents/{ref}", f"/desk/evidence/{ref}", complaint):
        page.goto(f"{running.portal}{path}")
        expect(page.locator("html")).to_have_attribute("lang", _tag(language))
        name = path.replace(f"/{ref}", "").replace("/", "-")
        eyes.look(page, f"{language}{name if path != complaint else '-desk-complaint'}")
    _speak(running, page, "zh_Hans")


def _tag(language: str) -> str:
    return "en" if language == "en" else "zh-Hans"


def _speak(running: Product, page: Page, language: str) -> None:
    page.goto(f"{running.portal}/lang/{language}?next=/")
    expect(page.locator("html")).to_have_attribute("lang", _tag(language))


def _fill_a_draft(running: Product, page: Page) -> None:
    """As far as check-your-answers, with a name to be masked and a contact."""
    page.goto(f"{running.portal}/complain/resource?q={COURSE}")
    _send(page, "ul.found button")
    page.check("input[value=time]")
    page.fill("#time_from", "12:35")
    _send(page, "form[action='/complain/where'] button >> nth=0")
    page.fill("#text", "视频12分35秒讲错了。任课教师的电话是13800000000，请不要公开。")
    _send(page, "form[action='/complain/what'] button >> nth=0")
    page.set_input_files("#files", {"name": "截图.txt", "mimeType": "text/plain",
                                    "buffer": "第12分35秒".encode()})  # fmt: skip
    _send(page, "form[data-upload] button")
    expect(page.locator("main")).to_contain_text("截图.txt")
    _send(page, "form:not([data-upload])[action='/complain/files'] button:not(.link)")
    page.check("#way-email")
    page.fill("#email_address", "nobody@mail.example")
    _send(page, "form[action='/complain/contact'] button >> nth=0")
    expect(page).to_have_url(f"{running.portal}/complain/check")


def _send(page: Page, button: str) -> None:
    with page.expect_navigation():
        page.locator(button).click()
