"""Opening hours: when somebody is there, and when next."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.core import hours, settings

pytestmark = pytest.mark.pure
WEEK = hours.read("1-5 08:30-17:30; 6 09:00-12:00")
MONDAY_NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai
MONDAY_NIGHT = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
SATURDAY_NIGHT = datetime(2026, 11, 28, 14, 0, tzinfo=UTC)


def test_no_hours_is_always():
    assert hours.is_open((), MONDAY_NIGHT)
    assert hours.opens((), MONDAY_NIGHT) is None


def test_open_by_day_closed_at_night():
    assert hours.is_open(WEEK, MONDAY_NOON)
    assert not hours.is_open(WEEK, MONDAY_NIGHT)


def test_the_next_opening_is_named():
    assert f"{hours.opens(WEEK, MONDAY_NIGHT):%m-%d %H:%M}" == "11-24 08:30"
    assert f"{hours.opens(WEEK, SATURDAY_NIGHT):%m-%d %H:%M}" == "11-30 08:30"


@pytest.mark.parametrize("wrong", ["9-5", "1-5 17:00-08:00", "5-1 08:00-09:00", "1 8-9"])
def test_wrong_hours_stop_the_start(wrong, tmp_path):
    with pytest.raises(settings.SettingsError, match="OFFICER_HOURS"):
        settings.load({"CHUKU_OFFICER_HOURS": wrong, "CHUKU_DATA": str(tmp_path)})
