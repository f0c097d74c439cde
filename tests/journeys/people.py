"""What the people of a journey do with a browser, in their own words."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from tests.journeys.eyes import Eyes
from tests.running import Product, eventually

SLOW = 60_000  # a busy machine; what is waited for normally takes a second or two


class Keyboard:
    """A person who has no mouse."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def to(self, selector: str) -> None:
        """Tab until the focus is there."""
        for _ in range(80):
            if self.page.evaluate(
                "s => !!document.activeElement && document.activeElement.matches(s)", selector
            ):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{selector} cannot be reached by Tab on {self.page.url}")

    def press(self, selector: str) -> None:
        """Go to a button or link and press Enter; the next page has arrived afterwards."""
        self.to(selector)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def type(self, selector: str, text: str) -> None:
        self.to(selector)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(text)

    def choose(self, name: str, value: str) -> None:
        """Reach a group of radio buttons and go down it by the arrow keys."""
        self.to(f'input[type=radio][name="{name}"]')
        self.page.keyboard.press("Space")
        for _ in range(12):
            if self.page.locator(f'input[name="{name}"][value="{value}"]').is_checked():
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"{value} cannot be chosen by the arrow keys")


def code_on(page: Page) -> str:
    """The receipt code the page shows, as it is printed."""
    code = page.locator("#code").inner_text().strip()
    assert re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{4} ){5}[0-9A-HJKMNP-TV-Z]{4}", code), code
    return code


class Officer:
    """Somebody at the desk."""

    def __init__(self, product: Product, page: Page, who: dict[str, str]) -> None:
        self.product = product
        self.page = page
        self.who = who

    def sign_in(self, eyes: Eyes | None = None) -> None:
        """Name, password and the authenticator's code."""
        self.page.goto(f"{self.product.portal}/desk/")
        expect(self.page).to_have_url(re.compile("/desk/sign-in"))
        if eyes:
            eyes.look(self.page, "sign-in")
        for _ in range(3):  # on a busy machine a code may be too old when it arrives
            self.page.fill("#login", self.who["login"])
            self.page.fill("#password", self.who["password"])
            self.page.fill("#code", self.product._fresh_code(self.who))
            with self.page.expect_navigation(timeout=SLOW):
                self.page.press("#code", "Enter")
            if "/desk/sign-in" not in self.page.url:
                break
        expect(self.page.locator("form[action='/desk/sign-out']")).to_be_visible(timeout=SLOW)

    def go(self, path: str) -> Page:
        self.page.goto(f"{self.product.portal}{path}")
        return self.page

    def find(self, title: str) -> str:
        """The newest open incident of that resource, from the queue."""

        def seen() -> str | None:
            self.go("/desk/")
            row = self.page.locator("table[data-rows] tbody tr", has_text=title)
            return row.first.locator("a[data-row]").inner_text() if row.count() else None

        return str(eventually(seen, within=60, every=1.0))

    def act(self, ref: str, name: str, **fields: Any) -> None:
        """Open the act's form on the incident page, fill it in, send it."""
        if f"/desk/incidents/{ref}" != self.page.url.removeprefix(self.product.portal):
            self.go(f"/desk/incidents/{ref}")
        form = self.page.locator(f"#act-{name}")
        if form.get_attribute("open") is None:
            form.locator("summary").first.click()
        for key, value in fields.items():
            control = form.locator(f"#{name}-{key}")
            if isinstance(value, Path):
                control.set_input_files(value)
            elif value is True:
                control.check()
            elif control.evaluate("e => e.tagName") == "SELECT":
                control.select_option(value)
            else:
                control.fill(value)
        with self.page.expect_navigation(timeout=SLOW):
            form.locator("form button").click()
        self._fresh_code_if_asked(ref, name, fields)

    def _fresh_code_if_asked(self, ref: str, name: str, fields: dict[str, Any]) -> None:
        if "/desk/step-up" not in self.page.url:
            return
        self.page.fill("#code", self.product._fresh_code(self.who))
        with self.page.expect_navigation(timeout=SLOW):
            self.page.press("#code", "Enter")
        self.act(ref, name, **fields)

    def until(self, ref: str, seen: Callable[[Page], bool], within: float = 90) -> None:
        """The incident page shows it, sooner or later."""

        def look() -> bool:
            self.go(f"/desk/incidents/{ref}")
            return seen(self.page)

        eventually(look, within=within, every=1.0)
