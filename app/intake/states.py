"""The states of a complaint (design page 3.7) as one table. Pure."""

from __future__ import annotations

from enum import StrEnum

from app.core.errors import ConflictError


class State(StrEnum):
    """Where a complaint stands."""

    RECEIVED = "received"
    ACCEPTED = "accepted"
    HANDLING = "handling"
    WAITING_FOR_YOU = "waiting_for_you"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


_ALIVE = frozenset({State.RECEIVED, State.ACCEPTED, State.HANDLING, State.WAITING_FOR_YOU})
# A complaint may be handled before anybody formally accepted it: a stop never waits for a stamp.
TRANSITIONS: dict[State, frozenset[State]] = {
    State.RECEIVED: _ALIVE - {State.RECEIVED} | {State.CLOSED, State.WITHDRAWN},
    State.ACCEPTED: frozenset(
        {State.HANDLING, State.WAITING_FOR_YOU, State.CLOSED, State.WITHDRAWN}
    ),
    State.HANDLING: frozenset({State.WAITING_FOR_YOU, State.CLOSED, State.WITHDRAWN}),
    State.WAITING_FOR_YOU: frozenset({State.HANDLING, State.CLOSED, State.WITHDRAWN}),
    State.CLOSED: frozenset({State.HANDLING}),  # the complainant says that it is still there
    State.WITHDRAWN: frozenset(),
}


def advance(state: str, to: str) -> State:
    """The state ``to``, if the table allows it; the same state again is allowed.

    Raises:
        ConflictError: for a move that the table does not know.
    """
    here, there = State(state), State(to)
    if here is not there and there not in TRANSITIONS[here]:
        raise ConflictError(
            "The complaint is %(here)s; it cannot become %(there)s.",
            here=here.value,
            there=there.value,
        )
    return there


def may(state: str, *, appealed: bool = False) -> frozenset[str]:
    """What the complainant may still do; an appeal is possible once."""
    here = State(state)
    if here is State.WITHDRAWN:
        return frozenset()
    if here is State.CLOSED:
        return frozenset({"confirm"} if appealed else {"confirm", "appeal"})
    return frozenset({"message", "withdraw"})
