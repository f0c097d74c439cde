"""The assistant: an append-only list of turns, folded into answers and words. Pure.

Only the person or a strict reader sets an answer; what the catalogue and the classifier know about
a turn is written into it by the door (``found`` candidates, ``tied`` the resource that an address
or a number names, ``kinds`` proposals, ``officer`` the hand-off that was made).
"""

from __future__ import annotations

from collections.abc import Sequence

from app.intake import cues, interruptions, parse, turns
from app.intake.corrections import change, corrected
from app.intake.safety import REPLIES, risk
from app.intake.schema import BY_KEY, KINDS, N_, TURNS
from app.intake.slots import HANDLE, TITLE
from app.intake.talk import (
    ASK,
    CONFIRM,
    FINISH,
    HELLO,
    OFFICER,
    Line,
    Option,
    Talk,
    ask_next,
)
from app.intake.turns import Turn, living, until

__all__ = ["ASK", "CONFIRM", "Line", "Option", "Talk", "Turn", "fold", "living", "until"]

_ASKED_FOR_A_PERSON = 30  # longer words that name one are a story


def fold(events: Sequence[Turn]) -> Talk:
    """The whole dialogue from its turns; the same turns always give the same dialogue."""
    talk = Talk()
    talk.say(HELLO)
    ask_next(talk)
    for turn in living(events):
        _take(talk, turn)
    return talk


def _take(talk: Talk, turn: Turn) -> None:
    text, option = turns.said(turn), str(turn.get("option", ""))
    if not option.startswith("ok:"):  # 对 changes the card, not the talk
        talk.lines.append(_echo(talk, text, option))
    option = option or _chosen(talk, text)
    talk.risk_now = bool(text) and _watch(talk, text)
    if turns.is_fact(turn):
        _handed_over(talk, turn)
    elif option == "officer" or (text and asks_for_person(text)):
        talk.say(interruptions.REPLIES["phone"].key, reply=True)
        talk.again()
    elif text and not option and _answered(talk, text):
        talk.again()
    elif talk.risk_now and talk.asking != "text" and not parse.places(text):
        talk.again()  # a cry for help is no answer and joins no complaint
    elif not _for_all(talk, text, option, turn):
        talk.taken = []
        HANDLE[talk.asking](talk, text, option, turn)


def _echo(talk: Talk, text: str, option: str) -> Line:
    chosen = next((o for o in talk.options if o.value == option), None)
    if chosen is None and option.startswith("change:"):
        return Line("you", N_("Change"))
    if chosen is not None and chosen.kind:
        return Line("you", "%(kind)s", {"kind": chosen.label})
    if chosen is not None:
        return Line("you", chosen.label, literal=chosen.literal)
    fixed = {o.value: o.label for o in (OFFICER, FINISH)}
    return (
        Line("you", fixed[option]) if option in fixed else Line("you", text or option, literal=True)
    )


def _chosen(talk: Talk, text: str) -> str:
    """The option that typed words choose: its own words, 第二个, 2."""
    several = [o for o in talk.options if o.literal or o.kind]
    if not text or not several:
        return ""
    for words in ("zh", "en"):
        labels = [getattr(KINDS[o.label], words) if o.kind else o.label for o in several]
        n = cues.ordinal(text, labels)
        if n is not None:
            return several[n].value
    return ""


def _watch(talk: Talk, text: str) -> bool:
    found = risk(text)
    if not found:
        return False
    talk.risk = found
    talk.say(REPLIES[found].text)
    return True


def asks_for_person(text: str) -> bool:
    """Whether the words ask for an officer."""
    said = cues.plain(text)
    if len(said) > _ASKED_FOR_A_PERSON or cues.ARE_YOU.search(said):
        return False
    if parse.places(said) or cues.refs(said) or TITLE.search(said):
        return False  # a story that happens to name people
    return cues.PERSON.search(said) is not None


def _handed_over(talk: Talk, turn: Turn) -> None:
    if talk.officer is None:
        talk.officer = str(turn["officer"])
        talk.say(
            N_("A duty officer now has everything said so far and will answer here.")
            if turn.get("open", True)
            else N_(
                "Everything said so far is handed over, but no officer reads it at this hour: they "
                "do from %(opens)s. Until then you can finish alone; nothing is lost."
            ),
            **({} if turn.get("open", True) else {"opens": turn.get("opens", "")}),
        )
    else:
        talk.say(N_("An officer has it already. Their answer will appear here."))
    talk.again()


def _answered(talk: Talk, text: str) -> bool:
    """Questions to us get a reviewed answer; then the open question is asked again."""
    if cues.asks_why(text) and len(text) <= _ASKED_FOR_A_PERSON:
        question = BY_KEY.get(talk.asking)
        talk.say(question.why if question else ASK[CONFIRM])
        return True
    key = interruptions.reply_to(text)
    if key is None:
        return False
    talk.lines.append(Line("us", key, reply=True))
    return True


def _for_all(talk: Talk, text: str, option: str, turn: Turn) -> bool:
    """What may be said whatever is asked: 对 and 改, corrections, leaving off."""
    if option == "keep" and talk.changing:
        ask_next(talk)
    elif option.startswith("change:") and option[7:] in TURNS:
        change(talk, option[7:])
    elif option.startswith("ok:"):
        _right(talk, option[3:])
    elif not option and talk.taken and talk.asking != "kind" and cues.is_(cues.YES, text):
        _right(talk, "all")
    elif option == "finish" or (_may_finish(talk) and not option and cues.is_(cues.FINISH, text)):
        talk.skipped |= {key for key in TURNS if key not in talk.answers}
        ask_next(talk)
    else:
        _note_age(talk, text)
        return not option and bool(text) and corrected(talk, text, turn)
    return True


def _may_finish(talk: Talk) -> bool:
    return talk.asking not in {"text", CONFIRM}


def _note_age(talk: Talk, text: str) -> None:
    if text and cues.under_14(text):
        talk.minor = True


def _right(talk: Talk, key: str) -> None:
    """对: what was understood is right; a proposed kind is set by this."""
    proposal = talk.proposal()
    if key in {"kind", "all"} and "kind" in talk.taken and proposal:
        talk.set("kind", {"kind": proposal})
    talk.taken = [] if key == "all" else [k for k in talk.taken if k != key]
    if talk.asking in talk.answers and not talk.changing:
        ask_next(talk)
    elif key == "all":
        talk.again()


def needs_lookup(talk: Talk, text: str) -> bool:
    """Whether the door should ask the catalogue about these words before the turn is kept."""
    if not text:
        return False
    return (
        talk.asking == "resource"
        or "resource" not in talk.answers
        or cues.correction(text) is not None
    )


def needs_kinds(talk: Talk, text: str) -> bool:
    """Whether the door should ask the classifier for proposals."""
    short = any(cues.is_(pattern, text) for pattern in (cues.YES, cues.NO, cues.UNKNOWN))
    return bool(text) and not short and talk.asking in {"text", "kind"}


def titles(text: str) -> tuple[str, ...]:
    """Titles in book marks or quotation marks."""
    return tuple(a or b for a, b in TITLE.findall(text))
