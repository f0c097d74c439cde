"""One edition of the rules: the norm, the house's rules, and the digest that names them both."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

from app.norm.errors import BrokenBookError, UnknownCategoryError
from app.norm.parse_articles import parse_articles
from app.norm.parse_house import parse_house
from app.norm.values import Act, Articles, Category, House, Step

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Book:
    """The rules an incident is handled under; `digest` is kept with it.

    `digest` is the SHA-256 of articles.toml followed by house.toml, byte for byte.
    """

    articles: Articles
    house: House
    articles_sha256: str
    house_sha256: str
    digest: str

    def category(self, key: str) -> Category:
        """The category, or UnknownCategoryError with the words that are known."""
        try:
            return self.articles.categories[key]
        except KeyError:
            known = ", ".join(self.articles.categories)
            raise UnknownCategoryError(
                f"There is no category '{key}'; choose one of: {known}"
            ) from None


def load(articles_text: str, house_text: str) -> Book:
    """The book of exactly these two files, or BrokenBookError naming the first fault."""
    articles = parse_articles(articles_text)
    routing_kinds = frozenset(
        kind.routing for row in articles.categories.values() for kind in row.kinds
    )
    house = parse_house(house_text, frozenset(articles.categories), routing_kinds)
    joined = {key: _join(row, house.waits) for key, row in articles.categories.items()}
    first, second = articles_text.encode(), house_text.encode()
    return Book(
        articles=replace(articles, categories=joined),
        house=house,
        articles_sha256=hashlib.sha256(first).hexdigest(),
        house_sha256=hashlib.sha256(second).hexdigest(),
        digest=hashlib.sha256(first + second).hexdigest(),
    )


def _join(category: Category, waits: dict[Step, int]) -> Category:
    return replace(
        category,
        at_once=tuple(_with_limit(act, waits, category.key) for act in category.at_once),
        if_severe=tuple(_with_limit(act, waits, category.key) for act in category.if_severe),
        then=tuple(_with_limit(act, waits, category.key) for act in category.then),
    )


def _with_limit(act: Act, waits: dict[Step, int], category: str) -> Act:
    if act.after is None or act.without_limit:
        return act
    if act.step not in waits:
        raise BrokenBookError(
            f"house.toml: [waits] needs '{act.step}': in category '{category}' it follows "
            f"'{act.after}' and the article sets no order without limit"
        )
    return replace(act, not_later_than=waits[act.step])


def read(name: str) -> str:
    """A rules file of the product, exactly as it is stored."""
    return (HERE / name).read_bytes().decode()


BOOK = load(read("articles.toml"), read("house.toml"))
