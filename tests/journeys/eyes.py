"""What a careful visitor notices on any page: barriers, overflow, foreign requests, refused scripts."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlsplit

import axe_playwright_python
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")
PHONE, SCREEN = 360, 1280
# 1280 px at 200 % and, after WCAG 1.4.10, at 400 %.
ZOOMED = (640, 320)
_SIDEWAYS = """() => {
  const page = document.documentElement;
  if (page.scrollWidth <= innerWidth) return null;
  const wide = [...document.body.querySelectorAll('*')].filter(
    e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.scroll'));
  return wide.slice(0, 3).map(e => e.outerHTML.slice(0, 160)).join(' | ') || 'unknown';
}"""
_VIOLATIONS = """async () => (await axe.run(document, {resultTypes: ['violations']})).violations.map(
  v => `${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map(n => n.html.slice(0, 200)).join(' | ')}`)"""


class Eyes:
    """Collects every problem seen, so that one look tells all of them."""

    def __init__(self, shots: Path) -> None:
        self.shots = shots
        self.problems: list[str] = []

    def watch(self, context: BrowserContext) -> None:
        """From now on notice what this browser is refused or fetches elsewhere."""
        context.on("console", self._console)
        context.on("weberror", lambda error: self._note(f"script failed: {error.error}"))
        context.on("request", self._request)

    def _note(self, text: str) -> None:
        if text not in self.problems:
            self.problems.append(text)

    def _console(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            self._note(f"{urlsplit(message.page.url).path if message.page else ''}: {message.text}")

    def _request(self, request: Request) -> None:
        host = urlsplit(request.url).hostname or ""
        local = host in ("127.0.0.1", "localhost") or host.endswith(".localhost")
        if not local and urlsplit(request.url).scheme not in ("data", "blob", "about"):
            self._note(f"a request to another host: {request.url}")

    def look_at_copy(self, page: Page, name: str) -> None:
        """Judge what a browser without JavaScript shows: the same words where axe can run."""
        assert page.context.browser is not None
        context = page.context.browser.new_context(viewport=page.viewport_size)
        html, url = page.content(), page.url.partition("#")[0]
        context.route("**/*.js", lambda route: route.abort())
        context.route(url, lambda route: route.fulfill(body=html, content_type="text/html"))
        copy = context.new_page()
        copy.goto(url)
        self.look(copy, name)
        context.close()

    def look(self, page: Page, name: str) -> None:
        """Judge the page as it stands on a phone, on a screen and enlarged; keep pictures."""
        size = page.viewport_size
        page.evaluate(AXE)
        for width in (PHONE, SCREEN):
            page.set_viewport_size({"width": width, "height": 780})
            where = f"{name} ({urlsplit(page.url).path}) at {width}"
            for violation in page.evaluate(_VIOLATIONS):
                self._note(f"{where}: {violation}")
            self._sideways(page, where)
            page.screenshot(path=self.shots / f"{name}-{width}.png", full_page=True)
        for width in ZOOMED:
            page.set_viewport_size({"width": width, "height": 390})
            self._sideways(page, f"{name} ({urlsplit(page.url).path}) enlarged, {width}")
        if size:
            page.set_viewport_size(size)

    def _sideways(self, page: Page, where: str) -> None:
        wide = page.evaluate(_SIDEWAYS)
        if wide:
            self._note(f"{where}: scrolls sideways: {json.dumps(wide, ensure_ascii=False)}")
