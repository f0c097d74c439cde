"""Large letters, a lost connection, a dark room: the same pages for everybody."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from app.core import access
from app.factory import create_app
from tests.journeys.eyes import Eyes
from tests.journeys.test_pages import DESK, PUBLIC
from tests.running import Product

pytestmark = pytest.mark.journey
STORY = "视频12分35秒把公式写错了，黑板上也没有改。"
# Pages that are reached on the way only, and who looks at them; then what is no page.
ELSEWHERE = {
    "/blocked/<ref>": "test_grave_case.py",
    "/copyright/counter/<token>": "test_copyright.py",
    "/copyright/notice/check": "test_copyright.py",
    "/copyright/sent": "test_copyright.py",
    "/desk/copyright/<ref>/counter": "test_copyright.py",
    "/desk/complaints/<ref>": "test_pages.py, by its link",
    "/desk/evidence/<ref>": "test_pages.py, by its link",
    "/desk/incidents/<ref>": "test_pages.py, by its link",
    "/desk/assistant/<ref>": "test_assistant.py answers in it",
    "/desk/letters/<ref>": "test_grave_case.py",
    "/letter/<token>": "test_grave_case.py signs in it",
    "/transparency/stops/<ref>": "tests/oversight; its list is looked at here",
    "/wait/<any(form, assistant):skin>": "test_flood.py",
}
NO_PAGES = {
    "/complain/qr/<ref>.svg", "/copyright/notice", "/desk/attachments/<ref>", "/desk/import/sample.csv", "/embed.js",
    "/healthz", "/leave", "/metrics", "/readyz", "/transparency/data/<name>",
    "/transparency/keys.json", "/transparency/<any('verify.py', 'ed25519.py'):name>",
}  # fmt: skip


def _look_dark(browser: Browser, eyes: Eyes, running: Product, paths: tuple[str, ...]) -> None:
    context = browser.new_context(
        viewport={"width": 360, "height": 780}, locale="zh-CN", color_scheme="dark"
    )
    eyes.watch(context)
    page = context.new_page()
    for path in paths:
        page.goto(f"{running.portal}{path}")
        eyes.look(page, f"dark{path.replace('/', '-')}")
    context.close()


def test_in_the_dark_every_colour_can_still_be_read(browser: Browser, eyes: Eyes, running: Product):
    _look_dark(browser, eyes, running, ("/", "/complain/resource?q=R0034", "/assistant", "/receipt",
                                        "/transparency", "/desk/sign-in"))  # fmt: skip


def test_large_letters_stay_on_every_page_and_nothing_runs_off_the_side(
    running: Product, visitor: Callable[..., BrowserContext], eyes: Eyes
):
    page = visitor(javascript=False).new_page()
    page.goto(running.portal)
    size = "parseFloat(getComputedStyle(document.querySelector('main p')).fontSize)"
    with_scripts = visitor().new_page()
    with_scripts.goto(running.portal)
    before = with_scripts.evaluate(size)
    page.get_by_role("link", name="大字").click()
    expect(page.locator("html")).to_have_class("large")
    with with_scripts.expect_navigation():
        with_scripts.get_by_role("link", name="大字").click()
    assert with_scripts.evaluate(size) >= 1.35 * before
    for path in ("/", "/complain/resource?q=R0034", "/complain/what", "/receipt", "/assistant",
                 "/transparency"):  # fmt: skip
        with_scripts.goto(f"{running.portal}{path}")
        eyes.look(with_scripts, f"large{path.partition('?')[0].replace('/', '-')}")
    with_scripts.get_by_role("link", name="标准字号").click()
    expect(with_scripts.locator("html")).not_to_have_class("large")


def test_a_lost_connection_loses_no_word(running: Product, visitor: Callable[..., BrowserContext]):
    context = visitor()
    page = context.new_page()
    page.goto(f"{running.portal}/complain/what")
    page.fill("#text", STORY)
    page.reload()
    expect(page.locator("#text")).to_have_value(STORY)
    expect(page.locator("main")).to_contain_text("您之前写的内容已恢复")
    context.set_offline(True)
    page.get_by_role("button", name="继续").click()
    expect(page.locator("main")).to_contain_text("现在没有网络")
    expect(page.locator("#text")).to_have_value(STORY)
    context.set_offline(False)
    expect(page.locator("main")).to_contain_text("网络已恢复")
    with page.expect_navigation():
        page.get_by_role("button", name="继续").click()
    assert _kept(page) == []


def test_words_stay_on_the_device_only_for_who_asked_and_leave_with_the_quick_exit(
    running: Product, visitor: Callable[..., BrowserContext]
):
    context = visitor()
    first = context.new_page()
    first.goto(f"{running.portal}/complain/what")
    first.fill("#text", STORY)
    other = context.new_page()
    other.goto(f"{running.portal}/complain/what")
    expect(other.locator("#text")).to_have_value("")
    first.get_by_label("在这台设备上保留我写的内容，直到提交").check()
    first.close()
    other.reload()
    expect(other.locator("#text")).to_have_value(STORY)
    other.route("**/leave", lambda route: route.fulfill(body="<title>weather</title>"))
    other.get_by_role("link", name="快速离开").click()
    expect(other).to_have_title("weather")
    other.goto(f"{running.portal}/complain/what")
    expect(other.locator("#text")).to_have_value("")


def _kept(page: Page) -> list[str]:
    keys: list[str] = page.evaluate(
        "() => [...Object.keys(sessionStorage), ...Object.keys(localStorage)]"
    )
    return keys


def test_no_page_is_forgotten_by_those_who_look(settings):
    app = create_app(settings)
    looked = {path.partition("?")[0] for path in (*PUBLIC, *DESK)} | set(ELSEWHERE) | NO_PAGES
    pages = {
        rule.rule
        for rule in app.url_map.iter_rules()
        if "GET" in rule.methods
        and not rule.rule.startswith(("/api/", "/edge/", "/gate/", "/static/", "/lang/", "/text/"))
        and access.of(app, rule.endpoint).kind in {"public", "permission"}
    }
    missing = pages - looked
    assert not missing, sorted(missing)
