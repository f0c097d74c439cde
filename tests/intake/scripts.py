"""The scripted dialogues: read from their data files, run against the fold without a database."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import rfc8785

from app.core.errors import NotFoundError
from app.intake import answers, bot, canonical, lookups
from app.intake.talk import ALWAYS, CONFIRM, Talk
from app.intake.values import Filing

FOLDER = Path(__file__).parent / "dialogues"
HOST = "http://127.0.0.1:8090/r/"
AT = "2026-11-22T03:00Z"


@dataclass(frozen=True)
class Script:
    """One dialogue: what is said, what the classifier would propose, what must come out."""

    name: str
    file: str
    say: tuple[str, ...]
    want: dict[str, Any]
    lang: str = "zh"
    kinds: list[list[Any]] = field(default_factory=list)
    text: str | None = None
    hears: tuple[str, ...] = ()
    risk: str | None = None
    officer: bool = False


@cache
def titles() -> dict[str, str]:
    return tomllib.loads((FOLDER / "catalogue.toml").read_text("utf-8"))


@cache
def scripts() -> tuple[Script, ...]:
    found = []
    for file in sorted(FOLDER.glob("*_*.toml")):
        for entry in tomllib.loads(file.read_text("utf-8"))["dialogue"]:
            entry["say"], entry["hears"] = tuple(entry["say"]), tuple(entry.get("hears", ()))
            found.append(Script(file=file.stem, lang=file.stem[:2], **entry))
    return tuple(found)


class Catalogue:
    """The catalogue of the scripts, answering as the real one does, from memory."""

    @staticmethod
    def _bare(text: str) -> str:
        return "".join(c for c in text.casefold() if c.isalnum())

    def search(self, _session: Any, q: str, *, limit: int, **_: Any) -> list[Any]:
        asked = self._bare(q)
        found = [
            self.card(_session, ref)
            for ref, title in titles().items()
            if asked
            and (asked in self._bare(title) or self._bare(title) in asked or asked == ref.lower())
            or (len(asked) > 12 and self._bare(title)[:4] in asked)
        ]
        return found[:limit]

    def card(self, _session: Any, ref: str) -> Any:
        if ref not in titles():
            raise NotFoundError("There is no such resource in the catalogue.")
        return SimpleNamespace(ref=ref, title=titles()[ref])

    def by_url(self, _session: Any, url: str) -> Any:
        ref = url.removeprefix(HOST).split("/")[0]
        return (
            SimpleNamespace(resource_id=ref) if url.startswith(HOST) and ref in titles() else None
        )

    def resource(self, _session: Any, key: str) -> Any:
        return self.card(_session, key)


def press(talk: Talk, value: str) -> str:
    """The button's value, if it is really there."""
    offered = {o.value for o in (*talk.options, *ALWAYS)} | {"undo", "redo"}
    offered |= {f"{act}:{key}" for key in talk.taken for act in ("ok", "change")}
    assert value in offered, f"no button {value!r}; there are {sorted(offered)}"
    return value


def turn(script: Script, events: list[bot.Turn], said: str) -> bot.Turn:
    """The event of one say, with what catalogue and classifier know."""
    talk = bot.fold(events)
    option = press(talk, said[1:]) if said.startswith("=") else ""
    if option in {"undo", "redo"}:
        return {option: True}
    made = lookups.turn(None, talk, text="" if option else said, option=option)  # type: ignore[arg-type]
    if not option and bot.needs_kinds(talk, said):
        made["kinds"] = script.kinds
    if option == "officer" or (not option and bot.asks_for_person(said)):
        made |= {"officer": "HANDED00", "open": True}
    return made


def play(script: Script) -> list[bot.Turn]:
    """All events of a script."""
    events: list[bot.Turn] = []
    for said in script.say:
        events.append(turn(script, events, said))
    return events


def filing(filled: dict[str, Any], lang: str) -> Filing:
    return answers.as_filing(
        filled, source="assistant", language=lang, stored=(), kid=None, network=None, day_tag=None
    )


def canonical_bytes(found: Filing) -> bytes:
    """The canonical complaint without what differs between two filings of the same."""
    from datetime import UTC, datetime

    at = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
    return rfc8785.dumps(canonical.document(found, ref="AAAAAAAA", at=at, salted=""))


def outcome(script: Script) -> dict[str, Any]:
    """What came out, in the notation of the data files."""
    talk = bot.fold(play(script))
    found = filing(talk.answers, script.lang)
    got: dict[str, Any] = {"text": found.text}
    if found.resource_ref:
        got["resource"] = found.resource_ref
    if found.resource_hint:
        got["hint"] = found.resource_hint
    if found.resource_url:
        got["url"] = True
    if found.places:
        got["places"] = [" ".join(filter(None, (p.kind, p.start, p.end))) for p in found.places]
    if found.kind:
        got["kind"] = found.kind
    reach = found.contact
    words = [
        reach.way,
        reach.address,
        "minor" if reach.minor else "",
        "guardian" if reach.guardian else "",
    ]
    contact = " ".join(filter(None, words))
    if contact != "none":
        got["contact"] = contact
    return got


def wanted(script: Script) -> dict[str, Any]:
    told = next((s for s in script.say if not s.startswith("=")), "")
    return {"text": script.text if script.text is not None else told, **script.want}


def is_ready(script: Script) -> bool:
    return bot.fold(play(script)).asking == CONFIRM
