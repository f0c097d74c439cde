"""One row per act of chapter 4 (Arts. 20-24): one sentence of the norm holds five of them."""

from __future__ import annotations

import pytest

from app.norm.book import BOOK
from app.norm.describe import duties_json
from app.norm.duties import duties_for, severe_duties, way_back
from app.norm.text import article_text
from app.norm.values import Act, Role, Source, Step

# (category, article, list, position, step, recipients, source, the article's own words)
ACTS = [
    ("legal", 20, "at_once", 0, "stop_transmission", [], "article", "立即停止传输该资源"),
    ("legal", 20, "at_once", 1, "prevent_spread", [], "article", "防止资源扩散"),
    ("legal", 20, "at_once", 2, "preserve_records", [], "article", "保存有关记录"),
    (
        "legal",
        20,
        "at_once",
        3,
        "report",
        ["authority", "regulator"],
        "article",
        "向平台主管单位和监管部门的网信办报告",
    ),
    ("legal", 20, "at_once", 4, "inform", ["provider"], "article", "向资源提供单位通报"),
    (
        "legal",
        20,
        "if_severe",
        0,
        "report",
        ["superior_regulator", "local_cac", "police"],
        "article",
        "造成严重影响的，应按程序报上级监管部门的网信办和属地网信部门、公安机关",
    ),
    ("legal", 20, "then", 0, "remove", [], "article", "采取出库处置措施"),
    ("political", 21, "at_once", 0, "stop_transmission", [], "article", "立即停止传输该资源"),
    ("political", 21, "at_once", 1, "prevent_spread", [], "article", "防止资源扩散"),
    ("political", 21, "at_once", 2, "preserve_records", [], "article", "保存有关记录"),
    (
        "political",
        21,
        "at_once",
        3,
        "report",
        ["authority", "regulator"],
        "article",
        "向平台主管单位和监管部门的网信办报告",
    ),
    ("political", 21, "at_once", 4, "inform", ["provider"], "article", "向资源提供者通报"),
    (
        "political",
        21,
        "if_severe",
        0,
        "report",
        ["superior_regulator"],
        "article",
        "造成严重影响的，应按程序报上级监管部门的网信办",
    ),
    ("political", 21, "then", 0, "remove", [], "article", "采取出库处置措施"),
    ("suitability", 22, "at_once", 0, "stop_transmission", [], "article", "立即停止传输该资源"),
    ("suitability", 22, "at_once", 1, "prevent_spread", [], "article", "防止资源扩散"),
    ("suitability", 22, "at_once", 2, "preserve_records", [], "article", "保存有关记录"),
    ("suitability", 22, "at_once", 3, "report", ["authority"], "article", "向平台主管单位报告"),
    ("suitability", 22, "at_once", 4, "inform", ["provider"], "article", "向资源提供者通报"),
    ("suitability", 22, "then", 0, "remove", [], "article", "采取出库处置措施"),
    (
        "underperformance",
        23,
        "at_once",
        0,
        "remind",
        ["provider"],
        "article",
        "及时对资源提供者进行提醒",
    ),
    (
        "underperformance",
        23,
        "then",
        0,
        "remove",
        [],
        "article",
        "对长期应用不好的资源采取出库处置措施",
    ),
    ("underperformance", 23, "then", 1, "inform", ["provider"], "house", None),
    ("designated", 24, "at_once", 0, "report", ["authority"], "article", "在向平台主管单位报告后"),
    (
        "designated",
        24,
        "at_once",
        1,
        "stop_transmission",
        [],
        "article",
        "按要求对资源采取出库处置措施",
    ),
    ("designated", 24, "at_once", 2, "prevent_spread", [], "house", None),
    ("designated", 24, "at_once", 3, "preserve_records", [], "house", None),
    ("designated", 24, "at_once", 4, "inform", ["provider"], "article", "向资源提供者通报"),
    ("designated", 24, "then", 0, "remove", [], "article", "采取出库处置措施"),
]


def _acts(category: str, which: str) -> tuple[Act, ...]:
    if which == "if_severe":
        return severe_duties(category)
    plan = duties_for(category)
    return plan.at_once if which == "at_once" else plan.then


@pytest.mark.parametrize("row", ACTS, ids=lambda row: f"art{row[1]}-{row[2]}-{row[4]}-{row[3]}")
def test_each_act_of_chapter_four_is_a_duty_in_its_place(
    row: tuple[str, int, str, int, str, list[str], str, str | None],
) -> None:
    category, article, which, position, step, to, source, words = row
    act = _acts(category, which)[position]
    assert (act.step, list(act.to), act.source, act.article) == (step, to, source, article)
    assert act.quote == words
    if words is not None:
        assert words in article_text(article)


@pytest.mark.parametrize("category", list(BOOK.articles.categories))
def test_nothing_stands_in_the_rules_that_the_table_does_not_name(category: str) -> None:
    for which in ("at_once", "if_severe", "then"):
        listed = [row for row in ACTS if row[0] == category and row[2] == which]
        assert len(_acts(category, which)) == len(listed)


def _by_step(category: str) -> dict[Step, Act]:
    return {act.step: act for act in duties_for(category).at_once}


@pytest.mark.parametrize("category", ["legal", "political", "suitability"])
def test_articles_20_to_22_stop_first_and_wait_for_nobody(category: str) -> None:
    acts = _by_step(category)
    for step in (Step.STOP_TRANSMISSION, Step.PREVENT_SPREAD, Step.PRESERVE_RECORDS):
        assert acts[step].after is None
    assert acts[Step.REPORT].after == Step.STOP_TRANSMISSION


@pytest.mark.parametrize("category", ["legal", "political", "suitability", "designated"])
def test_the_provider_is_told_after_records_are_kept_but_waits_ten_minutes_at_most(
    category: str,
) -> None:
    inform = _by_step(category)[Step.INFORM]
    assert (inform.after, inform.not_later_than) == (Step.PRESERVE_RECORDS, 10)


def test_article_24_reports_before_it_stops_and_the_stop_waits_without_limit() -> None:
    acts = _by_step("designated")
    assert next(iter(acts)) == Step.REPORT
    stop = acts[Step.STOP_TRANSMISSION]
    assert (stop.after, stop.without_limit, stop.not_later_than) == (Step.REPORT, True, None)


def test_article_24_informs_only_after_the_stop_although_the_capture_may_fail() -> None:
    acts = _by_step("designated")
    assert acts[Step.PRESERVE_RECORDS].after == Step.STOP_TRANSMISSION
    assert acts[Step.INFORM].limit_from == Step.STOP_TRANSMISSION


def test_article_20_gives_no_way_back() -> None:
    assert way_back("legal") is None
    for kind in BOOK.category("legal").kinds:
        assert (way_back("legal", kind.key) is None) == (kind.key != "copyright")


def test_article_20_copyright_comes_back_by_counter_notice_which_is_another_laws_way() -> None:
    way = way_back("legal", "copyright")
    assert way is not None
    assert (way.key, way.source) == ("counter_notice", Source.LAW)


@pytest.mark.parametrize(
    ("category", "key", "source"),
    [
        ("political", "rectify", "article"),
        ("suitability", "repair", "article"),
        ("underperformance", "intake", "house"),
        ("designated", "authority", "house"),
    ],
)
def test_each_way_back_is_the_articles_or_owned_by_the_house(
    category: str, key: str, source: str
) -> None:
    way = way_back(category)
    assert way is not None
    assert (way.key, way.source) == (key, source)
    if way.source == Source.ARTICLE:
        assert way.basis in article_text(BOOK.category(category).article or 0)


def test_article_23_reminds_first_and_removes_only_later() -> None:
    plan = duties_for("underperformance")
    assert [act.step for act in plan.at_once] == [Step.REMIND]
    assert [act.step for act in plan.then] == [Step.REMOVE, Step.INFORM]
    assert plan.then[1].after == Step.REMOVE


def test_severe_recipients_differ_between_articles_20_and_21() -> None:
    (report_20,) = severe_duties("legal")
    (report_21,) = severe_duties("political")
    assert report_20.to == (Role.SUPERIOR_REGULATOR, Role.LOCAL_CAC, Role.POLICE)
    assert report_21.to == (Role.SUPERIOR_REGULATOR,)


def test_article_22_never_goes_beyond_its_authority_and_provider_however_severe() -> None:
    plan = duties_for("suitability", severe=True)
    assert plan.recipients == {Role.AUTHORITY, Role.PROVIDER}


def test_severe_is_a_second_report_beside_the_first_not_a_wider_one() -> None:
    steps = [act.step for act in duties_for("legal", severe=True).at_once]
    assert steps == [
        Step.STOP_TRANSMISSION,
        Step.PREVENT_SPREAD,
        Step.PRESERVE_RECORDS,
        Step.REPORT,
        Step.INFORM,
        Step.REPORT,
    ]


def test_other_demands_nothing() -> None:
    described = duties_json("other")
    assert (described["article"], described["at_once"], described["then"]) == (None, [], [])
    assert described["reentry"] is None
