"""Senses (lexicon/senses.toml): the everyday words of complaints by what they mean."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from itertools import zip_longest

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
            lengths.setdefault(term[:2], set()).add(len(term))
        self._lengths = {key: sorted(own, reverse=True) for key, own in lengths.items()}

    def hits(self, text: str) -> Iterator[Hit]:
        """Every sense of every word met; a Latin word counts only whole."""
        free = 0
        # By two characters few places are looked at twice; the last one has no second.
        for at, (first, second) in enumerate(zip_longest(text, text[1:], fillvalue="")):
            if at < free:
                continue
            for key in (first + second, first):
                end = self._longest(text, at, self._lengths.get(key, ()))
                if end:
                    for name in self._names[text[at:end]]:
                        yield Hit(name, at, end)
                    free = end
                    break

    def _longest(self, text: str, at: int, lengths: Sequence[int]) -> int:
        """Where the longest whole word at a place ends; 0 for none."""
        for length in lengths:
            end = at + length
            if end <= len(text) and text[at:end] in self._names and _whole(text, at, end):
                return end
        return 0


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
