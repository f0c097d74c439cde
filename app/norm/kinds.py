"""Category, routing kind, kind: which belongs to which, and which is stricter."""

from __future__ import annotations

from collections.abc import Iterable

from app.norm.book import BOOK, Book
from app.norm.errors import UnknownKindError
from app.norm.values import Category, Kind


def routing_kinds(book: Book = BOOK) -> tuple[str, ...]:
    """What a complaint may be routed as (the classifier's nine words), strictest first.

    `designated` is not among them: only the authority's word makes such a case (Art. 24).
    """
    found: dict[str, None] = {}
    for key in book.articles.strictness:
        row = book.category(key)
        if not row.by_designation:
            found.update(dict.fromkeys(kind.routing for kind in row.kinds))
    return tuple(found)


def kinds_of(category: str, book: Book = BOOK) -> tuple[str, ...]:
    """The kinds under a category; empty where they are free."""
    return tuple(kind.key for kind in book.category(category).kinds)


def find_kind(category: Category, key: str) -> Kind | None:
    """The kind under this category; None when it is the routing kind or free."""
    for kind in category.kinds:
        if kind.key == key:
            return kind
    if key == category.routing or (category.free_kinds and key.strip()):
        return None
    known = ", ".join(kind.key for kind in category.kinds)
    raise UnknownKindError(f"Category '{category.key}' has no kind '{key}'; choose one of: {known}")


def category_of(kind: str, book: Book = BOOK) -> str:
    """The category of a kind or a routing kind."""
    for row in book.articles.categories.values():
        if kind == row.routing or any(kind == item.key for item in row.kinds):
            return row.key
    raise UnknownKindError(f"There is no kind '{kind}'")


def routing_kind_of(kind: str, book: Book = BOOK) -> str:
    """The routing kind that handles a kind; a routing kind handles itself."""
    for row in book.articles.categories.values():
        if kind == row.routing:
            return kind
        for item in row.kinds:
            if kind == item.key:
                return item.routing
    raise UnknownKindError(f"There is no kind '{kind}'")


def strictness(category: str, book: Book = BOOK) -> int:
    """The rank of a category: the higher, the stricter."""
    order = book.articles.strictness
    return len(order) - order.index(book.category(category).key)


def strictest(categories: Iterable[str], book: Book = BOOK) -> str:
    """The strictest of several categories (there must be one at least)."""
    return max(categories, key=lambda key: strictness(key, book))


def strictest_kind(kinds: Iterable[str], book: Book = BOOK) -> str:
    """The kind of the strictest category; the first given wins a tie."""
    return max(kinds, key=lambda kind: strictness(category_of(kind, book), book))


def is_less_strict(new: str, old: str, book: Book = BOOK) -> bool:
    """Whether a change of category frees something, and so needs a second person (law 4)."""
    return strictness(new, book) < strictness(old, book)
