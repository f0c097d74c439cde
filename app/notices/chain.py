"""The contact chain of one recipient (law 6): a pure question, asked again at every due moment.

It sees this recipient's contacts and nothing else, so lateness can never add a body or a role.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from app.authorities.queries import ContactView
from app.notices.channel import by_hand
from app.notices.values import Step


@dataclass(frozen=True)
class Move:
    """The next step, and the contact it goes to (None: nudge the last one, or call a person)."""

    step: Step
    contact: ContactView | None = None


def first_contact(contacts: Sequence[ContactView]) -> ContactView | None:
    """Whom to write to first: a machine's channel before a person's, then by rank."""
    mails = [one for one in contacts if not by_hand(one.channel)]
    return next(iter([*mails, *contacts]), None)


def next_move(
    step: Step, *, reached: bool, contacts: Sequence[ContactView], used: AbstractSet[int]
) -> Move:
    """Where an unsigned or undelivered letter goes.

    ``reached``: the letter was accepted for its contact, so that a nudge makes sense. ``used``:
    contacts that had their delivery already.
    """
    left = [one for one in contacts if one.id not in used]
    if step is Step.FIRST and reached:
        return Move(Step.NUDGE)
    if step in {Step.FIRST, Step.NUDGE, Step.SECOND_CONTACT}:
        for one in left:
            if not by_hand(one.channel):
                return Move(Step.SECOND_CONTACT, one)
    if step is not Step.SUPERVISOR:
        for one in left:
            if by_hand(one.channel):
                return Move(Step.SECOND_CHANNEL, one)
    return Move(Step.SUPERVISOR)
