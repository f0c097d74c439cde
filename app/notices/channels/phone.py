"""Telephone: an officer reads the letter out and records who took it."""

from __future__ import annotations

from app.notices.channel import Channel, Outgoing, RefusedError


class Phone:
    """Done by a person."""

    name = "phone"
    by_hand = True
    task = "Telephone the recipient of a letter, read it out and record who took it."

    def deliver(self, out: Outgoing, *, server: str) -> str:
        """Machines do not telephone."""
        raise RefusedError("a person has to telephone")


CHANNEL: Channel = Phone()
