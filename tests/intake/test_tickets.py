"""A ticket holds for its network, resource and half hour; its work is dear to find, cheap to check."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from app.intake import tickets
from app.intake.tickets import TicketError

pytestmark = pytest.mark.pure
AT = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
KEY = b"k" * 32
BITS = 10


def _ticket(**more):
    return tickets.issue(KEY, **{"bound": "here", "bits": BITS, "wait": 8, "at": AT, **more})


def solve(ticket) -> str:
    return next(str(n) for n in count() if tickets.solved(ticket, str(n)))


def test_a_ticket_is_believed_where_and_when_it_was_made():
    ticket = tickets.parse(_ticket().text)
    tickets.check(ticket, KEY, bound="here", at=AT + timedelta(seconds=tickets.LIFE))
    assert ticket.ready == AT + timedelta(seconds=8)


@pytest.mark.parametrize(
    ("key", "bound", "later"),
    [
        (b"x" * 32, "here", 0),
        (KEY, "another network or resource", 0),
        (KEY, "here", tickets.LIFE + 1),
        (KEY, "here", -3600),
    ],
    ids=["forged", "elsewhere", "too old", "from the future"],
)
def test_elsewhere_and_later_it_is_not(key, bound, later):
    with pytest.raises(TicketError):
        tickets.check(_ticket(), key, bound=bound, at=AT + timedelta(seconds=later))


@pytest.mark.parametrize("place", range(6))
def test_no_part_of_it_can_be_changed(place):
    parts = _ticket().text.split(".")
    parts[place] = "7" if parts[place] != "7" else "8"
    with pytest.raises(TicketError):
        tickets.check(tickets.parse(".".join(parts)), KEY, bound="here", at=AT)


@pytest.mark.parametrize(
    "text",
    ["", ".", "1.2.3", "1.a.1.1.s.m", "1.99999999999999999999.1.1.s.m", "1.1.1.1.s.m" * 40, "１.1.1.1.s.m"],
)  # fmt: skip
def test_what_is_no_ticket_is_refused_and_never_crashes(text):
    with pytest.raises(TicketError):
        tickets.parse(text)


def test_the_work_is_the_number_and_no_other():
    ticket = _ticket()
    answer = solve(ticket)
    assert not any(tickets.solved(ticket, str(n)) for n in range(int(answer)))
    for wrong in ("", "-1", " 5", "٣", "1e3", answer + "0" * 20):
        assert not tickets.solved(ticket, wrong)


def test_checking_takes_microseconds():
    ticket, answer = _ticket(), "12345"
    began = time.perf_counter()
    for _ in range(2000):
        tickets.check(tickets.parse(ticket.text), KEY, bound="here", at=AT)
        tickets.solved(ticket, answer)
    assert (time.perf_counter() - began) / 2000 < 500e-6  # some 20 µs on an idle machine
