"""The norm's own words, from the product's copy of the text (lines joined, nothing changed)."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from app.norm.errors import NormError

_FILE = Path(__file__).parent / "text.zh.txt"
_ARTICLE = re.compile(r"^第([一二三四五六七八九十]+)条 ")
_CHAPTER = re.compile(r"^第[一二三四五六七八九十]+章 ")
_DIGITS = "零一二三四五六七八九"


def _chinese_number(number: int) -> str:
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else ("十" if tens == 1 else _DIGITS[tens] + "十")
    return head + (_DIGITS[ones] if ones else "")


def article_heading(number: int) -> str:
    """「第二十条」 for 20."""
    return f"第{_chinese_number(number)}条"


@lru_cache(maxsize=1)
def full_text() -> str:
    """The whole document, one paragraph a line."""
    return _FILE.read_bytes().decode()


@lru_cache(maxsize=1)
def _articles() -> dict[str, str]:
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in full_text().splitlines():
        match = _ARTICLE.match(line)
        if match:
            current = found.setdefault(f"第{match.group(1)}条", [])
        if _CHAPTER.match(line):
            current = []
        current.append(line)
    return {heading: "\n".join(lines) for heading, lines in found.items()}


def article_text(number: int) -> str:
    """The exact text of one article with its number in front; paragraphs are joined by newlines."""
    text = _articles().get(article_heading(number)) if number > 0 else None
    if text is None:
        raise NormError(
            f"The norm has no article {number}; it has articles 1 to {len(_articles())}"
        )
    return text


def article_body(number: int) -> str:
    """The exact text of one article without its number."""
    return article_text(number).removeprefix(article_heading(number)).lstrip()
