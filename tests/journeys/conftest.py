"""One running product for all journeys of a run, a browser that looks at it, people at the desk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.journeys.eyes import Eyes
from tests.journeys.people import Officer
from tests.running import Product, product


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with product(tmp_path_factory.mktemp("j") / "d") as started:
        yield started


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking",
                  "--disable-component-update", "--disable-sync", "--no-first-run"],
        )  # fmt: skip
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where this run's pictures of pages lie."""
    return tmp_path_factory.mktemp("shots")


@pytest.fixture
def eyes(shots: Path) -> Iterator[Eyes]:
    """Looks at every page a test shows it; complains once, at the end, about everything."""
    looking = Eyes(shots)
    yield looking
    assert not looking.problems, "\n".join(looking.problems)


@pytest.fixture
def visitor(browser: Browser, eyes: Eyes) -> Iterator[Callable[..., BrowserContext]]:
    """A new person with a browser of their own; ``width`` and ``javascript`` as wanted."""
    contexts: list[BrowserContext] = []

    def arrive(*, width: int = 360, javascript: bool = True, language: str = "zh-CN"):
        context = browser.new_context(
            viewport={"width": width, "height": 780},
            locale=language,
            java_script_enabled=javascript,
        )
        context.set_default_timeout(30_000)
        eyes.watch(context)
        contexts.append(context)
        return context

    yield arrive
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def _signed_in() -> dict[str, dict]:
    return {}


@pytest.fixture
def officer(
    running: Product, visitor: Callable[..., BrowserContext], eyes: Eyes, _signed_in: dict
) -> Callable[..., Officer]:
    """The n-th demo person of a role at the desk, signed in with password and code."""

    def take_a_seat(role: str = "officer", n: int = 0) -> Officer:
        who = [o for o in running.ready["officers"] if o["role"] == role][n]
        context = visitor(width=1280)
        person = Officer(running, context.new_page(), who)
        if who["name"] in _signed_in:
            context.add_cookies(_signed_in[who["name"]])
        else:
            person.sign_in(eyes)
            _signed_in[who["name"]] = context.cookies()
        return person

    return take_a_seat
