"""The contact chain as a pure question; its recipients never widen."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.authorities.queries import ContactView
from app.notices.chain import Move, first_contact, next_move
from app.notices.values import Step

ORDER = list(Step)
contacts = st.lists(
    st.builds(
        ContactView,
        id=st.integers(1, 50),
        name=st.just("联系人"),
        channel=st.sampled_from(["email", "phone", "paper"]),
        address=st.just("a@b.example"),
        rank=st.integers(1, 9),
        hours=st.just(""),
    ),
    max_size=6,
    unique_by=lambda one: one.id,
)


def one(number: int, channel: str = "email") -> ContactView:
    return ContactView(number, "联系人", channel, "a@b.example", number, "")


def test_unsigned_is_nudged_then_the_next_contact_the_telephone_the_supervisor() -> None:
    known = [one(1), one(2), one(3, "phone")]
    step, used, seen = Step.FIRST, {1}, []
    while step is not Step.SUPERVISOR:
        move = next_move(step, reached=True, contacts=known, used=used)
        seen.append(move)
        step = move.step
        used |= {move.contact.id} if move.contact else set()
    assert seen == [
        Move(Step.NUDGE),
        Move(Step.SECOND_CONTACT, known[1]),
        Move(Step.SECOND_CHANNEL, known[2]),
        Move(Step.SUPERVISOR),
    ]


def test_what_never_arrived_is_not_nudged() -> None:
    known = [one(1), one(2)]
    move = next_move(Step.FIRST, reached=False, contacts=known, used={1})
    assert move == Move(Step.SECOND_CONTACT, known[1])


def test_mail_goes_before_the_telephone_whatever_its_rank() -> None:
    known = [one(1, "phone"), one(2)]
    assert first_contact(known) == known[1]
    assert first_contact(known[:1]) == known[0]
    assert first_contact([]) is None


@given(contacts, st.booleans())
def test_the_chain_stays_with_its_recipient_and_ends_with_the_supervisor(
    known: list[ContactView], reached: bool
) -> None:
    first = first_contact(known)
    used = {first.id} if first else set()
    step, told = Step.FIRST, list(used)
    for _ in range(20):
        if step is Step.SUPERVISOR:
            break
        move = next_move(step, reached=reached, contacts=known, used=used)
        assert ORDER.index(move.step) >= ORDER.index(step)
        step = move.step
        if move.contact is not None:
            assert move.contact in known
            assert move.contact.id not in used
            used.add(move.contact.id)
            told.append(move.contact.id)
    assert step is Step.SUPERVISOR
    assert sorted(told) == sorted({c.id for c in known})
