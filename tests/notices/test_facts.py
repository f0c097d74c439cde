"""Nothing but the listed facts can reach a letter."""

from __future__ import annotations

import pytest

from app.core.errors import InvalidError
from app.notices.facts import day_of, one_line, parse
from app.notices.values import Kind
from tests.notices.make import claim, sample


@pytest.mark.parametrize(
    "name", ["complainant", "contact", "complaint_text", "phone", "original", "source_tag"]
)
def test_an_unknown_fact_is_refused(name: str) -> None:
    with pytest.raises(InvalidError):
        parse(sample(**{name: "13800000000"}), kind=Kind.REPORT)


def test_a_decision_carries_number_and_date_only() -> None:
    with pytest.raises(InvalidError):
        parse(sample(decision={"document_no": "1", "by": "张三"}), kind=Kind.REPORT)


def test_only_a_forward_names_a_claimant() -> None:
    assert parse(sample(claim=claim()), kind=Kind.FORWARD).claim is not None
    for kind in (Kind.REPORT, Kind.INFORM, Kind.CORRECT):
        with pytest.raises(InvalidError):
            parse(sample(claim=claim()), kind=kind)
    with pytest.raises(InvalidError):
        parse(sample(), kind=Kind.FORWARD)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("category", "unknown"),
        ("wording", "sure"),
        ("correction", "maybe"),
        ("stopped_at_text", "2026-11-22 11:02:33"),
        ("resource_title", ""),
        ("resource_title", 7),
        ("summary", "长" * 4001),
    ],
)
def test_a_fact_of_the_wrong_shape_is_refused(name: str, value: object) -> None:
    with pytest.raises(InvalidError):
        parse(sample(**{name: value}), kind=Kind.REPORT)


def test_text_keeps_to_its_line() -> None:
    assert one_line("甲\r\nBcc: x@y.example\u2028乙\u202e丙\x00") == "甲 Bcc: x@y.example 乙 丙"


def test_stored_facts_read_back_as_they_were() -> None:
    facts = parse(
        sample(decision={"document_no": "示例〔2026〕3号", "document_date": "2026-11-20"}),
        kind=Kind.RESTORE,
    )
    assert parse(facts.stored(), kind=Kind.RESTORE) == facts


def test_a_day_is_all_that_is_left_of_a_moment() -> None:
    assert day_of("2026年11月22日11时02分") == "2026年11月22日"
    assert day_of("2026年11月22日") == "2026年11月22日"
    assert day_of(None) is None
