"""The officer's link opens the file that has moments or pages, and nothing that is to be dark."""

from __future__ import annotations

from app.incidents.places import opens
from app.suspension.values import AddressState

BASE = "https://a.example/r/1"


def address(name: str, role: str, *, desired_dark: bool = False) -> AddressState:
    return AddressState(
        address_id=1, url=f"{BASE}/{name}", role=role, hosting="own", desired_dark=desired_dark,
        dark=False, status=200, seen_at=None, dark_since=None, error=None,
    )  # fmt: skip


PAGE, VIDEO = address("index.html", "page"), address("video.webm", "media")
BOOK, SHEET = address("book.pdf", "attachment"), address("sheet.docx", "attachment")


def test_a_moment_opens_in_the_video_and_a_page_in_the_document() -> None:
    everything = [PAGE, SHEET, BOOK, VIDEO]
    assert opens(everything, "t=754,801") == f"{BASE}/video.webm#t=754,801"
    assert opens(everything, "page=12") == f"{BASE}/book.pdf#page=12"


def test_without_such_a_file_the_page_is_opened_there() -> None:
    assert opens([PAGE, SHEET], "page=12") == f"{BASE}/index.html#page=12"
    assert opens([PAGE], "t=0") == f"{BASE}/index.html#t=0"


def test_what_is_to_be_dark_is_not_linked() -> None:
    dark = [address("video.webm", "media", desired_dark=True)]
    assert opens(dark, "t=754") == ""
    assert opens([*dark, PAGE], "t=754") == f"{BASE}/index.html#t=754"


def test_a_place_without_a_fragment_opens_nothing() -> None:
    assert opens([PAGE, VIDEO], "") == ""
