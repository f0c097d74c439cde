"""Where a dialogue stands: what was said, what is filled, what is asked now. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from app.intake.schema import BY_KEY, KINDS, N_, TURNS

CONFIRM = "confirm"
SURE, GAP, BEST = 0.3, 0.1, 3


@dataclass(frozen=True)
class Line:
    """Something said: a message id with values, (``literal``) somebody's own words, or (``reply``)
    the key of a reviewed reply. A value named ``kind`` is the key of a kind.
    """

    who: str  # us | you | officer
    text: str
    values: dict[str, Any] = field(default_factory=dict)
    literal: bool = False
    reply: bool = False


@dataclass(frozen=True)
class Option:
    """A button: value and message id, a title from the catalogue (``literal``) or a ``kind``."""

    value: str
    label: str
    literal: bool = False
    kind: bool = False


@dataclass
class Talk:
    """Where the dialogue stands after all its turns."""

    lines: list[Line] = field(default_factory=list)
    answers: dict[str, Any] = field(default_factory=dict)
    asking: str = TURNS[0]
    options: list[Option] = field(default_factory=list)
    question: Line | None = None  # the open question, asked again in the same words
    taken: list[str] = field(default_factory=list)  # understood just now: each with 对 and 改
    skipped: set[str] = field(default_factory=set)
    misses: dict[str, int] = field(default_factory=dict)
    changing: bool = False  # the old answer stays until the new one is valid
    candidates: list[list[str]] = field(default_factory=list)  # [ref, title]
    proposals: list[tuple[str, float]] = field(default_factory=list)  # [kind, score], best first
    place_kind: str = ""
    typed_resource: str = ""
    minor: bool = False
    guardian: bool = False
    risk: str | None = None
    risk_now: bool = False  # said in the last turn: shown before anything else
    officer: str | None = None  # the reference of the hand-off

    def say(self, text: str, **values: Any) -> None:
        """Add a line of ours."""
        self.lines.append(Line("us", text, values))

    def ask(self, text: str, options: Sequence[Option] = (), **values: Any) -> None:
        """Ask; the question stays open until it is answered or skipped."""
        self.say(text, **values)
        self.question = self.lines[-1]
        self.options = list(options)
        if self.changing:
            self.options.append(Option("keep", N_("Leave it as it was")))

    def again(self) -> None:
        """The open question once more, word for word."""
        assert self.question is not None
        self.lines.append(self.question)

    def set(self, key: str, value: Any) -> None:
        """Keep a valid answer."""
        self.answers[key] = value
        self.skipped.discard(key)
        self.misses.pop(key, None)

    def proposal(self) -> str | None:
        """The kind that the classifier proposes well ahead of the others; None: it is unsure."""
        if not self.proposals:
            return None
        first, second = self.proposals[0][1], (*self.proposals, ("", 0.0))[1][1]
        return self.proposals[0][0] if first >= SURE and round(first - second, 6) >= GAP else None


HELLO = N_(
    "Hello. I help you complain about a learning resource. You stay anonymous unless you want to "
    "leave a contact."
)
CHECK = N_("Please look at everything once more. Shall I send it?")
LACKING = N_(
    "One thing is still missing before it can be sent: what is wrong. Say it when you can."
)
ASK = {key: BY_KEY[key].chat for key in TURNS} | {CONFIRM: CHECK}
IS_IT = N_("It looks like: %(kind)s. Is that right?")
UNDERSTOOD = N_("This is what I understood. Press Change where it is wrong.")
CORRECTED = N_("Corrected.")
TAKEN = (UNDERSTOOD, CORRECTED)  # lines under which 对 and 改 are offered
WHICH = N_("Is it one of these?")
THREE = N_("Which of these three is it most like?")
UNKNOWN = Option("unknown", N_("I do not know"))
OFFICER = Option("officer", N_("Hand over to an officer"))
FINISH = Option("finish", N_("Check and send"))
ALWAYS = (FINISH, OFFICER)  # from every state: send or hear what is missing; reach a person
NONE_OF = Option("none_of", N_("None of these"))
AGREES = Option("guardian", N_("A parent or guardian agrees"))
UNDER = Option("minor", N_("I am under 14; no contact"))
ROUGH = Option("rough", N_("I only know roughly"))
PLACES = {
    "time": N_("Which minute and second? For example 12:35."),
    "page": N_("Which page? A number is enough."),
    "slide": N_("Which slide? A number is enough."),
    "exercise": N_("Which exercise? A number is enough."),
}


def ask_next(talk: Talk) -> None:
    """Go on to what is open."""
    talk.changing, talk.place_kind = False, ""
    talk.asking = pending(talk)
    ask_now(talk)


def pending(talk: Talk) -> str:
    """The first question of the schema that is neither answered nor skipped; then the check."""
    still = (key for key in TURNS if key not in talk.answers and key not in talk.skipped)
    return next(still, CONFIRM)


def ask_now(talk: Talk) -> None:
    """Ask what is to be asked, as far as the misses on it have got."""
    key = talk.asking
    if key == CONFIRM:
        ready = "text" in talk.answers
        send = [Option("send", N_("Send the complaint"))] if ready else [OFFICER]
        talk.ask(CHECK if ready else LACKING, [*send, *(changes(key) for key in TURNS)])
    elif key == "kind":
        ask_kind(talk)
    elif key == "resource" and talk.candidates and not talk.misses.get(key):
        offer(talk)
    else:
        talk.ask(ASK[key], _plain_options(talk))


CHANGES = {
    "text": N_("Change what is wrong"),
    "resource": N_("Change the resource"),
    "places": N_("Change the place"),
    "kind": N_("Change the kind"),
    "files": N_("Change the files"),
    "contact": N_("Change the contact"),
}


def changes(key: str) -> Option:
    """The button that changes one answer."""
    return Option(f"change:{key}", CHANGES[key])


def _plain_options(talk: Talk) -> list[Option]:
    if talk.asking == "resource":
        return [ROUGH, UNKNOWN]
    if talk.asking == "places":
        return [Option("whole", N_("All of it")), UNKNOWN]
    if talk.asking == "files":
        return [Option("done", N_("Go on"))]
    if talk.asking == "contact":
        agrees = [AGREES] if talk.minor else []
        return [Option("none", N_("No, stay anonymous")), *agrees, UNDER]
    return []


def offer(talk: Talk) -> None:
    """The best three of the catalogue; none of them is assumed."""
    found = [Option(f"r:{ref}", title, literal=True) for ref, title in talk.candidates[:BEST]]
    again = Option("again", N_("None of these: I will say it differently"))
    talk.ask(WHICH, [*found, again, ROUGH])


def ask_kind(talk: Talk) -> None:
    """The classifier's proposal, its best three, or all kinds in plain words."""
    misses, sure = talk.misses.get("kind", 0), talk.proposal()
    three = [kind_option(kind) for kind, _ in talk.proposals[:BEST]]
    if misses == 0 and sure:
        yes, no = Option("yes", N_("Right")), Option("no", N_("No"))
        talk.ask(IS_IT, [yes, no, UNKNOWN], kind=sure)
    elif misses <= 1 and three:
        talk.ask(THREE, [*three, NONE_OF, UNKNOWN])
    else:
        talk.ask(ASK["kind"], [*map(kind_option, KINDS), UNKNOWN])


def kind_option(kind: str) -> Option:
    """A kind as a button."""
    return Option(f"k:{kind}", kind, kind=True)


def missed(talk: Talk, hint: str) -> None:
    """Not understood: once a hint, then plain choices, then a person or on without it."""
    key = talk.asking
    n = talk.misses[key] = talk.misses.get(key, 0) + 1
    if n == 1:
        talk.say(hint)
        ask_now(talk)
    elif n == 2 and key in _CHOICES:  # noqa: PLR2004 - the second miss
        talk.ask(N_("Let us do it with buttons. Which one fits?"), _CHOICES[key])
    else:
        skip = Option("unknown", N_("Go on without it"))
        talk.ask(N_("Never mind. Shall an officer help you, or do we go on?"), [OFFICER, skip])


_CHOICES = {
    "resource": [ROUGH, UNKNOWN],
    "kind": [*map(kind_option, KINDS), UNKNOWN],
    "places": [
        Option("p:time", N_("A moment in the video or sound")), Option("p:page", N_("A page")),
        Option("p:slide", N_("A slide")), Option("p:exercise", N_("An exercise")),
        Option("p:link", N_("A link, QR code or pop-up")), Option("whole", N_("All of it")),
        UNKNOWN,
    ],
    "contact": [
        Option("c:phone", N_("By telephone")), Option("c:email", N_("By mail")),
        Option("none", N_("No, stay anonymous")),
    ],
}  # fmt: skip
