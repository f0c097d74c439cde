"""Reads one TOML table strictly: every key is known and of its type, or the place is named."""

from __future__ import annotations

import tomllib
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeVar

from app.norm.errors import BrokenBookError

_E = TypeVar("_E", bound=StrEnum)
_MISSING = object()


class Table:
    """One table of a rules file; `done()` refuses what nobody asked for."""

    def __init__(self, data: Any, place: str) -> None:
        if not isinstance(data, dict):
            raise BrokenBookError(f"{place}: expected a table")
        self.place = place
        self._data = data
        self._seen: set[str] = set()

    def names(self) -> list[str]:
        """The table's keys, in the file's order."""
        return list(self._data)

    def has(self, key: str) -> bool:
        """Whether the key is given."""
        return key in self._data

    def fail(self, message: str) -> BrokenBookError:
        """An error that names this table."""
        return BrokenBookError(f"{self.place}: {message}")

    def _take(self, key: str, kinds: type | tuple[type, ...], default: Any, name: str) -> Any:
        self._seen.add(key)
        value = self._data.get(key, _MISSING)
        if value is _MISSING:
            if default is _MISSING:
                raise self.fail(f"'{key}' is missing")
            return default
        if not isinstance(value, kinds) or (isinstance(value, bool) and kinds is not bool):
            raise self.fail(f"'{key}' must be {name}")
        return value

    def text(self, key: str) -> str:
        """A text that is not empty."""
        value: str = self._take(key, str, _MISSING, "a text")
        if not value.strip():
            raise self.fail(f"'{key}' is empty")
        return value

    def optional_text(self, key: str) -> str | None:
        """A text, or None when it is not given."""
        return self.text(key) if self.has(key) else None

    def flag(self, key: str) -> bool:
        """True or false; it must be given."""
        return bool(self._take(key, bool, _MISSING, "true or false"))

    def mark(self, key: str) -> bool:
        """True or false; false when it is not given."""
        return bool(self._take(key, bool, False, "true or false"))

    def whole(self, key: str) -> int:
        """A whole number, zero or more."""
        value: int = self._take(key, int, _MISSING, "a whole number")
        if value < 0:
            raise self.fail(f"'{key}' must not be negative")
        return value

    def share(self, key: str) -> float:
        """A number from 0 to 1."""
        value = float(self._take(key, (int, float), _MISSING, "a number from 0 to 1"))
        if not 0 <= value <= 1:
            raise self.fail(f"'{key}' must be a number from 0 to 1")
        return value

    def cap(self, key: str) -> int | None:
        """A whole number, or "off" for no cap."""
        if self._data.get(key) == "off":
            self._seen.add(key)
            return None
        return self.whole(key)

    def share_cap(self, key: str) -> float | None:
        """A share, or "off" for no cap."""
        if self._data.get(key) == "off":
            self._seen.add(key)
            return None
        return self.share(key)

    def day(self, key: str) -> date:
        """A date."""
        value = self._take(key, date, _MISSING, "a date")
        if isinstance(value, datetime):
            raise self.fail(f"'{key}' must be a date without a time")
        return date(value.year, value.month, value.day)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; empty when it is not given."""
        values = self._take(key, list, [], "a list of texts")
        if not all(isinstance(value, str) for value in values):
            raise self.fail(f"'{key}' must be a list of texts")
        return tuple(values)

    def choice(self, key: str, allowed: type[_E]) -> _E:
        """One word of a fixed set."""
        return one_of(self.text(key), allowed, f"{self.place}: '{key}'")

    def optional_choice(self, key: str, allowed: type[_E]) -> _E | None:
        """One word of a fixed set, or None when it is not given."""
        return self.choice(key, allowed) if self.has(key) else None

    def choices(self, key: str, allowed: type[_E]) -> tuple[_E, ...]:
        """A list of words of a fixed set."""
        return tuple(one_of(v, allowed, f"{self.place}: '{key}'") for v in self.texts(key))

    def table(self, key: str) -> Table:
        """A table that must be there."""
        return Table(self._take(key, dict, _MISSING, "a table"), f"{self.place}.{key}")

    def tables(self, key: str) -> list[Table]:
        """A list of tables; empty when it is not given."""
        rows = self._take(key, list, [], "a list of tables")
        return [Table(row, f"{self.place}.{key}[{n}]") for n, row in enumerate(rows, 1)]

    def done(self) -> None:
        """Refuses keys that nobody asked for: a typing error must not be a silent default."""
        unknown = sorted(set(self._data) - self._seen)
        if unknown:
            raise self.fail("unknown " + ", ".join(f"'{key}'" for key in unknown))


def one_of(value: str, allowed: type[_E], place: str) -> _E:
    """The member with this value, or an error that names the place and what is allowed."""
    try:
        return allowed(value)
    except ValueError:
        words = ", ".join(allowed)
        raise BrokenBookError(f"{place}: unknown '{value}'; allowed: {words}") from None


def read_toml(text: str, name: str) -> Table:
    """The whole file as one table; a syntax error names the file."""
    try:
        return Table(tomllib.loads(text), name)
    except tomllib.TOMLDecodeError as error:
        raise BrokenBookError(f"{name}: not readable as TOML: {error}") from None
