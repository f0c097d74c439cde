"""The one complaint schema (``complaint.toml``): form, assistant, API and phone desk fill the same.

Adding a question = one entry there. Texts are English message ids; pages translate them.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from app.core.crypto import sha256_hex
from app.norm.titles import kind_title


def N_(text: str) -> str:  # noqa: N802 - gettext's own name for "translate later"
    """Mark a message id for the catalogue; the page translates it."""
    return text


@dataclass(frozen=True)
class Question:
    """One thing that is asked: on its page, in its turn, on the telephone."""

    key: str
    path: str
    ask: str
    why: str
    label: str
    chat: str
    phone: str
    turn: int
    needed: bool = False
    beside: str = ""


@dataclass(frozen=True)
class Kind:
    """A kind in plain words."""

    key: str
    zh: str
    en: str


_DATA: dict[str, Any] = tomllib.loads(
    files("app.intake").joinpath("complaint.toml").read_text("utf-8")
)
VERSION: str = _DATA["version"]
DOCUMENT = json.dumps(_DATA, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
DIGEST = sha256_hex(DOCUMENT.encode())
CONSENT_VERSION = "2026-11"
TEXT_LIMIT: int = _DATA["text_limit"]
HINT_LIMIT: int = _DATA["hint_limit"]
URL_LIMIT = 2_000
PLACES_LIMIT: int = _DATA["places_limit"]
LOCATOR_WORDS: dict[str, str] = _DATA["locators"]

_ALL = tuple(Question(**entry) for entry in _DATA["question"])
QUESTIONS = tuple(q for q in _ALL if not q.beside)  # one page each
TURNS = tuple(q.key for q in sorted(_ALL, key=lambda q: q.turn))  # one turn each
BY_KEY = {q.key: q for q in _ALL}
BY_PATH = {q.path: q for q in QUESTIONS}
KINDS = {entry["key"]: Kind(**entry) for entry in _DATA["kind"]}


def missing(answers: Mapping[str, Any]) -> Question | None:
    """The first question still to be asked; skipped ones count as asked."""
    return next((q for q in QUESTIONS if q.key not in answers), None)


def lacking(answers: Mapping[str, Any]) -> Question | None:
    """The first question without which nothing can be sent."""
    return next((q for q in QUESTIONS if q.needed and q.key not in answers), None)


def kind_words(key: str, language: str) -> str:
    """A kind in plain words; ``language`` is ``zh`` or ``en``."""
    found = KINDS.get(key)
    if found is None:  # a finer kind of the norm, through the API
        return kind_title(key, "en" if language == "en" else "zh_Hans")
    return found.en if language == "en" else found.zh


_BAD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def text_fault(text: str, limit: int = TEXT_LIMIT) -> str | None:
    """Why this text cannot be taken, as a message id; None when it can."""
    if not text.strip():
        return N_("Please write what is wrong.")
    if len(text) > limit:
        return N_("That is too long. Please keep it under 10,000 characters; add files for more.")
    if _BAD.search(text):
        return N_("The text contains characters that are not text. Please type or paste it again.")
    return None
