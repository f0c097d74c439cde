"""Search tokens of our own: characters, pairs of characters, pinyin syllables and initials.

SQLite's trigram index finds nothing for two Chinese characters and PostgreSQL has no Chinese
parser, so both databases index these as plain words (page 2.6). Initials stand as runs of two to
four behind a ``0``, so that any run of them is found by whole words: a search for the beginning of
a word reads the lists of every word that begins so, which at a million resources takes too long.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import islice, pairwise
from typing import Any

from app.catalogue.syllables import spellings

_RUN = re.compile(r"([\u3400-\u9fff]+)|([a-z0-9]+)")
_INITIALS = (2, 3, 4)
_SPELLINGS = 3
_SHORTEST_BEGINNING = 3
_LONGEST_INITIALS = 12
_SLIP = 3  # from so many characters on one of them may be wrong
MAX_QUERY = 80
_MOST_CHARACTERS = 9  # in which a slip is looked for
Plan = tuple[str, ...]


@cache
def _simplifier() -> Any:
    from opencc import OpenCC  # noqa: PLC0415 - dictionaries are read on first use only

    return OpenCC("t2s")


def normal(text: str) -> str:
    """One width, one case, simplified characters."""
    flat = unicodedata.normalize("NFKC", text).casefold()
    return (
        str(_simplifier().convert(flat)) if any("\u3400" <= c <= "\u9fff" for c in flat) else flat
    )


def _pairs(run: str) -> Iterable[str]:
    return (run[i : i + 2] for i in range(len(run) - 1))


def _syllables(run: str) -> list[str]:
    from pypinyin import lazy_pinyin  # noqa: PLC0415 - the same

    return [s for s in lazy_pinyin(run) if s.isascii()]


def _initials(letters: str, sizes: Iterable[int] = _INITIALS) -> Iterator[str]:
    for n in sizes:
        yield from ("0" + letters[i : i + n] for i in range(len(letters) - n + 1))


def _pinyin(run: str) -> Iterable[str]:
    syllables = _syllables(run)
    yield from syllables
    yield from (a + b for a, b in pairwise(syllables))
    yield from _initials("".join(s[:1] for s in syllables))


def index_text(*fields: str) -> str:
    """The tokens of a resource, separated by spaces, each once."""
    seen: dict[str, None] = {}
    for field in fields:
        for chinese, latin in _RUN.findall(normal(field)):
            if latin:
                seen[latin] = None
                continue
            seen.update(dict.fromkeys(chinese))
            seen.update(dict.fromkeys(_pairs(chinese)))
            seen.update(dict.fromkeys(_pinyin(chinese)))
    return " ".join(seen)


def plans(text: str) -> Iterator[Plan]:
    """What a person may have meant, the likeliest first: tokens that must all be there.

    As typed; pinyin; initials; the beginning of a word (a token that ends in ``*``); words left
    out; another character of the same sound; one character wrong. Nothing for nothing to look for.
    """
    runs = _RUN.findall(normal(text[:MAX_QUERY]))
    if not runs:
        return
    words = [_strict(chinese) if chinese else (latin,) for chinese, latin in runs]
    seen: set[Plan] = set()
    for plan in _readings(runs, words):
        bare = tuple(dict.fromkeys(plan))
        if bare and bare not in seen:
            seen.add(bare)
            yield bare


def _strict(chinese: str) -> Plan:
    return tuple(_pairs(chinese)) or (chinese,)


def _readings(runs: list[tuple[str, str]], words: list[Plan]) -> Iterator[Plan]:
    yield _flat(words)
    if any(latin for _, latin in runs):
        yield from _latin(runs, words)
    chinese = "".join(one for one, _ in runs)
    if not chinese:
        return
    loose = [tuple(one) if one else words[n] for n, (one, _) in enumerate(runs)]
    yield _flat(loose)
    sounds = [_sounds(one) if one else words[n] for n, (one, _) in enumerate(runs)]
    yield _flat(sounds)
    if _SLIP <= len(chinese) <= _MOST_CHARACTERS:
        yield from _slips(runs, words)


def _latin(runs: list[tuple[str, str]], words: list[Plan]) -> Iterator[Plan]:
    """Letters as pinyin, as initials, as the beginning of a word."""
    for reading in range(_SPELLINGS):
        for joined in (True, False):
            yield _flat(
                words[n] if one else _spelled(latin, reading, joined=joined)
                for n, (one, latin) in enumerate(runs)
            )
    yield _flat(words[n] if one else _shortened(latin) for n, (one, latin) in enumerate(runs))
    if all(one or len(latin) >= _SHORTEST_BEGINNING for one, latin in runs):
        yield _flat(words[n] if one else (latin + "*",) for n, (one, latin) in enumerate(runs))


def _spelled(latin: str, reading: int, *, joined: bool) -> Plan:
    ways = list(islice(spellings(latin), _SPELLINGS))
    if not ways:
        return _shortened(latin)
    way = ways[min(reading, len(ways) - 1)]
    return _joined(way) if joined else way


def _joined(syllables: tuple[str, ...]) -> Plan:
    return tuple(a + b for a, b in pairwise(syllables)) or syllables


def _shortened(latin: str) -> Plan:
    if not _INITIALS[0] <= len(latin) <= _LONGEST_INITIALS or not latin.isalpha():
        return (latin,)
    return tuple(_initials(latin, (min(_INITIALS[-1], len(latin)),)))


def _sounds(chinese: str) -> Plan:
    return _joined(tuple(_syllables(chinese)))


def _slips(runs: list[tuple[str, str]], words: list[Plan]) -> Iterator[Plan]:
    """Each character taken for a wrong one in turn: the pairs without it, and its neighbours."""
    for at, (chinese, _) in enumerate(runs):
        if len(chinese) < _SLIP:
            continue
        for wrong in range(len(chinese)):
            kept = [
                token
                for part in (chinese[:wrong], chinese[wrong + 1 :])
                if part
                for token in _strict(part)
            ]
            yield _flat([*words[:at], tuple(kept), *words[at + 1 :]])


def pieces(text: str) -> list[str]:
    """Words and pairs of what was typed, for when nothing holds all of them."""
    runs = _RUN.findall(normal(text[:MAX_QUERY]))
    return list(dict.fromkeys(t for one, latin in runs for t in (_strict(one) if one else [latin])))


def _flat(groups: Iterable[Iterable[str]]) -> Plan:
    return tuple(token for group in groups for token in group)


# A grade names its stage: people look for 高中物理, the catalogue says 高一 and 物理.
_STAGES = (
    ("高中", re.compile("^高[一二三中]")),
    ("初中", re.compile("^(?:初[一二三中]|[七八九]年级)")),
    ("小学", re.compile("^(?:小学|[一二三四五六]年级)")),
)


def stage(grade: str) -> str:
    """The stage of school of a grade, empty when it says none."""
    return next((name for name, pattern in _STAGES if pattern.match(grade)), "")
