"""Paper: an officer prints the letter, has it carried over and records who took it."""

from __future__ import annotations

from app.notices.channel import Channel, Outgoing, RefusedError


class Paper:
    """Done by a person."""

    name = "paper"
    by_hand = True
    task = "Print a letter, have it handed over and record who took it."

    def deliver(self, out: Outgoing, *, server: str) -> str:
        """Machines do not carry paper."""
        raise RefusedError("a person has to carry it")


CHANNEL: Channel = Paper()
