"""The officers' word lists (lexicon/*.toml) and a matcher over them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from operator import concat

_NOT_CUES = ("dodges.toml", "risk.toml", "senses.toml")


@dataclass(frozen=True, slots=True)
class Hit:
    """A list that matched, and where in the normalised text."""

    name: str
    start: int
    end: int


class Lexicon:
    """Finds every listed term and pattern in a normalised text."""

    def __init__(self, lists: dict[str, dict[str, list[str]]]) -> None:
        self.names = tuple(lists)
        self._terms: dict[str, list[tuple[str, str]]] = {}
        english: list[tuple[str, str]] = []
        self._patterns: list[tuple[str, re.Pattern[str]]] = []
        for name, entry in lists.items():
            for term in entry.get("terms", []):
                if term.isascii():
                    english.append((term, name))
                else:
                    self._terms.setdefault(term[:2], []).append((term, name))
            if patterns := entry.get("patterns"):
                self._patterns.append(
                    (name, re.compile("|".join(f"(?:{one})" for one in patterns)))
                )
        self._english = dict(english)
        longest_first = sorted(self._english, key=len, reverse=True)
        words = "|".join(re.escape(term) for term in longest_first)
        self._words = re.compile(rf"(?<![a-z0-9])(?:{words})(?![a-z0-9])") if words else None

    def hits(self, text: str) -> Iterator[Hit]:
        """Every match in the order of the lists; matches may overlap."""
        terms = self._terms
        for at, pair in enumerate(map(concat, text, text[1:])):
            if pair in terms:
                for term, name in terms[pair]:
                    if text.startswith(term, at):
                        yield Hit(name, at, at + len(term))
        if self._words is not None:
            for match in self._words.finditer(text):
                yield Hit(self._english[match.group()], *match.span())
        for name, pattern in self._patterns:
            for match in pattern.finditer(text):
                yield Hit(name, *match.span())


@cache
def cues() -> Lexicon:
    """All lists that feed the model."""
    lists: dict[str, dict[str, list[str]]] = {}
    folder = files("nlp_models").joinpath("lexicon")
    for source in sorted(folder.iterdir(), key=lambda item: item.name):
        if source.name.endswith(".toml") and source.name not in _NOT_CUES:
            for name, entry in tomllib.loads(source.read_text(encoding="utf-8")).items():
                lists[f"{source.name.removesuffix('.toml')}.{name}"] = entry
    return Lexicon(lists)
