"""The life of a copyright notice as one table; a move that is not in it is refused."""

from __future__ import annotations

from enum import StrEnum

from app.core.errors import ConflictError


class State(StrEnum):
    """Where a notice stands."""

    SENT = "sent"  # complete: stopped and forwarded (条例 Art. 15)
    COUNTERED = "countered"  # a complete counter-notice is in and was forwarded (Arts. 16, 17)
    IN_COURT = "in_court"  # the right holder has gone to law within the waiting time (民法典 1196)
    RESTORED = "restored"  # served again; no second notice for the same (Art. 17)


class Action(StrEnum):
    """What moves it."""

    COUNTER = "counter"
    GO_TO_COURT = "go_to_court"
    RESTORE = "restore"


TABLE: dict[tuple[State, Action], State] = {
    (State.SENT, Action.COUNTER): State.COUNTERED,
    (State.COUNTERED, Action.GO_TO_COURT): State.IN_COURT,
    (State.COUNTERED, Action.RESTORE): State.RESTORED,
}

# From the counter-notice on the same claimant cannot have the same work taken down again.
BARS = frozenset({State.COUNTERED, State.IN_COURT, State.RESTORED})


def advance(state: str, action: Action) -> State:
    """The next state.

    Raises:
        ConflictError: the table has no such move.
    """
    try:
        return TABLE[State(state), action]
    except (KeyError, ValueError):
        raise ConflictError(_REFUSALS[action]) from None


_REFUSALS = {
    Action.COUNTER: "A counter-notice about this notice is here already.",
    Action.GO_TO_COURT: "There is no counter-notice that waits for your answer.",
    Action.RESTORE: "There is no counter-notice that waits for this.",
}
