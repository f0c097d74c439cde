"""Questions to us: answered from a reviewed list (``interruptions.toml``), never made up. Pure."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from importlib.resources import files

from app.intake import cues, parse
from app.norm.book import BOOK

_LONGEST = 40  # more is a story, not a question to us


@dataclass(frozen=True)
class Reply:
    """One reviewed answer."""

    key: str
    why: str
    ask: re.Pattern[str]
    zh: str
    en: str


def _figures() -> dict[str, int]:
    clocks = BOOK.house.clocks
    handling = clocks.handling
    return {
        "acceptance": (clocks.acceptance.minutes or 0) // 60,
        "grave": (handling["legal"].minutes or 0) // 60,
        "faulty": handling["suitability"].working_days or 0,
        "other": handling["other"].working_days or 0,
    }


def _read() -> dict[str, Reply]:
    text = files("app.intake").joinpath("interruptions.toml").read_text("utf-8")
    figures = _figures()
    return {
        entry["key"]: Reply(
            entry["key"], entry["why"],
            re.compile("|".join(f"(?:{p})" for p in entry["ask"]), re.IGNORECASE),
            entry["zh"] % figures, entry["en"] % figures,
        )
        for entry in tomllib.loads(text)["reply"]
    }  # fmt: skip


REPLIES = _read()


def reply_to(text: str) -> str | None:
    """The key of the reply to these words; None when they are no question to us.

    Only what is put as a question, and names neither place nor title nor address, is taken for
    one: a story that sounds like one of them must not be lost.
    """
    said = cues.plain(text)
    if len(said) > _LONGEST or not _only_asks(said):
        return None
    return next((key for key, reply in REPLIES.items() if reply.ask.search(said)), None)


def _only_asks(said: str) -> bool:
    if "《" in said or parse.urls(said) or parse.places(said):
        return False
    return cues.QUESTION.search(said) is not None


def words(key: str, language: str) -> str:
    """The reply; ``language`` is ``zh`` or ``en``."""
    found = REPLIES[key]
    return found.en if language == "en" else found.zh
