"""The officers' word lists (lexicon/*.toml) and a matcher over them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from operator import concat

_WORD = re.compile("[a-z0-9]+")
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
        self._english: dict[str, list[tuple[str, str]]] = {}
        self._patterns: list[tuple[str, re.Pattern[str]]] = []
        for name, entry in lists.items():
            for term in entry.get("terms", []):
                if term.isascii():
                    self._english.setdefault(_first_word(term), []).append((term, name))
                else:
                    self._terms.setdefault(term[:2], []).append((term, name))
            if patterns := entry.get("patterns"):
                self._patterns.append(
                    (name, re.compile("|".join(f"(?:{one})" for one in patterns)))
                )

    def hits(self, text: str) -> Iterator[Hit]:
        """Every match in the order of the lists; matches may overlap."""
        terms = self._terms
        for at, pair in enumerate(map(concat, text, text[1:])):
            if pair in terms:
                for term, name in terms[pair]:
                    if text.startswith(term, at):
                        yield Hit(name, at, at + len(term))
        for word in _WORD.finditer(text):
            at = word.start()
            for term, name in self._english.get(word.group(), ()):
                # Whole words only: 'app' is not met in 'apple'.
                if text.startswith(term, at) and not _WORD.match(text, at + len(term)):
                    yield Hit(name, at, at + len(term))
        for name, pattern in self._patterns:
            for match in pattern.finditer(text):
                yield Hit(name, *match.span())


def _first_word(term: str) -> str:
    """What an English term is looked for by.

    Raises:
        ValueError: a term that begins with anything but a letter or a figure.
    """
    found = _WORD.match(term)
    if found is None:
        raise ValueError(f"“{term}” must begin with a letter or a figure")
    return found.group()


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
