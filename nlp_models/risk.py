"""Somebody may be in danger: rules with high recall, before any model.

The rules are the officers' (lexicon/risk.toml). This module loads neither spaCy nor a model: the
web process reads by it too, so that page, assistant and worker never differ about one text.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from operator import concat
from typing import Any

from nlp_models.normalise import folded

KINDS = ("self_harm", "child_in_danger", "threat")

_WORD = re.compile("[a-z]+")
# 不 想 活 了, 炸-学-校: what is put between characters to pass a filter.
_SPACED = re.compile(r"(?<=[\u4e00-\u9fff])[ \-_*·•~|/+]{1,2}(?=[\u4e00-\u9fff])")
_ENDS = re.compile(r"[。!?;\n]")
# So far before and after a match its sentence is looked at; no sentence makes a text slow.
_REACH = 80


@dataclass(frozen=True, slots=True, eq=False)
class _List:
    """One list of the file: what it finds, the subjects that excuse it, what it spells."""

    pattern: re.Pattern[str]
    not_about: re.Pattern[str] | None = None
    word: str = ""


class _Gate:
    """Which lists could match at all: of most complaints none, known in microseconds.

    A Latin anchor is a word; any other is looked for by its first two characters.
    """

    def __init__(self) -> None:
        self._words: dict[str, list[tuple[str, _List]]] = {}
        self._pairs: dict[str, list[tuple[str, _List]]] = {}
        self._singles: dict[str, list[tuple[str, _List]]] = {}

    def add(self, anchor: str, opens: _List) -> None:
        """Open the list wherever the anchor stands."""
        if anchor.isascii() and anchor.isalpha():
            self._words.setdefault(anchor, []).append((anchor, opens))
        elif len(anchor) == 1:
            self._singles.setdefault(anchor, []).append((anchor, opens))
        else:
            self._pairs.setdefault(anchor[:2], []).append((anchor, opens))

    def opened(self, plain: str) -> set[_List]:
        """The lists one of whose anchors stands in the text."""
        return {
            opens
            for known, seen in (
                (self._words, _WORD.findall(plain)),
                (self._pairs, set(map(concat, plain, plain[1:]))),
                (self._singles, set(plain)),
            )
            for key in known.keys() & seen
            for anchor, opens in known[key]
            if anchor in plain
        }


@dataclass(frozen=True, slots=True)
class _Rules:
    """The file, compiled."""

    kinds: dict[str, tuple[_List, ...]]
    spellings: tuple[_List, ...]
    asides: re.Pattern[str]
    gate: _Gate


def _joined(entries: Iterable[dict[str, Any]]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{p})" for entry in entries for p in entry["patterns"]))


def _subjects(about: list[dict[str, Any]], entry: dict[str, Any]) -> re.Pattern[str] | None:
    """The subjects a list does not count beside."""
    names = entry.get("not_about", [])
    chosen = [subject for subject in about if subject["name"] in names]
    if len(chosen) != len(names):
        raise ValueError(f"risk.toml: a subject of “{entry['why']}” is unknown")
    return _joined(chosen) if chosen else None


@cache
def _rules() -> _Rules:
    """Read and compile the file.

    Raises:
        ValueError: a list has no `when`: the gate would never let a text through to it.
    """
    source = files("nlp_models").joinpath("lexicon/risk.toml").read_text(encoding="utf-8")
    given = tomllib.loads(source)
    gate = _Gate()

    def known(entry: dict[str, Any], made: _List) -> _List:
        if not entry.get("when"):
            raise ValueError(f"risk.toml: no `when` in the list “{entry['why']}”")
        for word in entry["when"]:
            gate.add(word, made)
        return made

    spellings = tuple(
        known(entry, _List(re.compile(entry["for"]), word=entry["word"]))
        for entry in given["spelling"]
    )
    kinds = {
        kind: tuple(
            known(entry, _List(_joined([entry]), _subjects(given["about"], entry)))
            for entry in given[kind]
        )
        for kind in KINDS
    }
    return _Rules(
        kinds=kinds,
        spellings=spellings,
        asides=_joined(given["aside"]),
        gate=gate,
    )


def risk(text: str) -> str | None:
    """`self_harm`, `child_in_danger`, `threat` or None."""
    rules = _rules()
    plain = _SPACED.sub("", folded(text))
    opened = rules.gate.opened(plain)
    return _found(plain, rules, opened) if opened else None


def _found(plain: str, rules: _Rules, opened: Collection[_List]) -> str | None:
    """The first kind one of whose opened lists matches where it counts."""
    spelled = plain
    for spelling in rules.spellings:
        if spelling in opened:
            spelled = spelling.pattern.sub(spelling.word, spelled)
    if spelled != plain:
        plain, opened = spelled, {*opened, *rules.gate.opened(spelled)}
    asides: bytearray | None = None
    for kind, lists in rules.kinds.items():
        for made in (one for one in lists if one in opened):
            for match in made.pattern.finditer(plain):
                if asides is None:
                    asides = _mask(plain, rules.asides)
                if not any(asides[match.start() : match.end()]) and not _is_about(
                    made.not_about, plain, match.start()
                ):
                    return kind
    return None


def _mask(plain: str, pattern: re.Pattern[str]) -> bytearray:
    """One byte per character, 1 where nothing counts."""
    marks = bytearray(len(plain))
    for match in pattern.finditer(plain):
        marks[match.start() : match.end()] = b"\x01" * (match.end() - match.start())
    return marks


def _is_about(subjects: re.Pattern[str] | None, plain: str, at: int) -> bool:
    """Whether the sentence around a place, within reach, speaks of one of the subjects."""
    if subjects is None:
        return False
    start, end = max(0, at - _REACH), min(len(plain), at + _REACH)
    stops = [match.end() for match in _ENDS.finditer(plain, start, at)]
    stop = _ENDS.search(plain, at, end)
    found = subjects.search(plain, stops[-1] if stops else start, stop.start() if stop else end)
    return found is not None
