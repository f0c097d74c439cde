"""What is kept of a complaint so that it can be met again in other words. Pure.

A fingerprint holds hashed pieces of the *masked* text, the senses met in it (names of a public
list) and places in the resource; no word, no order of words. The salt is fixed and public, since
the same piece must meet itself in every complaint: it hides nothing from somebody who guesses
pieces one by one. That is acceptable because a fingerprint says less than the masked copy beside
which it lies, is read by the same officers, and ends when that copy ends (erasure deletes both).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from hashlib import blake2b
from importlib.resources import files
from typing import Any

from pypinyin import lazy_pinyin

from nlp_models.language import language
from nlp_models.likeness.glosses import chinese, english, stem
from nlp_models.normalise import normalise
from nlp_models.numerals import number
from nlp_models.slots import cut

_SALT = b"chuku.likeness.1"
# Of very long complaints the beginning names the problem.
_READ = 2_000
_HAN = re.compile(r"[\u3400-\u9fff]+")
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?|\d+(?:[.:/]\d+)*")
_PARTS = re.compile(r"[:/]")
# A Chinese numeral counts as a number after 第 or before a unit, or when it has two digits:
# 一样 and 两边 are no numbers.
_NUMERAL = re.compile(
    r"(?<=第)[零〇一二两三四五六七八九十百千万]+|[零〇一二两三四五六七八九十百千万]{2,}"
    r"|[零〇一二两三四五六七八九十百千万](?=[题页课集讲章节分秒月日天岁号格段张式套年首])"
)
_WORDS = (
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty"
)
_SPOKEN = {word: str(value) for value, word in enumerate(_WORDS.split(), start=2)}
_SHORT = 4
# Particles and politeness: they join nothing.
_IDLE = frozenset("的了是在和就都也还有个我你他她它们这那一不么吗呢吧啊请把被给很太")
_COMMON = (
    "the a an is are was were be of to in on at for and or it its this that with by as i my me he "
    "she they you your has have had do does from but so than very all when there here"
)
_STOP = frozenset(_COMMON.split())


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Hashed pieces by view, senses, places; equal texts have equal fingerprints."""

    chars: frozenset[int]
    grams: frozenset[int]
    sounds: frozenset[int]
    numbers: frozenset[int]
    glosses: frozenset[int]
    senses: frozenset[str]
    places: frozenset[str]
    lang: str

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {
            **{name: sorted(getattr(self, name)) for name in _SETS},
            "lang": self.lang,
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Fingerprint:
        """The way back from `as_dict`."""
        sets: dict[str, Any] = {name: frozenset(plain[name]) for name in _SETS}
        return cls(**sets, lang=plain["lang"])


_SETS = ("chars", "grams", "sounds", "numbers", "glosses", "senses", "places")


@lru_cache(maxsize=65_536)
def hashed(view: str, piece: str) -> int:
    """A piece of text as a signed 64-bit number under the public salt."""
    digest = blake2b(f"{view}\0{piece}".encode(), digest_size=8, key=_SALT).digest()
    return int.from_bytes(digest, "big", signed=True)


@cache
def senses() -> tuple[re.Pattern[str], dict[str, frozenset[str]], dict[str, str]]:
    """The list of senses: a pattern for its words, word to senses, and sense to group.family."""
    source = files("nlp_models").joinpath("likeness/senses.toml").read_text(encoding="utf-8")
    words: dict[str, set[str]] = {}
    groups: dict[str, str] = {}
    for group, families in tomllib.loads(source).items():
        for family, rows in families.items():
            for name, listed in rows.items():
                groups[name] = f"{group}.{family}"
                for word in listed.split("|"):
                    words.setdefault(word, set()).add(name)
    pattern = "|".join(_pattern(word) for word in sorted(words, key=len, reverse=True))
    known = {word: frozenset(names) for word, names in words.items()}
    return re.compile(pattern), known, groups


def _pattern(word: str) -> str:
    if not word[0].isascii():
        return re.escape(word)
    # A short English word is itself only: `pin` is not in `pink`.
    end = r"(?=s?(?![a-z]))" if len(word) <= _SHORT else ""
    return rf"(?<![a-z]){re.escape(word)}{end}"


def _senses(text: str, unknown: frozenset[str]) -> Iterator[str]:
    _, known, _ = senses()
    for word in words_of(text) - unknown:
        yield from known[word]


def words_of(text: str) -> set[str]:
    """The words of the list of senses that stand in a normalised text."""
    pattern, _, _ = senses()
    found: set[str] = set()
    at = 0
    # A word inside a longer one counts too (字幕 in 没有字幕), so the search goes on one further.
    while match := pattern.search(text, at):
        found.add(match.group())
        at = match.start() + 1
    return found


def _pieces(text: str) -> tuple[set[str], set[str], set[str]]:
    chars: set[str] = set()
    grams: set[str] = set()
    numbers: set[str] = set()
    for run in _HAN.findall(text):
        chars |= set(run) - _IDLE
        grams |= {run[i : i + 2] for i in range(len(run) - 1)}
    for word in _WORD.findall(text):
        if word[0].isdigit():
            numbers |= {word, *_PARTS.split(word)}
        elif word in _SPOKEN:
            numbers.add(_SPOKEN[word])
        elif word not in _STOP:
            grams.add(stem(word))
    for match in _NUMERAL.finditer(text):
        value = number(match.group())
        if value is not None:
            numbers.add(str(value))
    return chars, grams, numbers


def pieces_of(text: str) -> dict[str, set[str]]:
    """The pieces of a normalised text by view, before they are hashed."""
    chars, grams, numbers = _pieces(text)
    return {"c": chars, "g": grams, "n": numbers, "s": set(_sounds(text)), "w": _glosses(text)}


def _glosses(text: str) -> set[str]:
    words = (word for word in _WORD.findall(text) if word[0].isalpha() and word not in _STOP)
    return chinese(_HAN.findall(text)) | english(words)


def _sounds(text: str) -> Iterator[str]:
    for run in _HAN.findall(text):
        spoken = lazy_pinyin(run)
        yield from (" ".join(spoken[i : i + 2]) for i in range(len(spoken) - 1))


def place_names(values: Mapping[str, Any]) -> Iterator[str]:
    """Canonical places as words: `time:200`, `page:5`; of a range its beginning."""
    for key, value in values.items():
        for one in value if isinstance(value, list) else [value]:
            if key == "timestamp_in_video":
                yield from _time(one)
            elif isinstance(one, dict):
                yield from (f"{unit}:{_first(number)}" for unit, number in one.items())


def _time(value: Any) -> Iterator[str]:
    if isinstance(value, int):
        yield f"time:{value}"
    elif isinstance(value, dict):
        yield from (f"time:{number}" for name, number in value.items() if name == "from")


def _first(number: Any) -> Any:
    return number[0] if isinstance(number, list) else number


def fingerprint(
    text: str,
    *,
    about: str = "",
    places: Iterable[str] = (),
    unknown: frozenset[str] = frozenset(),
) -> Fingerprint:
    """The fingerprint of a text about the resource of that title.

    The title's own words are left out, since every claim on the resource may hold them. Places
    known from elsewhere are added (`time:200`, `page:5`). Words of the list of senses that are
    `unknown` do not count: so a measurement can ask what strangers' words would come to.
    """
    view = normalise(text[:_READ]).text
    title = normalise(about[:_READ]).text
    chars, grams, numbers = _pieces(view)
    known_chars, known_grams, _ = _pieces(title)
    _, _, groups = senses()
    named = {name for name in _senses(title, unknown) if groups[name].startswith("matter")}
    return Fingerprint(
        chars=frozenset(hashed("c", piece) for piece in chars - known_chars),
        grams=frozenset(hashed("g", piece) for piece in grams - known_grams),
        sounds=frozenset(hashed("s", piece) for piece in set(_sounds(view)) - set(_sounds(title))),
        numbers=frozenset(hashed("n", piece) for piece in numbers),
        glosses=frozenset(hashed("w", piece) for piece in _glosses(view) - _glosses(title)),
        senses=frozenset(_senses(view, unknown)) - named,
        places=frozenset(place_names(cut(text[:_READ]).values)) | frozenset(places),
        lang=language(text[:_READ]),
    )
