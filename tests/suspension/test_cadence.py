from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.suspension.cadence import next_look

AT = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


def s(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("now", "following"),
    [(0, 2), (2, 4), (29, 31), (30, 45), (31, 46), (4000, 4015)],
)
def test_page_2_7_every_2_s_for_30_s_then_every_15_s_until_dark(now, following) -> None:
    assert next_look(changed_at=AT, dark=True, settled_at=None, at=s(now)) == s(following)


@pytest.mark.parametrize(
    ("now", "following"),
    [(3, 13), (13, 63), (63, 303), (303, 86403), (86403, 2 * 86400 + 3), (200000, 3 * 86400 + 3)],
)
def test_page_2_7_once_dark_10_s_60_s_5_min_then_daily(now, following) -> None:
    assert next_look(changed_at=AT, dark=True, settled_at=s(3), at=s(now)) == s(following)


def test_after_a_lift_the_looking_ends_when_it_plays_again() -> None:
    assert next_look(changed_at=AT, dark=False, settled_at=None, at=s(1)) == s(3)
    assert next_look(changed_at=AT, dark=False, settled_at=s(1), at=s(1)) is None


def test_content_that_is_gone_is_looked_for_rarely_but_for_ever() -> None:
    assert next_look(changed_at=AT, dark=False, settled_at=None, at=s(7200)) == s(7200 + 900)
