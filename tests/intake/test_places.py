"""A place is data: it opens the resource there, and a resource's page can name it."""

from __future__ import annotations

import pytest

from app.intake import forms, places
from app.intake.values import Place


@pytest.mark.parametrize(
    ("place", "fragment"),
    [
        (Place("time", "12:35"), "t=754"),  # a second early
        (Place("time", "1:02:33", "1:03:00"), "t=3752,3781"),  # and a second late
        (Place("time", "12:35", "12:00"), "t=754"),
        (Place("time", "0:00"), "t=0"),
        (Place("time", "755"), "t=754"),  # as programs write it
        (Place("time", "晚上"), ""),
        (Place("time", None), ""),
        (Place("page", "12", "14"), "page=12"),
        (Place("page", "第十二页"), "page=12"),
        (Place("page", "最后一页"), ""),
        (Place("slide", "3"), "page=3"),
        (Place("exercise", "5"), ""),
        (Place("link", "https://elsewhere.example/"), ""),
        (Place("whole"), ""),
    ],
)
def test_a_place_is_the_end_of_an_address(place: Place, fragment: str) -> None:
    assert places.fragment(place) == fragment


@pytest.mark.parametrize(
    ("values", "place"),
    [
        ({"t": "755"}, Place("time", "12:35")),
        ({"t": "755.8"}, Place("time", "12:35")),
        ({"t": "12m35s"}, Place("time", "12:35")),
        ({"t": "1h2m33s"}, Place("time", "1:02:33")),
        ({"t": "12:35"}, Place("time", "12:35")),
        ({"t": "755,800"}, Place("time", "12:35")),
        ({"t": "0", "page": "7"}, Place("page", "7")),  # nothing was played yet
        ({"page": "012"}, Place("page", "12")),
        ({"slide": "3"}, Place("slide", "3")),
        ({"t": "99999999"}, None),
        ({"t": "<script>"}, None),
        ({"page": "0"}, None),
        ({"page": "９"}, None),
        ({}, None),
    ],
)
def test_what_a_resource_page_says_is_read_strictly(
    values: dict[str, str], place: Place | None
) -> None:
    assert places.from_values(**values) == place


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://a.example/r/1/index.html#t=755", Place("time", "12:35")),
        ("https://a.example/v?id=3&t=1m5s", Place("time", "1:05")),
        ("https://a.example/book.pdf#page=12", Place("page", "12")),
        ("https://a.example/#" + "x" * 5000, None),
        ("http://[broken", None),
        ("高中物理", None),
    ],
)
def test_a_pasted_address_may_end_in_a_place(url: str, place: Place | None) -> None:
    assert places.from_url(url) == place


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({"kind": "time", "time_from": "12:35", "time_to": "13:00"}, set()),
        ({"kind": "time", "time_from": "12:35", "time_to": "12:00"}, {"time_to"}),
        ({"kind": "time", "time_from": "12:35", "time_to": "later"}, {"time_to"}),
        ({"kind": "page", "page_from": "9", "page_to": "3"}, {"page_to"}),
        ({"kind": "page", "page_from": "目录", "page_to": "3"}, set()),
        ({"kind": "slide", "slide_from": ""}, {"slide_from"}),
        ({"kind": "link"}, set()),
    ],
)
def test_a_range_ends_after_it_begins(typed: dict[str, str], wrong: set[str]) -> None:
    assert set(forms.place(forms.Form(typed))[1]) == wrong
