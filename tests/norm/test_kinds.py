from __future__ import annotations

import pytest

from app.norm.book import BOOK
from app.norm.errors import UnknownKindError
from app.norm.kinds import (
    category_of,
    is_less_strict,
    kinds_of,
    routing_kind_of,
    routing_kinds,
    strictest,
    strictest_kind,
)
from app.norm.precaution import Reason
from app.norm.titles import (
    category_title,
    kind_title,
    reason_title,
    role_title,
    step_title,
    way_back_title,
)
from app.norm.values import Role, Step, WayBackKey

ROUTING = [
    "legal",
    "politics",
    "orientation",
    "scientific",
    "suitability",
    "normativity",
    "timeliness",
    "underperformance",
    "other",
]


def test_the_nine_routing_kinds_are_the_classifiers() -> None:
    assert list(routing_kinds()) == ROUTING


@pytest.mark.parametrize(
    ("kind", "category", "routing"),
    [
        ("gambling", "legal", "legal"),
        ("copyright", "legal", "legal"),
        ("legal", "legal", "legal"),
        ("politics", "political", "politics"),
        ("scientific", "political", "scientific"),
        ("suitability", "suitability", "suitability"),
        ("timeliness", "suitability", "timeliness"),
        ("low_views", "underperformance", "underperformance"),
        ("thanks", "other", "other"),
        ("designated", "designated", "designated"),
    ],
)
def test_a_kind_knows_its_category_and_its_routing_kind(
    kind: str, category: str, routing: str
) -> None:
    assert (category_of(kind), routing_kind_of(kind)) == (category, routing)


def test_an_unknown_kind_is_refused() -> None:
    for ask in (category_of, routing_kind_of, kind_title):
        with pytest.raises(UnknownKindError, match="nonsense"):
            ask("nonsense")


def test_page_one_names_sixteen_legal_kinds() -> None:
    assert len(kinds_of("legal")) == 16


def test_strictness_falls_from_legal_to_other() -> None:
    order = ["legal", "political", "suitability", "designated", "underperformance", "other"]
    assert list(BOOK.articles.strictness) == order
    assert strictest(["other", "suitability", "political"]) == "political"
    assert strictest_kind(["timeliness", "gambling", "politics"]) == "gambling"
    assert is_less_strict("suitability", "legal")
    assert not is_less_strict("legal", "suitability")
    assert not is_less_strict("legal", "legal")


def test_everything_people_read_has_a_chinese_and_an_english_name() -> None:
    names: list[tuple[str, str]] = []
    for row in BOOK.articles.categories.values():
        names.append((category_title(row.key), category_title(row.key, "en")))
        names += [(kind_title(k.key), kind_title(k.key, "en")) for k in row.kinds]
    names += [(kind_title(key), kind_title(key, "en")) for key in routing_kinds()]
    names += [(role_title(key), role_title(key, "en")) for key in Role]
    names += [(step_title(key), step_title(key, "en")) for key in Step]
    names += [(way_back_title(key), way_back_title(key, "en")) for key in WayBackKey]
    names += [(reason_title(key), reason_title(key, "en")) for key in Reason]
    for chinese, english in names:
        assert any("\u4e00" <= sign <= "\u9fff" for sign in chinese)
        assert english.isascii()


def test_letters_call_the_parties_what_their_article_calls_them() -> None:
    assert role_title("provider") == "资源提供者"
    assert role_title("provider", category="legal") == "资源提供单位"
    assert role_title("operator", category="political") == "平台服务提供者"
    assert role_title("operator", category="suitability") == "平台服务提供单位"
    assert role_title("regulator") == "监管部门的网信办"
