from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.norm.deadlines import (
    CALENDAR,
    CHINA,
    acceptance_due,
    due,
    handling_due,
    load_calendar,
    next_contact_due,
    nudge_due,
    review_due,
    wait_ends,
)
from app.norm.duties import duties_for
from app.norm.errors import BrokenBookError, NormError
from app.norm.values import Span

AT = datetime(2026, 9, 30, 2, 0, tzinfo=UTC)  # Wednesday 10:00 in China, before the long holiday


def _china(day: str) -> datetime:
    return datetime.fromisoformat(day + "T23:59:59").replace(tzinfo=CHINA)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2026-10-01", False),  # National Day, a Thursday
        ("2026-10-07", False),  # Wednesday, day off in exchange
        ("2026-10-10", True),  # Saturday worked in exchange
        ("2026-09-20", True),  # Sunday worked in exchange
        ("2026-02-14", True),
        ("2026-02-23", False),
        ("2026-11-21", False),  # an ordinary Saturday
        ("2026-11-23", True),
        ("2025-10-08", False),
        ("2025-09-28", True),
    ],
)
def test_working_days_follow_the_published_calendar(day: str, works: bool) -> None:
    assert CALENDAR.is_working_day(date.fromisoformat(day)) is works


def test_five_working_days_jump_the_holiday_and_count_the_exchanged_saturday() -> None:
    # Oct 8, 9, 10 (Saturday, worked), 12, 13
    answer = due(AT, Span(working_days=5))
    assert answer.at == _china("2026-10-13")
    assert not answer.provisional


def test_the_day_is_counted_in_china_not_in_utc() -> None:
    late = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)  # already Tuesday in China
    assert due(late, Span(working_days=1)).at == _china("2026-11-25")


def test_a_due_date_in_a_year_not_published_is_provisional_never_a_crash() -> None:
    start = datetime(2026, 12, 30, 2, 0, tzinfo=UTC)
    assert not due(start, Span(working_days=1)).provisional
    answer = due(start, Span(working_days=3))
    assert answer.provisional
    assert answer.at == _china("2027-01-05")  # New Year's Day is fixed by law
    far = due(datetime(2099, 1, 1, tzinfo=UTC), Span(working_days=15))
    assert far.provisional


def test_minutes_are_minutes_day_and_night_and_never_provisional() -> None:
    for at in (AT, datetime(2031, 10, 1, 18, 0, tzinfo=UTC)):
        answer = review_due(at)
        assert (answer.at - at, answer.provisional) == (timedelta(minutes=30), False)


def test_first_figures_of_the_house_rules() -> None:
    assert acceptance_due(AT).at - AT == timedelta(hours=24)
    assert handling_due("legal", AT).at - AT == timedelta(hours=24)
    assert handling_due("political", AT).at - AT == timedelta(hours=24)
    assert handling_due("suitability", AT).at == _china("2026-10-13")
    assert handling_due("other", AT).at == due(AT, Span(working_days=15)).at
    assert nudge_due("legal", AT).at - AT == timedelta(minutes=30)
    assert nudge_due("suitability", AT).at - AT == timedelta(hours=4)
    assert next_contact_due("political", AT).at - AT == timedelta(hours=2)
    assert next_contact_due("suitability", AT).at == _china("2026-10-08")


def test_an_act_waits_at_most_its_limit_and_article_24_waits_without_one() -> None:
    inform = duties_for("legal").at_once[4]
    assert wait_ends(inform, AT) == AT + timedelta(minutes=10)
    assert wait_ends(duties_for("legal").at_once[0], AT) is None
    assert wait_ends(duties_for("designated").at_once[1], AT) is None


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with pytest.raises(NormError, match="time zone"):
        due(datetime(2026, 1, 1), Span(minutes=1))  # noqa: DTZ001


@given(
    st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
    st.integers(1, 30),
)
def test_more_working_days_are_never_due_earlier(start: datetime, days: int) -> None:
    first, second = due(start, Span(working_days=days)), due(start, Span(working_days=days + 1))
    assert start < first.at < second.at
    assert CALENDAR.is_working_day(first.at.astimezone(CHINA).date())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('version = "1"\n[[year]]\nyear = 2026\noff = ["13-01"]', "must be days like"),
        ('version = "1"\n[[year]]\nyear = 2026\non = ["05-04"]', "Saturday or Sunday"),
        ('version = "1"\n[[year]]\nyear = 2026\n[[year]]\nyear = 2026', "stands twice"),
        ('version = "1"\n[[year]]\nyear = 2026\nof = []', "unknown 'of'"),
        (
            'version = "1"\n[[year]]\nyear = 2026\noff = ["05-09"]\non = ["05-09"]',
            "both off and worked",
        ),
    ],
)
def test_a_broken_calendar_is_refused(text: str, says: str) -> None:
    with pytest.raises(BrokenBookError, match=says):
        load_calendar(text)
