"""What may become of a letter and of one delivery of it: tables, nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.notices.values import State


class Act(StrEnum):
    """What happens to a letter."""

    RENDER = "render"
    SEND = "send"
    READ = "read"
    SIGN = "sign"
    BOUNCE = "bounce"
    FAIL = "fail"
    CANCEL = "cancel"


@dataclass(frozen=True)
class Rule:
    """From where an act is possible and where it leads."""

    origins: frozenset[State]
    to: State


_NOT_OUT = frozenset({State.PROMISED, State.RENDERED, State.BOUNCED, State.FAILED})
_DRAWN = frozenset({State.RENDERED, State.SENT, State.BOUNCED, State.FAILED})

RULES: dict[Act, Rule] = {
    Act.RENDER: Rule(frozenset({State.PROMISED}), State.RENDERED),
    # A cancelled letter that was with the server already did go out: that is the truth.
    Act.SEND: Rule(
        frozenset({State.RENDERED, State.BOUNCED, State.FAILED, State.CANCELLED}), State.SENT
    ),
    Act.READ: Rule(_DRAWN, State.DELIVERED),
    Act.SIGN: Rule(_DRAWN | {State.DELIVERED}, State.SIGNED),
    Act.BOUNCE: Rule(frozenset({State.RENDERED, State.SENT}), State.BOUNCED),
    Act.FAIL: Rule(_NOT_OUT, State.FAILED),
    Act.CANCEL: Rule(_NOT_OUT, State.CANCELLED),
}

OUT = frozenset({State.SENT, State.DELIVERED, State.SIGNED})
ENDED = frozenset({State.SIGNED, State.CANCELLED})


class DeliveryState(StrEnum):
    """States of one delivery to one contact."""

    PROMISED = "promised"
    SENT = "sent"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    FAILED = "failed"
    CANCELLED = "cancelled"
