"""The life of a 处置单 as one table (design 3.7); a move that is not in it is refused."""

from __future__ import annotations

from enum import StrEnum

from app.core.errors import ConflictError


class State(StrEnum):
    """Where an incident stands."""

    ALLEGED = "alleged"
    PRECAUTION = "precaution"
    FOUND = "found"
    REMOVED = "removed"
    REENTRY = "reentry"
    RELEASED = "released"
    LIFTED = "lifted"
    REJECTED = "rejected"
    MERGED = "merged"
    CLOSED = "closed"


class Action(StrEnum):
    """What moves it."""

    PRECAUTION = "precaution"
    FIND = "find"
    REJECT = "reject"
    RELEASE = "release"
    MERGE = "merge"
    RECLASSIFY = "reclassify"
    REENTER = "reenter"
    REMOVE = "remove"
    LIFT = "lift"
    CLOSE = "close"
    RESTORE = "restore"  # a counter-notice ends a case that only notices made
    UNSTOP = "unstop"  # it ends the notice's stop; other claims are still to be decided


class DutyState(StrEnum):
    """Where one act stands."""

    OPEN = "open"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    NOT_APPLICABLE = "not_applicable"


# An incident in one of these blocks a second one of its routing kind on the same resource.
OPEN = frozenset({State.ALLEGED, State.PRECAUTION, State.FOUND, State.REENTRY})
UNFOUNDED = frozenset({State.REJECTED, State.RELEASED})

TABLE: dict[tuple[State, Action], State] = {
    (State.ALLEGED, Action.PRECAUTION): State.PRECAUTION,
    (State.ALLEGED, Action.FIND): State.FOUND,
    (State.ALLEGED, Action.REJECT): State.REJECTED,
    (State.ALLEGED, Action.MERGE): State.MERGED,
    (State.PRECAUTION, Action.FIND): State.FOUND,
    (State.PRECAUTION, Action.RELEASE): State.RELEASED,
    (State.PRECAUTION, Action.MERGE): State.MERGED,
    # 信息网络传播权保护条例 Art. 17: nothing was found, and nothing was released as unfounded.
    (State.PRECAUTION, Action.RESTORE): State.CLOSED,
    (State.PRECAUTION, Action.UNSTOP): State.ALLEGED,
    (State.FOUND, Action.RECLASSIFY): State.FOUND,
    (State.FOUND, Action.MERGE): State.MERGED,
    (State.FOUND, Action.REENTER): State.REENTRY,
    (State.FOUND, Action.REMOVE): State.REMOVED,
    (State.FOUND, Action.LIFT): State.LIFTED,
    (State.FOUND, Action.CLOSE): State.CLOSED,
    (State.REENTRY, Action.LIFT): State.LIFTED,
    (State.REENTRY, Action.REMOVE): State.REMOVED,
    # Arts. 21, 22: after 整改 or 修复 the provider may go through intake again, also from 出库.
    (State.REMOVED, Action.REENTER): State.REENTRY,
}


def advance(state: str, action: Action) -> State:
    """The next state.

    Raises:
        ConflictError: the table has no such move.
    """
    try:
        return TABLE[State(state), action]
    except (KeyError, ValueError):
        raise ConflictError(
            "This incident is %(state)s; that step is not possible now.", state=str(state)
        ) from None


def allowed(state: str) -> frozenset[Action]:
    """The moves this state has."""
    return frozenset(action for (start, action) in TABLE if start == state)
