"""What Chinese words mean in English, so that claims in two languages and synonyms meet. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

_ENDINGS = re.compile(r"(?:'s|ing|ed|es|s)$")
_SHORT = 4
_LONGEST = 4
# Stems of so many words' glosses that they join nothing.
_IDLE = (
    "old see used form make get become kind type into out off over not about after before name "
    "place year chinese china"
)
_EMPTY = frozenset(_IDLE.split())


def stem(word: str) -> str:
    """An English word without its commonest endings."""
    return _ENDINGS.sub("", word) if len(word) > _SHORT else word


@cache
def _glosses() -> dict[str, str]:
    source = files("nlp_models").joinpath("likeness/glosses.tsv").read_text(encoding="utf-8")
    lines = (line.partition("\t") for line in source.splitlines() if not line.startswith("#"))
    return {word: stems for word, _, stems in lines}


def chinese(runs: Iterable[str]) -> set[str]:
    """The stems that the words in runs of Chinese characters mean, the longest words first."""
    known = _glosses()
    found: set[str] = set()
    for run in runs:
        at = 0
        while at < len(run):
            for length in range(min(_LONGEST, len(run) - at), 1, -1):
                stems = known.get(run[at : at + length])
                if stems is not None:
                    found.update(stems.split())
                    at += length
                    break
            else:
                at += 1
    return found


def english(words: Iterable[str]) -> set[str]:
    """The stems of English words that may be a gloss."""
    return {stem(word) for word in words if len(word) > 2} - _EMPTY  # noqa: PLR2004
