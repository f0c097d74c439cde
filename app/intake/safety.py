"""Somebody may be in danger: what is said then, by form and assistant alike. Pure.

The rules are the officers' list that the classifier reads too; never a model. A false alarm costs
one notice. The complaint goes on, whatever is shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app import classifier
from app.intake.schema import N_


@dataclass(frozen=True)
class Reply:
    """A fixed reply: title and text are message ids, calls are (number, message id)."""

    kind: str
    title: str
    text: str
    calls: tuple[tuple[str, str], ...]


_POLICE = ("110", N_("police"))
_AMBULANCE = ("120", N_("ambulance"))
_MINDS = ("12356", N_("psychological help"))
_YOUNG = ("12355", N_("help for young people"))

# When: a turn of the assistant (once per kind), the form's check page before sending, the receipt,
# and the receipt page after a message, each time `risk` finds this kind in the person's own words.
REPLIES = {
    reply.kind: reply
    for reply in (
        Reply(
            "self_harm",
            N_("You are not alone with this"),
            N_(
                "Please do not stay alone with this. 12356 (psychological help) and 12355 (young "
                "people) listen at any hour; in danger call 120 or 110. We can go on with the "
                "complaint, or stop."
            ),
            (_MINDS, _YOUNG, _AMBULANCE, _POLICE),
        ),
        Reply(
            "child_in_danger",
            N_("Is a child in danger now?"),
            N_(
                "If a child is being harmed now, call 110 first. Please do not upload intimate "
                "pictures of children: describe what happens and where; that is enough."
            ),
            (_POLICE, _AMBULANCE, _YOUNG),
        ),
        Reply(
            "threat",
            N_("Is somebody threatened now?"),
            N_(
                "If somebody is threatened now, call 110 first. You can leave this page at once "
                "with the red button or by pressing Shift three times."
            ),
            (_POLICE, _AMBULANCE),
        ),
    )
}


def risk(text: str) -> str | None:
    """``self_harm``, ``child_in_danger``, ``threat`` or None."""
    return classifier.risk(text)


def reply(texts: Iterable[str]) -> Reply | None:
    """The fixed reply to the first of these texts that calls for one."""
    return next((REPLIES[kind] for text in texts if (kind := risk(text))), None)
