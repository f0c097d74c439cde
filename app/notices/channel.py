"""The port every channel fills: one file in ``channels/`` with ``CHANNEL`` as its last line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Protocol

from app.core.plugins import find


@dataclass(frozen=True)
class Outgoing:
    """One message to one recipient; the same message keeps the same id for ever."""

    message_id: str
    notice_ref: str
    sender: str
    name: str
    address: str
    subject: str
    text: str
    html: str
    date: datetime
    answers: str | None = None  # message id of the letter that a nudge is about


class ChannelError(Exception):
    """The message was not accepted; the text is what the other side said."""


class RefusedError(ChannelError):
    """For good: this contact cannot be reached this way."""


class LaterError(ChannelError):
    """For now; ``doubtful`` when the message may have been taken all the same."""

    def __init__(self, text: str, *, doubtful: bool) -> None:
        super().__init__(text)
        self.doubtful = doubtful


class Channel(Protocol):
    """A way to reach a contact."""

    name: str
    by_hand: bool  # an officer does it and records the handover
    task: str  # what the officer is asked to do (message id); "" when nobody is needed

    def deliver(self, out: Outgoing, *, server: str) -> str:
        """Hand the message over; the other side's own words on acceptance.

        Raises:
            RefusedError: it will never be accepted.
            LaterError: try again.
        """


@lru_cache(maxsize=1)
def channels() -> dict[str, Channel]:
    """Every channel by its name."""
    return {one.name: one for one in find("app.notices.channels", "CHANNEL").values()}


def by_hand(name: str) -> bool:
    """Whether a person must act; a channel we do not know is a person's too."""
    channel = channels().get(name)
    return channel is None or channel.by_hand
