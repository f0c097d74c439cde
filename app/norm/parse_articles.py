"""articles.toml -> Articles, with the house's waits joined to the acts."""

from __future__ import annotations

from app.norm.errors import BrokenBookError
from app.norm.reader import Table, read_toml
from app.norm.values import (
    LETTERS,
    Act,
    Articles,
    Category,
    Kind,
    Role,
    Source,
    Step,
    Title,
    WayBack,
    WayBackKey,
)

# The operator acts itself and the complainant is answered, so neither is ever a recipient.
_NEVER_WRITTEN_TO = frozenset({Role.OPERATOR, Role.COMPLAINANT})


def parse_articles(text: str) -> Articles:
    """The norm as values, without the house's limits, or BrokenBookError."""
    top = read_toml(text, "articles.toml")
    rows = [_category(row) for row in top.tables("category")]
    articles = Articles(
        document=top.text("document"),
        document_no=top.text("document_no"),
        in_force_from=top.day("in_force_from"),
        strictness=top.texts("strictness"),
        categories={row.key: row for row in rows},
    )
    top.done()
    if len(articles.categories) != len(rows):
        raise top.fail("a category stands twice")
    if sorted(articles.strictness) != sorted(articles.categories):
        raise top.fail("'strictness' must name every category exactly once")
    _refuse_shared_kinds(rows)
    return articles


def _refuse_shared_kinds(rows: list[Category]) -> None:
    seen: dict[str, str] = {}
    for row in rows:
        names = [kind.key for kind in row.kinds] + ([row.routing] if row.routing else [])
        for name in names:
            if name in seen:
                raise BrokenBookError(
                    f"articles.toml: kind '{name}' stands under {seen[name]} and {row.key}"
                )
            seen[name] = row.key


def _title(row: Table) -> Title:
    return Title(zh=row.text("zh"), en=row.text("en"))


def _category(row: Table) -> Category:
    key = row.text("key")
    row.place = f"articles.toml: category '{key}'"
    article = row.whole("article") if row.has("article") else None
    routing = row.optional_text("routing")
    title = row.table("title")
    category = Category(
        key=key,
        article=article,
        title=_title(title),
        routing=routing,
        by_designation=row.mark("by_designation"),
        free_kinds=row.mark("free_kinds"),
        kinds=tuple(_kind(item, routing) for item in row.tables("kind")),
        at_once=tuple(_act(item, article, severe=False) for item in row.tables("at_once")),
        if_severe=tuple(_act(item, article, severe=True) for item in row.tables("if_severe")),
        then=tuple(_act(item, article, severe=False) for item in row.tables("then")),
        way_back=_way_back(row.table("way_back")) if row.has("way_back") else None,
        called=_called(row),
    )
    title.done()
    row.done()
    _check(row, category)
    return category


def _called(row: Table) -> dict[Role, str]:
    if not row.has("called"):
        return {}
    table = row.table("called")
    terms = {role: table.text(role) for role in Role if table.has(role)}
    table.done()
    return terms


def _kind(row: Table, routing: str | None) -> Kind:
    key = row.text("key")
    kind = Kind(
        key=key,
        routing=routing or key,
        title=_title(row),
        way_back=_way_back(row.table("way_back")) if row.has("way_back") else None,
    )
    row.done()
    return kind


def _way_back(row: Table) -> WayBack:
    way = WayBack(
        key=row.choice("key", WayBackKey),
        source=row.choice("source", Source),
        basis=row.text("basis"),
    )
    row.done()
    return way


def _act(row: Table, article: int | None, *, severe: bool) -> Act:
    if article is None:
        raise row.fail("a category without an article has no acts")
    step = row.choice("step", Step)
    row.place = f"{row.place} '{step}'"
    act = Act(
        step=step,
        to=row.choices("to", Role),
        source=row.choice("source", Source),
        article=article,
        quote=row.optional_text("quote"),
        after=row.optional_choice("after", Step),
        without_limit=row.mark("without_limit"),
        limit_from=row.optional_choice("limit_from", Step),
        severe=severe,
    )
    row.done()
    if (act.source == Source.ARTICLE) != (act.quote is not None) or act.source == Source.LAW:
        raise row.fail("an article's act quotes the article, a house rule quotes nothing")
    if (step in LETTERS) != bool(act.to):
        raise row.fail("a letter needs 'to'; any other act has none")
    if set(act.to) & _NEVER_WRITTEN_TO:
        raise row.fail("the norm never has the operator or the complainant written to")
    return act


def _check(row: Table, category: Category) -> None:
    if category.if_severe and not category.at_once:
        raise row.fail("'if_severe' needs 'at_once'")
    done: set[Step] = set()
    for act in category.at_once + category.if_severe + category.then:
        for named in (act.after, act.limit_from):
            if named is not None and named not in done:
                raise row.fail(f"'{act.step}' follows '{named}', which does not stand before it")
        done.add(act.step)
    for acts in (category.at_once + category.if_severe, category.then):
        told = [(act.step, role) for act in acts for role in (act.to or (None,))]
        if len(told) != len(set(told)):
            raise row.fail("an act stands twice")
    if not category.kinds and not category.free_kinds:
        raise row.fail("a category needs kinds, or 'free_kinds'")
    if category.article is not None and not category.at_once:
        raise row.fail("a category with an article needs 'at_once'")
