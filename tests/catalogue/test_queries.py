"""Finding resources the way people look for them."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from app.catalogue import queries
from app.catalogue.syllables import spellings
from app.catalogue.tokens import index_text, plans
from app.core.errors import NotFoundError
from tests.catalogue.make import bring, make_catalogue, resource_row


@pytest.fixture
def shelf(tx: Session, at: datetime) -> Session:
    make_catalogue(tx, at, refs=())
    bring(
        tx,
        [
            resource_row("R0001", title="函数的单调性与最值"),
            resource_row("R0002", title="分数的初步认识"),
            resource_row("R0003", title="《西游记》整本书阅读"),
            resource_row("R0004", title="用Python认识循环结构", subject="信息技术"),
        ],
        at,
    )
    return tx


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("函数", ["R0001"]),
        ("单调性", ["R0001"]),
        ("函数 最值", ["R0001"]),
        ("函数单调", ["R0001"]),  # a word left out
        ("初步", ["R0002"]),
        ("函數的單調性", ["R0001"]),  # traditional
        ("hanshu", ["R0001"]),
        ("hsdd", ["R0001"]),
        ("xyj", ["R0003"]),
        ("python", ["R0004"]),
        ("ＰＹＴＨＯＮ", ["R0004"]),  # full width
        ("pyth", ["R0004"]),
        ("r0002", ["R0002"]),
        ("认识", ["R0002", "R0004"]),
        ("分", ["R0002"]),
        ("http://127.0.0.1:8090/r/R0003/index.html", ["R0003"]),
        ("hanshudandiaoxing", ["R0001"]),  # in one word
        ("fenshuder", ["R0002"]),  # still typing
        ("fen shu", ["R0002"]),
        ("hddx", []),
        ("hsdddx", ["R0001"]),
        ("涵数", ["R0001"]),  # another character of the same sound
        ("函救的单调性", ["R0001"]),  # one character wrong
        ("老师讲的函数最值那一课", ["R0001"]),  # more words than the title has
        ("西游记 yuedu", ["R0003"]),
        ("zhongxin", ["R0001", "R0002", "R0003", "R0004"]),  # by its provider
        ("看这个 http://127.0.0.1:8090/r/R0003/index.html?from=share", ["R0003"]),
        ("量子力学", []),
        ("'; DROP TABLE resource; --", []),
        ('" OR *', []),
        ("！？", []),
        ("%", []),
    ],
)
def test_people_find_what_they_mean(shelf: Session, typed: str, found: list[str]) -> None:
    assert [c.ref for c in queries.search(shelf, typed, limit=10)] == found


def test_an_empty_search_lists_in_order_of_creation_by_pages(shelf: Session) -> None:
    assert [c.ref for c in queries.search(shelf, "", limit=3)] == ["R0001", "R0002", "R0003"]
    assert [c.ref for c in queries.search(shelf, " ", limit=3, offset=3)] == ["R0004"]


def test_an_exact_title_comes_first(shelf: Session, at: datetime) -> None:
    bring(shelf, [resource_row("R0009", title="认识")], at)
    assert queries.search(shelf, "认识", limit=5)[0].ref == "R0009"


def test_a_search_can_stay_on_one_platform(shelf: Session) -> None:
    here = queries.resource(shelf, "R0001").platform_id
    assert len(queries.search(shelf, "认识", limit=5, platform_id=here)) == 2
    assert queries.search(shelf, "认识", limit=5, platform_id=here + 1) == []


def test_a_card_shows_names_addresses_and_thumbnail(shelf: Session) -> None:
    card = queries.card(shelf, "R0001")
    assert card.provider == "zhongxin（演示）"
    assert card.platform == "云川省智慧教育平台（演示）"
    assert card.thumbnail_url == "http://127.0.0.1:8090/r/R0001/cover.png"
    assert [a.role for a in card.addresses] == ["page", "media", "segment"]


@pytest.mark.parametrize(
    ("url", "role"),
    [
        ("http://127.0.0.1:8090/r/R0001/index.html?x=1#t", "page"),
        ("http://localhost:8090/r/R0001/index.html", "page"),
        ("127.0.0.1:8090/r/R0001/", "page"),
        ("http://127.0.0.1:8090/r/R0001/hls/seg-003.webm", "segment"),
        ("http://127.0.0.1:8090/r//R0001/./video%2Ewebm", "media"),
        ("http://127.0.0.1:8090/r/R0001/other.pdf", None),
        ("http://elsewhere.example/r/R0001/index.html", None),
        ("not an address", None),
    ],
)
def test_a_pasted_address_leads_to_its_resource(shelf: Session, url: str, role: str | None) -> None:
    hit = queries.by_url(shelf, url)
    assert (hit.role if hit else None) == role


def test_the_same_bytes_elsewhere_are_found_but_not_shared_pages(tx: Session, at: datetime) -> None:
    make_catalogue(tx, at, refs=())
    one, two = resource_row("R0001"), resource_row("R0002")
    two["addresses"][1]["digest"] = one["addresses"][1]["digest"]
    bring(tx, [one, two], at)
    found = queries.same_content(tx, queries.resource(tx, "R0001").version_id)
    assert [(f.resource_ref, f.address.role) for f in found] == [("R0002", "media")]


def test_views_of_a_platform_are_summed(shelf: Session) -> None:
    here = queries.resource(shelf, "R0001").platform_id
    assert queries.platform_views(shelf, here) == 400
    assert queries.platform_views(shelf, here + 1) == 0


def test_unknown_things_are_not_found(shelf: Session) -> None:
    for ask in (queries.resource, queries.card):
        with pytest.raises(NotFoundError):
            ask(shelf, "R9999")


def test_tokens_hold_characters_pairs_and_pinyin() -> None:
    tokens = set(index_text("重庆地图").split())
    assert {"重", "重庆", "chong", "qing", "chongqing", "0cqdt", "0qd"} <= tokens


def test_what_was_meant_is_tried_from_the_likeliest_on() -> None:
    found = list(plans("重庆 map"))
    assert found[0] == ("重庆", "map")
    assert ("重庆", "map*") in found
    assert ("chongqing", "map") in found
    assert list(plans("！？")) == []


@pytest.mark.parametrize(
    ("letters", "read"),
    [
        ("gaozhongwuli", ("gao", "zhong", "wu", "li")),
        ("gaozhongw", ("gao", "zhong")),  # still typing
        ("fangan", ("fang", "an")),
        ("gzwl", None),
        ("python", None),
    ],
)
def test_letters_are_read_as_syllables(letters: str, read: tuple[str, ...] | None) -> None:
    assert next(spellings(letters), None) == read
