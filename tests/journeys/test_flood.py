"""The waiting page in a real browser: its script does the work and sends by itself."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Page, expect
from werkzeug.serving import make_server

from app.core import clock, limits
from app.core.transaction import transaction
from app.intake import flood
from tests.catalogue.make import make_catalogue
from tests.intake.make import STORY

pytestmark = pytest.mark.journey
HERE = "127.0.0.1"
ANSWERS = (
    ("where", {"kind": "whole"}), ("what", {"text": STORY, "kind": ""}), ("files", {}),
    ("contact", {"way": "none"}),
)  # fmt: skip


@pytest.fixture
def portal(app: Flask) -> Iterator[str]:
    """The portal alone, after a class filed from this network."""
    with transaction() as tx:
        make_catalogue(tx, clock.now())
    limits.configure(None)
    names = [f"filing:{limits.tag(HERE, *more)}" for more in (("filing",), ("filing", "R0001"))]
    for _ in range(flood.CLASS):
        limits.take(names, seconds=flood.HOUR)
    server = make_server(HERE, 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://{HERE}:{server.port}"
    server.shutdown()
    thread.join()


def _at_check(context: BrowserContext, portal: str) -> Page:
    page = context.new_page()
    page.goto(f"{portal}/complain/where")
    form: dict[str, Any] = {
        "csrf_token": page.locator("input[name=csrf_token]").first.get_attribute("value")
    }
    for path, answer in (("resource", {"resource": "R0001"}), *ANSWERS):
        assert context.request.post(f"{portal}/complain/{path}", form={**form, **answer}).ok
    page.goto(f"{portal}/complain/check")
    return page


def test_the_browser_solves_the_task_and_sends_by_itself(portal, visitor):
    page = _at_check(visitor(), portal)
    page.locator("form[action='/complain/send'] button").click()
    expect(page.locator("#code")).to_be_visible(timeout=flood.LONGEST * 1000)


def test_without_the_means_for_the_task_it_waits_and_sends_by_itself(portal, visitor, eyes):
    context = visitor()
    context.add_init_script("Object.defineProperty(window, 'crypto', {value: undefined})")
    page = _at_check(context, portal)
    page.locator("form[action='/complain/send'] button").click()
    page.wait_for_url("**/wait/form?*")
    eyes.look(page, "wait")
    expect(page.locator("#code")).to_be_visible(timeout=flood.LONGEST * 1000)


def test_without_scripts_the_page_asks_to_count_and_to_press(portal, visitor, eyes):
    page = _at_check(visitor(javascript=False), portal)
    page.locator("form[action='/complain/send'] button").click()
    page.wait_for_url("**/wait/form?*")
    eyes.look_at_copy(page, "wait-plain")
    page.wait_for_timeout((flood.SHORTEST + 1) * 1000)
    page.locator("form[data-proof] button").click()
    expect(page.locator("#code")).to_be_visible()
