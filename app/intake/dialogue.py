"""One dialogue for every skin: the page, the API and the phone desk take turns through here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext
from sqlalchemy.orm import Session

from app.catalogue import queries as catalogue
from app.core import clock, hours, limits, web
from app.core.errors import InvalidError
from app.core.transaction import reading
from app.intake import answers as said_so_far
from app.intake import bot, doors, drafts, handoff, interruptions, lookups, schema, turns
from app.intake.talk import Line, Option, Talk

SKIN = "assistant"
TURNS = 400
HAND_OFFS = 60  # an hour and network: each calls a person
_SHORT = 60  # an option's value


@dataclass(frozen=True)
class Shown:
    """A dialogue as a skin shows it."""

    talk: Talk
    n: int = 0  # how many turns count; the page carries it, so that going back is a shorter fold
    newer: int = 0  # turns beyond the one shown: the browser went back
    undone: int = 0
    once: str = ""
    later: str = ""  # the code with which it goes on elsewhere
    filled: dict[str, Any] = field(default_factory=dict)
    replies: handoff.Said = field(default_factory=list)


def shown(draft: drafts.Opened | None, *, n: int | None = None) -> Shown:
    """The dialogue, or its first ``n`` turns."""
    if draft is None:
        return Shown(bot.fold([]))
    events = list(draft.data.get("turns", []))
    kept = bot.until(events, n)
    talk = bot.fold(kept)
    with reading() as session:
        replies = handoff.replies(session, draft.data.get("officer"))
    newer = len(bot.living(events)) - len(kept)
    return Shown(
        talk,
        n=len(kept),
        newer=newer,
        undone=0 if newer else turns.undone(events),
        once=draft.data["once"],
        later=draft.data.get("later", ""),
        filled=talk.answers | draft.data.get("answers", {}),
        replies=replies,
    )


def take(
    *, text: str = "", option: str = "", undo: bool = False, redo: bool = False,
    after: int | None = None, token: str | None = None,
) -> tuple[drafts.Opened, str | None]:  # fmt: skip
    """Add a turn; answers the draft and its token when it is new.

    ``after`` is the number of turns that the person saw: an answer given on an earlier page
    replaces what came later, and pressing twice is pressing once.

    Raises:
        InvalidError: the dialogue is longer than any that helps.
    """
    limits.hit("turn", web.client_address(), limit=doors.DRAFTS, seconds=doors.WINDOW)
    draft = doors.current(SKIN, token=token)
    events = list(draft.data.get("turns", [])) if draft else []
    if undo or redo:
        made: bot.Turn = {"undo": True} if undo else {"redo": True}
    else:
        made = _said(events, text.strip()[: schema.TEXT_LIMIT + 1], option, after)
    if made and after is not None:
        made["after"] = after

    if made.get("wants_officer") and not (draft and draft.data.get("officer")):
        limits.hit("hand_off", web.client_address(), limit=HAND_OFFS, seconds=3600)

    def act(tx: Session, found: drafts.Opened) -> None:
        said = found.data.setdefault("turns", [])
        found.data.pop("refused", None)
        if not made:
            return
        if len(said) >= TURNS:
            raise InvalidError("This dialogue is very long. Please check it and send it now.")
        if made.pop("wants_officer", False):
            made.update(_hand_over(tx, found, made))
        said.append(made)
        _follow(tx, found)

    return doors.change_in(SKIN, act, token)


def stay_at(after: int | None, *, token: str | None = None) -> None:
    """What is sent is what the person saw: later turns are dropped if they went back."""

    def act(draft: drafts.Opened) -> None:
        events = draft.data.get("turns", [])
        event = turns.cut(events, after)
        if event:
            events.append(event)

    if after is not None and doors.current(SKIN, token=token) is not None:
        doors.change(SKIN, act, token)


def _said(events: list[bot.Turn], text: str, option: str, after: int | None) -> bot.Turn:
    if not text and not option:
        return {}
    talk = bot.fold(bot.until(events, after))
    with reading() as session:
        made = lookups.turn(session, talk, text=text, option=option[:_SHORT])
    if "text" in made and bot.needs_kinds(talk, text):
        made["kinds"] = lookups.kinds(text)
    if option == "officer" or ("text" in made and bot.asks_for_person(text)):
        made["wants_officer"] = True
    return made


def _hand_over(tx: Session, draft: drafts.Opened, made: bot.Turn) -> bot.Turn:
    at, spans = clock.now(), hours.read(web.settings().officer_hours)
    ref = draft.data.get("officer")
    if ref is None:
        talk = bot.fold([*draft.data["turns"], made])
        ref = handoff.open_(
            tx, said=transcript(talk), filled=summary(talk), language=doors.language(),
            risk=talk.risk, platform_id=_platform(tx, talk), at=at,
        )  # fmt: skip
        draft.data["officer"] = ref
    coming = hours.opens(spans, at)
    opens = {"opens": f"{coming:%m-%d %H:%M}"} if coming else {}
    return {"officer": ref, "open": hours.is_open(spans, at), **opens}


def _follow(tx: Session, draft: drafts.Opened) -> None:
    ref = draft.data.get("officer")
    if ref is None:
        return
    talk = bot.fold(draft.data["turns"])
    handoff.follow(
        tx, ref, said=transcript(talk), filled=summary(talk), risk=talk.risk,
        platform_id=_platform(tx, talk), at=clock.now(),
    )  # fmt: skip


def _platform(tx: Session, talk: Talk) -> int | None:
    ref = talk.answers.get("resource", {}).get("ref")
    return catalogue.platform_of_ref(tx, ref) if ref else None


def words(line: Line) -> str:
    """A line in the visitor's language."""
    if line.reply:
        return interruptions.words(line.text, doors.language())
    if line.literal:
        return line.text
    values = dict(line.values)
    if "kind" in values:
        values["kind"] = schema.kind_words(values["kind"], doors.language())
    if line.text == "%(kind)s":
        return str(values["kind"])
    return str(gettext(line.text, **values))


def label(option: Option) -> str:
    """A button in the visitor's language."""
    if option.kind:
        return schema.kind_words(option.label, doors.language())
    return option.label if option.literal else str(gettext(option.label))


def transcript(talk: Talk) -> handoff.Said:
    """Everything said, for an officer."""
    return [[line.who, words(line)] for line in talk.lines]


def summary(talk: Talk) -> dict[str, str]:
    """What is filled, by the question's label, for an officer and for repeating back."""
    return {key: value for key in schema.TURNS if (value := value_of(talk.answers, key))}


def value_of(answers: dict[str, Any], key: str) -> str:
    """One answer in words; empty when there is none."""
    if key == "text":
        return str(answers.get("text", {}).get("text", ""))
    if key == "resource":
        known = answers.get("resource", {})
        return f"{known['title']} ({known['ref']})" if known.get("ref") else known.get("hint", "")
    if key == "places":
        return "; ".join(_place(place) for place in said_so_far.places(answers))
    if key == "kind":
        kind = said_so_far.kind(answers)
        return schema.kind_words(kind, doors.language()) if kind else ""
    if key == "contact":
        return str(answers.get("contact", {}).get("address", ""))
    return ", ".join(f.name for f in said_so_far.files(answers))


def _place(place: Any) -> str:
    where = f"{place.start} – {place.end}" if place.end else place.start or ""
    name = gettext(schema.LOCATOR_WORDS.get(place.kind, place.kind))
    return f"{name}{gettext(': ')}{where}" if where else name


def steps(answers: dict[str, Any]) -> list[dict[str, Any]]:
    """The schema for a skin that asks all at once, such as the phone desk: what to read out."""
    return [
        {
            "key": question.key,
            "ask": gettext(question.phone),
            "why": gettext(question.why),
            "needed": question.needed,
            "value": value_of(answers, question.key),
        }
        for question in (schema.BY_KEY[key] for key in schema.TURNS)
    ]
