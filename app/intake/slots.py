"""What each question does with an answer: only the person or a strict reader sets one. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from app.intake import cues, parse
from app.intake.masking import finds
from app.intake.schema import BY_KEY, HINT_LIMIT, KINDS, N_, text_fault
from app.intake.talk import (
    AGREES,
    CONFIRM,
    PLACES,
    UNDER,
    UNDERSTOOD,
    Talk,
    ask_next,
    ask_now,
    missed,
    pending,
)
from app.intake.turns import Turn
from app.intake.values import Place

PHONE = re.compile(r"(?<!\d)(?:\+?86[- ]?)?(1[3-9]\d{9}|0\d{2,3}-?\d{7,8})(?!\d)")
MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
TITLE = re.compile("《([^》]{2,80})》|“([^”]{2,80})”")
NOTED = N_("I noted the resource: %(title)s.")


def as_lists(places: Sequence[Place]) -> list[list[str | None]]:
    """Places as the answers keep them."""
    return [[p.kind, p.start, p.end] for p in places]


def heard(talk: Talk, text: str, turn: Turn) -> None:
    """Take what the words name beyond doubt; keep what they only suggest as a proposal."""
    found = parse.places(text)
    if found and not talk.answers.get("places"):
        talk.set("places", as_lists(found))
        talk.taken.append("places")
    if turn.get("tied") and not talk.answers.get("resource", {}).get("ref"):
        tie(talk, turn)
        talk.taken.append("resource")
    elif turn.get("found"):
        talk.candidates = list(turn["found"])
    propose(talk, turn)
    if talk.proposal() and "kind" not in talk.answers:
        talk.taken.append("kind")


def propose(talk: Talk, turn: Turn) -> None:
    """Note what the classifier proposes; it sets nothing."""
    known = [(str(kind), float(score)) for kind, score in turn.get("kinds", ()) if kind in KINDS]
    if known:
        talk.proposals = sorted(known, key=lambda one: -one[1])


def tie(talk: Talk, turn: Turn) -> None:
    """The resource that a pasted address or its number names."""
    ref, title = turn["tied"]
    url = {"url": turn["url"]} if turn.get("url") else {}
    talk.set("resource", {"ref": ref, "title": title, **url})


def add_to_story(talk: Talk, text: str) -> bool:
    """More words belong to the story; False when they cannot be taken."""
    known = str(talk.answers.get("text", {}).get("text", ""))
    story = f"{known}\n{text}" if known else text
    if text_fault(story):
        return False
    talk.set("text", {"text": story})
    return True


def on_text(talk: Talk, text: str, option: str, turn: Turn) -> None:
    """What is wrong, in the person's own words."""
    if option == "unknown" or cues.is_(cues.UNKNOWN, text):
        talk.skipped.add("text")
        talk.say(N_("That is all right; you can say it later."))
        ask_next(talk)
        return
    fault = text_fault(text)
    if fault:
        missed(talk, fault)
        return
    talk.set("text", {"text": text})
    if finds(text):
        talk.say(N_("I blank names, numbers and addresses of people in what the officers read."))
    heard(talk, text, turn)
    if pending(talk) == "kind":  # asked right below: not twice on one page
        talk.taken = [key for key in talk.taken if key != "kind"]
    if talk.taken:
        talk.say(UNDERSTOOD)
    ask_next(talk)


def on_resource(talk: Talk, text: str, option: str, turn: Turn) -> None:
    """Which resource: a strict reading sets it, a title is only offered."""
    chosen = next((c for c in talk.candidates if option == f"r:{c[0]}"), None)
    if chosen:
        talk.set("resource", {"ref": chosen[0], "title": chosen[1]})
        ask_next(talk)
    elif option in {"rough", "unknown"} or cues.is_(cues.UNKNOWN, text):
        said = talk.typed_resource
        if option == "rough" and not said:
            said = str(talk.answers.get("text", {}).get("text", ""))
        talk.set("resource", {"hint": said[:HINT_LIMIT]})
        ask_next(talk)
    elif option == "again" or cues.is_(cues.NO, text):
        talk.candidates = []
        missed(talk, N_("Then say it in other words: a part of the title, subject, grade."))
    elif option or not text or text_fault(text):
        ask_now(talk)
    elif turn.get("tied"):
        tie(talk, turn)
        talk.say(NOTED, title=turn["tied"][1])
        ask_next(talk)
    else:
        _a_title(talk, text, turn)


def _a_title(talk: Talk, text: str, turn: Turn) -> None:
    found = parse.places(TITLE.sub("", text))
    talk.typed_resource = text
    told = _more_than_a_title(talk, text)
    if turn.get("found"):
        talk.candidates = list(turn["found"])
        talk.misses.pop("resource", None)
        ask_now(talk)
    elif found and not told and not turn.get("found"):
        # An answer to another question that can mean only that one.
        talk.typed_resource = ""
        talk.set("places", as_lists(found))
        talk.say(N_("I noted the place. Now to the resource."))
        ask_now(talk)
    else:
        missed(
            talk,
            N_("I found nothing like that. Try other words from its title, or go on roughly."),
        )


def _more_than_a_title(talk: Talk, text: str) -> bool:
    """Who tells the story again while naming the resource is heard: it joins the story."""
    rest = TITLE.sub("", text).strip()
    if rest == text.strip() or len(rest) < 4:  # noqa: PLR2004 - 「这门课」 is no story
        return False
    add_to_story(talk, text)
    found = parse.places(rest)
    if found and not talk.answers.get("places"):
        talk.set("places", as_lists(found))
    return True


def on_places(talk: Talk, text: str, option: str, turn: Turn) -> None:
    """Where in it."""
    found = _places(talk, text)
    if option == "whole" or (cues.is_(cues.WHOLE, text) and not found):
        found = [["whole", None, None]]
    if option == "p:link":
        found = [["link", None, None]]
    if found:
        talk.set("places", found)
        ask_next(talk)
    elif option == "unknown" or cues.is_(cues.UNKNOWN, text) or cues.is_(cues.NO, text):
        talk.set("places", [])
        ask_next(talk)
    elif option.removeprefix("p:") in PLACES:
        talk.place_kind = option.removeprefix("p:")
        talk.ask(PLACES[talk.place_kind], [])
    elif option or not text:
        ask_now(talk)
    else:
        if "text" in talk.answers:  # nothing said is lost: it goes with the story
            add_to_story(talk, text)
        missed(talk, N_("I did not get the place. Say it like 12:35, page 12 or exercise 5."))


def _places(talk: Talk, text: str) -> list[list[str | None]]:
    found = as_lists(parse.places(text)) if text else []
    if found or not talk.place_kind or not text:
        return found
    kind, end = talk.place_kind, parse.tidy(talk.place_kind, text)
    if kind == "time":
        return [[kind, end, None]] if parse.seconds(end) else []
    return [[kind, end, None]] if end.isdecimal() else []


def on_kind(talk: Talk, text: str, option: str, turn: Turn) -> None:
    """Which kind: proposed by the classifier, set by the person."""
    sure = talk.proposal() if not talk.misses.get("kind") else None
    if option.startswith("k:") and option[2:] in KINDS:
        talk.set("kind", {"kind": option[2:]})
        ask_next(talk)
    elif sure and (option == "yes" or cues.is_(cues.YES, text)):
        talk.set("kind", {"kind": sure})
        ask_next(talk)
    elif option == "unknown" or cues.is_(cues.UNKNOWN, text):
        talk.set("kind", {"kind": None})
        ask_next(talk)
    elif option in {"no", "none_of"} or cues.is_(cues.NO, text):
        drop_proposal(talk)
        missed(talk, N_("All right."))
    elif option or not text:
        ask_now(talk)
    else:
        add_to_story(talk, text)
        propose(talk, turn)  # more words, better proposals
        missed(talk, N_("I added that."))


def drop_proposal(talk: Talk) -> None:
    """What was just offered and refused is not offered again."""
    offered = {o.label for o in talk.options if o.kind} or {talk.proposal() or ""}
    talk.proposals = [one for one in talk.proposals if one[0] not in offered]
    if not talk.proposals:
        talk.misses["kind"] = max(talk.misses.get("kind", 0), 1)


def on_files(talk: Talk, text: str, option: str, turn: Turn) -> None:
    """Pictures and files; the door takes them in beside the dialogue."""
    if option or cues.is_(cues.NO, text) or cues.is_(cues.UNKNOWN, text):
        talk.set("files", [])
        ask_next(talk)
    elif cues.is_(cues.YES, text) or re.match("^我?有|^i have", cues.plain(text), re.IGNORECASE):
        talk.say(N_("Choose the file below and press Upload, then Go on."))
        talk.again()
    else:
        if text and add_to_story(talk, text):
            talk.say(N_("I added that."))
        talk.again()


def reach(text: str) -> dict[str, Any] | None:
    """A telephone number or mail address in the words."""
    mail, phone = MAIL.search(cues.plain(text)), PHONE.search(cues.plain(text))
    if mail:
        return {"way": "email", "address": mail.group()}
    return {"way": "phone", "address": phone[1]} if phone else None


def on_contact(talk: Talk, text: str, option: str, turn: Turn) -> None:
    """How to be reached, if at all (PIPL 31: under 14 only with a guardian's consent)."""
    found = reach(text)
    if option == "guardian" or cues.is_(cues.GUARDIAN, text):
        talk.minor = talk.guardian = True
        talk.say(N_("Good. Then type the telephone number or mail address."))
        talk.options = [o for o in talk.options if o.value != "guardian"]
    elif option in {"none", "minor", "unknown"} or _declined(text):
        talk.set("contact", {"way": "none", "minor": option == "minor" or talk.minor})
        ask_next(talk)
    elif found and talk.minor and not talk.guardian:
        talk.ask(_UNDER_14, [AGREES, UNDER])
    elif found:
        more = {"minor": True, "guardian": True} if talk.minor else {}
        talk.set("contact", {**found, **more})
        ask_next(talk)
    elif option.startswith("c:"):
        talk.ask(_TYPE[option[2:]] if option[2:] in _TYPE else BY_KEY["contact"].chat, [])
    elif option or not text:
        ask_now(talk)
    else:
        missed(
            talk,
            N_("That is neither a telephone number nor a mail address. You may also say no."),
        )


_UNDER_14 = N_(
    "Under 14, a parent or guardian must agree before we keep a contact. You can also complain "
    "without one."
)
_TYPE = {"phone": N_("Type the telephone number."), "email": N_("Type the mail address.")}
_DECLINED = re.compile(
    "匿名|不(?:想|愿|要|用|方便)?.{0,3}(?:留|联系)|anonymous|rather not", re.IGNORECASE
)


def _declined(text: str) -> bool:
    short = cues.is_(cues.NO, text) or cues.is_(cues.UNKNOWN, text)
    return bool(text) and (short or (reach(text) is None and bool(_DECLINED.search(text))))


def on_confirm(talk: Talk, text: str, option: str, turn: Turn) -> None:
    """Everything once more; more words belong to the story."""
    if not option and any(cues.is_(p, text) for p in (cues.FINISH, cues.YES, cues.UNKNOWN)):
        talk.say(N_("Press the button below to send it."))
    elif not option and cues.is_(cues.NO, text):
        talk.say(N_("Press Change in the row that is wrong, or just say what is right."))
    elif not option and text and text_fault(text) is None and add_to_story(talk, text):
        talk.say(N_("I added that."))
        ask_next(talk)
        return
    talk.again()


HANDLE: dict[str, Callable[[Talk, str, str, Turn], None]] = {
    "text": on_text,
    "resource": on_resource,
    "places": on_places,
    "kind": on_kind,
    "files": on_files,
    "contact": on_contact,
    CONFIRM: on_confirm,
}
