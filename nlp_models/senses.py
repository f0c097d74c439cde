"""Senses (lexicon/senses.toml): the everyday words of complaints by what they mean."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from nlp_models.lexicon import Hit

_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")


class Senses:
    """Finds words from left to right, the longest first; each character counts once."""

    def __init__(self, lists: dict[str, dict[str, list[str]]]) -> None:
        self._names: dict[str, list[str]] = {}
        for name, entry in lists.items():
            for term in entry["terms"]:
                self._names.setdefault(term, []).append(name)
        lengths: dict[str, set[int]] = {}
        for term in self._names:
            lengths.setdefault(term[0], set()).add(len(term))
        self._lengths = {first: sorted(own, reverse=True) for first, own in lengths.items()}

    def hits(self, text: str) -> Iterator[Hit]:
        """Every sense of every word met; a Latin word counts only whole."""
        at, end = 0, len(text)
        while at < end:
            step = 1
            for length in self._lengths.get(text[at], ()):
                names = self._names.get(text[at : at + length]) if at + length <= end else None
                if names is None or not _whole(text, at, at + length):
                    continue
                for name in names:
                    yield Hit(name, at, at + length)
                step = length
                break
            at += step


def _whole(text: str, start: int, end: int) -> bool:
    """Whether no Latin word is cut: 'app' is not met in 'apple'."""
    before = start > 0 and text[start] in _LETTERS and text[start - 1] in _LETTERS
    after = end < len(text) and text[end - 1] in _LETTERS and text[end] in _LETTERS
    return not (before or after)


@cache
def senses() -> Senses:
    """The list in use."""
    source = files("nlp_models").joinpath("lexicon/senses.toml").read_text(encoding="utf-8")
    return Senses(tomllib.loads(source))
