"""The table of states: what is in it happens, everything else is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import ConflictError
from app.incidents.states import OPEN, TABLE, UNFOUNDED, Action, State, advance, allowed

STATES, ACTIONS = st.sampled_from(list(State)), st.sampled_from(list(Action))


@given(STATES, ACTIONS)
def test_advance_does_what_the_table_says_and_nothing_else(state: State, action: Action) -> None:
    if (state, action) in TABLE:
        assert advance(state.value, action) is TABLE[state, action]
    else:
        with pytest.raises(ConflictError):
            advance(state.value, action)


@given(st.lists(ACTIONS, max_size=12))
def test_what_is_over_stays_over_except_a_removal_that_may_re_enter(actions: list[Action]) -> None:
    state = State.ALLEGED
    for action in actions:
        try:
            after = advance(state, action)
        except ConflictError:
            continue
        if state not in OPEN:
            assert (state, after) == (State.REMOVED, State.REENTRY)
        state = after


@given(st.lists(ACTIONS, max_size=12))
def test_nothing_is_lifted_or_removed_that_was_not_found(actions: list[Action]) -> None:
    state, found = State.ALLEGED, False
    for action in actions:
        if action in allowed(state):
            state = advance(state, action)
            found = found or state is State.FOUND
        if state in (State.LIFTED, State.REMOVED, State.REENTRY):
            assert found
        if state in UNFOUNDED:
            assert not found


def test_rejected_was_never_held_and_released_was() -> None:
    assert Action.REJECT not in allowed(State.PRECAUTION)
    assert Action.RELEASE not in allowed(State.ALLEGED)


def test_an_unknown_state_is_refused_not_crashed() -> None:
    with pytest.raises(ConflictError):
        advance("nonsense", Action.FIND)
