"""Names for people, in Chinese and English, by key."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

from app.norm.book import BOOK, Book, read
from app.norm.errors import UnknownKindError
from app.norm.precaution import Reason
from app.norm.reader import Table, one_of, read_toml
from app.norm.values import Role, Step, Title, WayBackKey

_E = TypeVar("_E", bound=StrEnum)


def _titles(top: Table, key: str, allowed: type[_E]) -> dict[_E, Title]:
    table = top.table(key)
    found: dict[_E, Title] = {}
    for name in table.names():
        row = table.table(name)
        found[one_of(name, allowed, table.place)] = Title(zh=row.text("zh"), en=row.text("en"))
        row.done()
    for member in allowed:
        if member not in found:
            raise table.fail(f"'{member}' has no words")
    return found


_WORDS = read_toml(read("words.toml"), "words.toml")
_ROLES = _titles(_WORDS, "role", Role)
_STEPS = _titles(_WORDS, "step", Step)
_WAYS = _titles(_WORDS, "way_back", WayBackKey)
_REASONS = _titles(_WORDS, "reason", Reason)
_WORDS.done()


def category_title(category: str, language: str = "zh_Hans", *, book: Book = BOOK) -> str:
    """「违法违规」 / "Unlawful content"."""
    return book.category(category).title.in_language(language)


def kind_title(kind: str, language: str = "zh_Hans", *, book: Book = BOOK) -> str:
    """The name of a kind or a routing kind."""
    for row in book.articles.categories.values():
        for item in row.kinds:
            if item.key == kind:
                return item.title.in_language(language)
        if kind == row.routing:
            return row.title.in_language(language)
    raise UnknownKindError(f"There is no kind '{kind}'")


def role_title(
    role: str,
    language: str = "zh_Hans",
    *,
    category: str | None = None,
    book: Book = BOOK,
) -> str:
    """The term for a role; with a category, the term its article prints (Art. 20: 资源提供单位)."""
    member = Role(role)
    if category is not None and not language.lower().startswith("en"):
        called = book.category(category).called
        if member in called:
            return called[member]
    return _ROLES[member].in_language(language)


def step_title(step: str, language: str = "zh_Hans") -> str:
    """The name of a step."""
    return _STEPS[Step(step)].in_language(language)


def way_back_title(key: str, language: str = "zh_Hans") -> str:
    """The name of a way back."""
    return _WAYS[WayBackKey(key)].in_language(language)


def reason_title(reason: str, language: str = "zh_Hans") -> str:
    """The sentence for one reason of the precaution policy."""
    return _REASONS[Reason(reason)].in_language(language)
