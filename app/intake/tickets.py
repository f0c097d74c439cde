"""A signed ticket that lets one filing through: after some work, or after some waiting. Pure.

The text is ``1.issued.ready.bits.salt.mac``. The mac binds it to what the ticket was asked for
(network and resource), which the text does not hold. Work is a number that makes
``SHA-256(ticket "." number)`` begin with ``bits`` zero bits: a second to find, microseconds to
check.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

LIFE = 1800  # seconds: long enough for a slow telephone and for reading a page twice
_PARTS = 6
_LONGEST = 120
_EARLY = 5  # seconds that two hosts' clocks may differ
_DIGITS = 16


class TicketError(Exception):
    """Forged, too old, or made for another network or resource."""


@dataclass(frozen=True)
class Ticket:
    """What a ticket says; trusted only after ``check``."""

    text: str
    issued: datetime
    ready: datetime  # from now on it lets through without work
    bits: int
    salt: str


def issue(key: bytes, *, bound: str, bits: int, wait: int, at: datetime) -> Ticket:
    """A fresh ticket."""
    issued = int(at.timestamp())
    body = f"1.{issued}.{issued + wait}.{bits}.{secrets.token_urlsafe(12)}"
    return parse(f"{body}.{_mac(key, body, bound)}")


def parse(text: str) -> Ticket:
    """The parts of a ticket, not yet believed.

    Raises:
        TicketError: it is no ticket at all.
    """
    parts = text.split(".") if len(text) <= _LONGEST and text.isascii() else []
    numbers = parts[1:4]
    if len(parts) != _PARTS or parts[0] != "1" or not all(_is_number(n) for n in numbers):
        raise TicketError("not a ticket")
    issued, ready, bits = (int(n) for n in numbers)
    return Ticket(text, _moment(issued), _moment(ready), bits, parts[4])


def _is_number(text: str) -> bool:
    return text.isdecimal() and len(text) <= 11  # noqa: PLR2004 - seconds until the year 5138


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _mac(key: bytes, body: str, bound: str) -> str:
    digest = hmac.digest(key, f"{body}\n{bound}".encode(), "sha256")
    return base64.urlsafe_b64encode(digest[:18]).decode()


def in_time(ticket: Ticket, *, at: datetime) -> bool:
    """Whether it is of the last half hour."""
    age = (at - ticket.issued).total_seconds()
    return -_EARLY <= age <= LIFE


def check(ticket: Ticket, key: bytes, *, bound: str, at: datetime) -> None:
    """Believe it.

    Raises:
        TicketError: forged, too old, or made for something else.
    """
    body, _, mac = ticket.text.rpartition(".")
    if not hmac.compare_digest(mac, _mac(key, body, bound)) or not in_time(ticket, at=at):
        raise TicketError("this ticket does not hold here and now")


def solved(ticket: Ticket, answer: str) -> bool:
    """Whether the answer is the work that the ticket asks for."""
    if not 0 < len(answer) <= _DIGITS or not answer.isascii() or not answer.isdecimal():
        return False
    digest = hashlib.sha256(f"{ticket.text}.{answer}".encode()).digest()
    return int.from_bytes(digest) >> (256 - ticket.bits) == 0
