"""What the public pages show: published figures and statements. Nothing here names a person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from app.core.clock import SHANGHAI

SMALLEST = 5  # a smaller number is never published


@dataclass(frozen=True, slots=True)
class Table:
    """Counts by key. ``None`` is any number from 0 to 4; the total covers what is shown only."""

    key: str
    cells: tuple[tuple[str, int | None], ...]

    @property
    def total(self) -> int:
        """The sum of the published cells, so that no subtraction leads to a hidden one."""
        return sum(n for _, n in self.cells if n is not None)

    @property
    def whole(self) -> bool:
        """Whether nothing is hidden."""
        return all(n is not None for _, n in self.cells)


@dataclass(frozen=True, slots=True)
class Month:
    """The figures of one month, published once and never changed."""

    month: str
    tables: tuple[Table, ...]
    medians: tuple[tuple[str, int | None], ...]  # minutes

    def table(self, key: str) -> Table:
        """One table by its key."""
        return next(table for table in self.tables if table.key == key)

    def as_json(self) -> dict[str, Any]:
        """The shape of the open data; ``null`` is a number below five."""
        return {
            "month": self.month,
            "counts": {table.key: dict(table.cells) for table in self.tables},
            "median_minutes": dict(self.medians),
        }

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Month:
        """The month as it was published."""
        tables = (Table(key, tuple(cells.items())) for key, cells in kept["counts"].items())
        return cls(kept["month"], tuple(tables), tuple(kept["median_minutes"].items()))


@dataclass(frozen=True, slots=True)
class Statement:
    """Why a resource was stopped after a finding: the finding's article, never a complaint."""

    ref: str
    decided_at: datetime
    title: str
    resource: str
    provider: str
    category: str
    kind: str | None
    article: int | None
    state: str
    mistaken: bool


def month_of(at: datetime) -> str:
    """``2026-11`` in Asia/Shanghai."""
    return at.astimezone(SHANGHAI).strftime("%Y-%m")


def begins(month: str) -> datetime:
    """The moment the month begins in Asia/Shanghai, in UTC."""
    first = date.fromisoformat(f"{month}-01")
    return datetime(first.year, first.month, 1, tzinfo=SHANGHAI).astimezone(UTC)


def after(month: str) -> str:
    """The month that follows."""
    year, number = (int(part) for part in month.split("-"))
    return f"{year + number // 12}-{number % 12 + 1:02}"


def months(first: datetime, until: datetime) -> Iterable[str]:
    """The months that are over at ``until``, beginning with the one of ``first``."""
    month = month_of(first)
    while begins(after(month)) <= until:
        yield month
        month = after(month)
