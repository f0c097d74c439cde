from __future__ import annotations

import ast
import hashlib
import sys
from pathlib import Path

import pytest

from app.norm.book import BOOK, HERE
from app.norm.errors import NormError
from app.norm.text import article_body, article_heading, article_text, full_text
from app.norm.values import Source

# SHA-256 of the ministry's text as published, all white space removed.
PUBLISHED = "097b02a9e784bad27e1a0be10d17c72b60a40eecd0fe11a1c794924e5aa04122"


def _stripped_digest(text: str) -> str:
    return hashlib.sha256("".join(text.split()).encode()).hexdigest()


def test_the_products_copy_is_the_published_text_with_lines_joined() -> None:
    assert _stripped_digest(full_text()) == PUBLISHED


def test_the_pages_given_with_the_task_hold_the_same_text_where_they_are_at_hand() -> None:
    given = [parent / "shared" / "norm.zh.txt" for parent in Path(__file__).resolve().parents[2:4]]
    for path in (path for path in given if path.is_file()):
        assert _stripped_digest(path.read_text(encoding="utf-8")) == PUBLISHED


def test_all_29_articles_are_found_each_once_and_whole() -> None:
    for number in range(1, 30):
        text = article_text(number)
        assert text.startswith(article_heading(number) + " ")
        assert text.endswith("。")
        assert full_text().count(text) == 1
        assert "章 " not in text
        assert article_heading(number) + " " + article_body(number) == text
    assert article_heading(20) == "第二十条"
    assert article_body(29) == "本规范自印发之日起执行。"
    assert article_text(2).count("\n") == 3


@pytest.mark.parametrize("number", [0, -1, 30])
def test_an_article_that_does_not_exist_is_refused(number: int) -> None:
    with pytest.raises(NormError, match="1 to 29"):
        article_text(number)


def test_every_quotation_of_the_rules_is_the_articles_own_words() -> None:
    for row in BOOK.articles.categories.values():
        for act in row.at_once + row.if_severe + row.then:
            assert act.quote is None or act.quote in article_text(act.article)
        if row.way_back and row.way_back.source == Source.ARTICLE:
            assert row.way_back.basis in article_text(row.article or 0)
        for term in row.called.values():
            assert term in article_text(row.article or 0)


def test_the_rules_import_nothing_but_the_standard_library() -> None:
    for path in sorted(HERE.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            for name in names:
                ours = name.startswith("app.norm")
                assert ours or name.split(".")[0] in sys.stdlib_module_names, (path, name)
