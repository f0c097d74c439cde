"""When something is due: minutes by the clock, working days by the published calendar."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone

from app.norm.book import BOOK, Book, read
from app.norm.errors import BrokenBookError, NormError
from app.norm.reader import Table, read_toml
from app.norm.values import Act, Span

# Working days are days in China: UTC+8 all year since 1992, so no time zone data is needed.
CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Due:
    """A moment (UTC). Provisional: it counts days of a year whose calendar is not published."""

    at: datetime
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class Calendar:
    """Published days off and days worked in exchange (调休), by year."""

    version: str
    years: frozenset[int]
    off: frozenset[date]
    on: frozenset[date]
    fixed_holidays: frozenset[tuple[int, int]] = field(default_factory=frozenset)

    def is_published(self, day: date) -> bool:
        """Whether the day's year is known for certain."""
        return day.year in self.years

    def is_working_day(self, day: date) -> bool:
        """Whether people work that day; a careful guess in a year not yet published."""
        if day in self.on:
            return True
        if day in self.off or (
            not self.is_published(day) and (day.month, day.day) in self.fixed_holidays
        ):
            return False
        return day.weekday() < _SATURDAY


def load_calendar(text: str) -> Calendar:
    """The calendar of this file, or BrokenBookError naming the fault."""
    top = read_toml(text, "calendar.toml")
    years: set[int] = set()
    off: set[date] = set()
    on: set[date] = set()
    for row in top.tables("year"):
        year = row.whole("year")
        if year in years:
            raise row.fail(f"year {year} stands twice")
        years.add(year)
        off.update(_days(row, "off", year))
        on.update(_days(row, "on", year))
        row.done()
    fixed = {(day.month, day.day) for day in _days(top, "fixed_holidays", 2000)}
    calendar = Calendar(
        top.text("version"),
        frozenset(years),
        frozenset(off),
        frozenset(on),
        frozenset(fixed),
    )
    top.done()
    if off & on:
        raise top.fail(f"{min(off & on)} is both off and worked")
    if any(day.weekday() < _SATURDAY for day in on):
        raise top.fail("a day worked in exchange must be a Saturday or Sunday")
    return calendar


def _days(row: Table, key: str, year: int) -> list[date]:
    try:
        return [date.fromisoformat(f"{year:04d}-{text}") for text in row.texts(key)]
    except ValueError:
        raise BrokenBookError(f"{row.place}: '{key}' must be days like \"05-01\"") from None


CALENDAR = load_calendar(read("calendar.toml"))


def due(start: datetime, span: Span, calendar: Calendar = CALENDAR) -> Due:
    """The end of the span.

    Working days: the day of the start is not counted (民法典 201) and the span ends with the last
    second of its last working day.
    """
    if start.tzinfo is None:
        raise NormError("A deadline needs a moment with a time zone")
    if span.minutes is not None:
        return Due(start.astimezone(UTC) + timedelta(minutes=span.minutes))
    day = start.astimezone(CHINA).date()
    provisional = False
    left = span.working_days or 0
    while left > 0:
        day += timedelta(days=1)
        provisional = provisional or not calendar.is_published(day)
        left -= calendar.is_working_day(day)
    end = datetime.combine(day, time(23, 59, 59), tzinfo=CHINA)
    return Due(end.astimezone(UTC), provisional)


def review_due(placed_at: datetime, *, book: Book = BOOK) -> Due:
    """The end of a precaution's review clock, day and night."""
    return due(placed_at, book.house.clocks.review)


def acceptance_due(received_at: datetime, *, book: Book = BOOK) -> Due:
    """When a complaint must be accepted (Art. 17: 及时受理)."""
    return due(received_at, book.house.clocks.acceptance)


def handling_due(category: str, accepted_at: datetime, *, book: Book = BOOK) -> Due:
    """When a complaint of this category must be handled (Art. 17: 及时…处理)."""
    return due(accepted_at, book.house.clocks.handling[book.category(category).key])


def intake_wait_due(received_at: datetime, *, book: Book = BOOK) -> Due:
    """When a complaint that names no resource must have been looked at."""
    return due(received_at, book.house.clocks.intake_wait)


def complainant_answer_due(asked_at: datetime, *, book: Book = BOOK) -> Due:
    """Until when the complainant's answer is waited for."""
    return due(asked_at, book.house.clocks.waiting_for_complainant)


def restore_due(countered_at: datetime, *, book: Book = BOOK) -> Due:
    """When what a counter-notice asks for is served again: at once (条例 Art. 17), unless this
    house waits for the right holder's word of a lawsuit (民法典 Art. 1196).
    """
    return due(countered_at, book.house.restore_wait)


def waits_for_suit(*, book: Book = BOOK) -> bool:
    """Whether this house waits before it restores."""
    return bool(book.house.restore_wait.minutes or book.house.restore_wait.working_days)


def nudge_due(category: str, sent_at: datetime, *, book: Book = BOOK) -> Due:
    """When an unsigned letter is nudged (催签)."""
    return due(sent_at, book.house.clocks.nudge[book.category(category).key])


def next_contact_due(category: str, nudged_at: datetime, *, book: Book = BOOK) -> Due:
    """When an unsigned letter goes to the next step of the same recipient's contact chain."""
    return due(nudged_at, book.house.clocks.next_contact[book.category(category).key])


def wait_ends(act: Act, start: datetime) -> datetime | None:
    """When the act goes ahead without its predecessor; None: never, or it waits for nothing.

    `start` is the finding, the confirmation or end of the review clock, or, where the act has
    `limit_from`, the moment that act was done.
    """
    if act.after is None or act.not_later_than is None:
        return None
    return due(start, Span(minutes=act.not_later_than)).at
