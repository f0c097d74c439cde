"""Fair flood control for filing: nobody is refused, a flood is made to work, wait and queue.

Up to a class's worth of complaints an hour pass untouched. Beyond, a filing needs a ticket: solved
by the browser within a second or so, or simply waited out. What is filed beyond is sorted later,
one after the other, so that a flood grows no pile of incidents. Counts are kept under
HMAC(network prefix, day key) with and without the resource; an attacker fills only their own.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import log2

from app.core import limits
from app.core.crypto import derive
from app.core.errors import TooManyError
from app.core.keystore import KeyGoneError
from app.intake import classroom, tickets
from app.intake.tickets import Ticket, TicketError

HOUR = 3600
CLASS = 45  # from one network: forty pupils and their teachers
ON_RESOURCE = 250  # from everywhere: a real scandal stays far below, or works a second
LESSON = 400  # in a lesson that an officer opened for this network and resource
UNNAMED = "-"  # the resource of complaints that name none

EASIEST, HARDEST = 14, 18  # bits: 16,000 to 260,000 hashes
SHORTEST, LONGEST = 8, 60  # seconds of the way without script
LANE, LANE_SECONDS = 5, 10  # how many may come by waiting alone, per network
SPACING = timedelta(seconds=30)  # between two surplus complaints of one network in triage
LATEST = timedelta(hours=6)


class WaitError(TooManyError):
    """The filing needs its ticket: solve it or wait, and send the very same again."""

    key = "prove-or-wait"

    def __init__(self, ticket: Ticket, *, skin: str, seconds: int) -> None:
        super().__init__(
            "Many complaints come from your network or about this resource just now. Yours is "
            "not lost: wait %(seconds)s seconds and send the same again with the ticket.",
            retry_after=seconds,
            seconds=seconds,
        )
        self.ticket, self.skin = ticket, skin
        self.more = {
            "ticket": ticket.text,
            "bits": ticket.bits,
            "retry_after": seconds,
            "expires_at": (ticket.issued + timedelta(seconds=tickets.LIFE)).isoformat(),
            "how": "Send the same request with the header Filing-Ticket after retry_after "
            "seconds; or at once, with Filing-Proof: a decimal number n for which "
            "SHA-256(ticket + '.' + n) begins with that many zero bits.",
        }


@dataclass(frozen=True)
class Asked:
    """One filing at the door. The ``owner`` may use its ticket again: a retry of the same."""

    address: str
    resource: str
    owner: str = ""
    ticket: str = ""
    answer: str = ""
    skin: str = ""

    @property
    def bound(self) -> tuple[str, str]:
        return "filing", self.resource


def admit(asked: Asked, *, site_limit: int, at: datetime) -> timedelta:
    """Let a filing through; answers how much later than now it is to be sorted.

    Raises:
        WaitError: too many at once; it carries the ticket to come back with.
    """
    names = _counters(asked)
    bounds = (CLASS, CLASS, ON_RESOURCE, site_limit)
    counts = limits.take(names, seconds=HOUR)
    over = max(n / limit for n, limit in zip(counts, bounds, strict=True))
    if over > 1 and not _in_lesson(asked, counts[0], at):
        try:
            _let_through(asked, over, at)
        except WaitError:
            limits.give_back(names, seconds=HOUR)  # only what is filed makes it harder
            raise
    surplus = max(counts[0], counts[1]) - CLASS
    return min(surplus * SPACING, LATEST) if surplus > 0 else timedelta()


def _counters(asked: Asked) -> tuple[str, str, str, str]:
    return (
        f"filing:{limits.tag(asked.address, *asked.bound)}",
        f"filing:{limits.tag(asked.address, 'filing')}",
        f"filing:on:{asked.resource}",
        "filing:all",
    )


def _in_lesson(asked: Asked, n: float, at: datetime) -> bool:
    return n <= LESSON and classroom.is_open(asked.address, asked.resource, at=at)


def _let_through(asked: Asked, over: float, at: datetime) -> None:
    ticket = _believed(asked, at)
    if ticket is None:
        raise _ask(asked, over, at)
    worked = tickets.solved(ticket, asked.answer)
    if not worked and at < ticket.ready:
        raise _again(asked, ticket, at)
    if not worked and not _lane_is_free(asked):
        raise _ask(asked, over, at)
    owner = asked.owner or secrets.token_hex(8)
    if not limits.claim(f"ticket:{ticket.salt}", owner, seconds=2 * tickets.LIFE):
        raise _ask(asked, over, at)  # it served another filing already


def _lane_is_free(asked: Asked) -> bool:
    lane = f"lane:{limits.tag(asked.address, 'filing')}"
    return limits.take([lane], seconds=LANE_SECONDS)[0] <= LANE


def _believed(asked: Asked, at: datetime) -> Ticket | None:
    try:
        ticket = tickets.parse(asked.ticket)
        if not tickets.in_time(ticket, at=at):  # before a key is asked for by a claimed date
            return None
        tickets.check(ticket, _key(ticket.issued), bound=_bound(asked, ticket.issued), at=at)
    except (TicketError, KeyGoneError):
        return None
    return ticket


def _key(day: datetime) -> bytes:
    return derive(limits.day_key(day), info="chuku filing ticket")


def _bound(asked: Asked, day: datetime) -> str:
    return limits.tag(asked.address, *asked.bound, at=day)


def _ask(asked: Asked, over: float, at: datetime) -> WaitError:
    harder = min(int(log2(max(over, 1))), HARDEST - EASIEST)
    wait = min(SHORTEST << harder, LONGEST)
    ticket = tickets.issue(
        _key(at), bound=_bound(asked, at), bits=EASIEST + harder, wait=wait, at=at
    )
    return WaitError(ticket, skin=asked.skin, seconds=wait)


def _again(asked: Asked, ticket: Ticket, at: datetime) -> WaitError:
    return WaitError(ticket, skin=asked.skin, seconds=seconds_left(ticket, at=at))


def seconds_left(ticket: Ticket, *, at: datetime) -> int:
    """How long to wait, at least, when no work is shown."""
    return max(0, int((ticket.ready - at).total_seconds()) + 1) if at < ticket.ready else 0
