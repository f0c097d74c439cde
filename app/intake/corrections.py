"""Correcting at any time: the old valid value stays until the new one is valid. Pure."""

from __future__ import annotations

from app.intake import cues, parse, slots
from app.intake.schema import HINT_LIMIT, N_
from app.intake.slots import add_to_story, as_lists, reach
from app.intake.talk import CONFIRM, CORRECTED, Talk, ask_next, ask_now
from app.intake.turns import Turn

_KEPT = N_("I did not understand the new value, so the old one stays. Please say it once more.")


def change(talk: Talk, key: str) -> None:
    """Ask this question again; what was answered stays until the new answer is valid."""
    talk.misses.pop(key, None)
    if key == "kind" and "kind" in talk.taken:  # 改 on a proposal refuses it
        talk.asking = "kind"
        slots.drop_proposal(talk)
        talk.misses["kind"] = 1
    talk.asking = key
    talk.changing = key in talk.answers
    talk.skipped.discard(key)
    if key == "resource":
        talk.candidates = []
    ask_now(talk)


def corrected(talk: Talk, text: str, turn: Turn) -> bool:
    """Whether the words were a correction; then it is dealt with."""
    if not talk.answers and talk.asking == "text":
        return False
    wanted = cues.wants_change(text)
    if wanted:
        change(talk, wanted)
        return True
    said = cues.correction(text)
    if said is None:
        return False
    return (
        _places(talk, said)
        or _lesson(talk, said, text, turn)
        or _contact(talk, said)
        or _resource(talk, said, turn)
        or _unclear(talk, said)
    )


def _places(talk: Talk, said: cues.Correction) -> bool:
    new, old = as_lists(parse.places(said.new)), as_lists(parse.places(said.old))
    known = talk.answers.get("places", [])
    if not new or (said.old and not old):
        return False
    if not known:
        return _settle(talk, "places", new)
    gone = [p for p in known if p in old] or [p for p in known if p[0] == new[0][0]] or known[-1:]
    at = known.index(gone[0])
    rest = [p for p in known if p not in gone and p not in new]
    return _settle(talk, "places", [*rest[:at], *new, *rest[at:]])


def _lesson(talk: Talk, said: cues.Correction, text: str, turn: Turn) -> bool:
    new = cues.lesson(said.new)
    if new is None or (said.old and cues.lesson(said.old) is None):
        return False
    if "text" in talk.answers:  # the story names the old lesson: the officer reads both
        add_to_story(talk, text)
    if turn.get("tied"):
        slots.tie(talk, turn)
        return _settle(talk, "resource", talk.answers["resource"])
    if turn.get("found"):
        return _offer(talk, turn)
    hint = str(talk.answers.get("resource", {}).get("hint", ""))
    other = cues.with_lesson(hint, *new)
    if other:
        return _settle(talk, "resource", {"hint": other[0][:HINT_LIMIT]})
    talk.say(N_("I added that."))
    talk.again()
    return True


def _contact(talk: Talk, said: cues.Correction) -> bool:
    found = reach(said.new)
    if found is None or "contact" not in talk.answers:
        return False
    return _settle(talk, "contact", {**talk.answers["contact"], **found})


def _resource(talk: Talk, said: cues.Correction, turn: Turn) -> bool:
    if "resource" not in talk.answers:
        return False
    if turn.get("tied"):
        slots.tie(talk, turn)
        return _settle(talk, "resource", talk.answers["resource"])
    titled = slots.TITLE.search(said.new) is not None
    return bool(turn.get("found")) and titled and _offer(talk, turn)


def _unclear(talk: Talk, said: cues.Correction) -> bool:
    """The old value is one of ours, the new one is not to be read: the old one stays."""
    if not said.old or not (parse.places(said.old) or cues.lesson(said.old)):
        return False
    talk.say(_KEPT)
    talk.again()
    return True


def _offer(talk: Talk, turn: Turn) -> bool:
    talk.candidates = list(turn["found"])
    talk.asking, talk.changing = "resource", "resource" in talk.answers
    talk.misses.pop("resource", None)
    ask_now(talk)
    return True


def _settle(talk: Talk, key: str, value: object) -> bool:
    talk.set(key, value)
    talk.say(CORRECTED)
    talk.taken = [key]
    if talk.asking in {key, CONFIRM}:
        ask_next(talk)
    else:
        talk.again()
    return True
