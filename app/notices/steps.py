"""Taking the next step of a letter's contact chain (law 6)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.authorities import queries as authorities
from app.core.errors import ConflictError
from app.core.ids import new_ref
from app.norm import deadlines
from app.notices import chain, rows, sending
from app.notices.channel import by_hand
from app.notices.models import Notice
from app.notices.sending import Sender
from app.notices.states import ENDED, Act, DeliveryState
from app.notices.values import Kind, State, Step
from app.outbox import service as outbox

_LOOK_AGAIN = timedelta(minutes=10)
_OUT = {DeliveryState.SENT, DeliveryState.DELIVERED}


def take(tx: Session, *, notice_id: int, moves: int, sender: Sender, at: datetime) -> None:
    """The next step, if nobody signed and no other row took it already."""
    row = tx.get_one(Notice, notice_id)
    if row.moves != moves or State(row.state) in ENDED or row.step == Step.SUPERVISOR:
        return
    if row.rendered_text is None:
        _not_drawn_up(tx, row, at)
        return
    found = rows.deliveries(tx, row.id)
    move = chain.next_move(
        Step(row.step),
        reached=any(one.state in _OUT and not by_hand(one.channel) for one in found),
        contacts=authorities.contacts(tx, row.body_id, at, exercise=row.exercise),
        used={one.contact_id for one in found},
    )
    if not _claim(tx, row, moves, move.step):
        return
    rows.write(
        tx, row, "step", at=at, step=move.step.value,
        contact=move.contact.id if move.contact else None,
    )  # fmt: skip
    if move.step is Step.NUDGE:
        _nudge(tx, row, at)
    elif move.contact is not None:
        sending.deliver_to(tx, row, move.contact, step=move.step, sender=sender, at=at)
    else:
        _supervisor(tx, row, at)
        return
    if row.sign_by is not None:
        due = deadlines.next_contact_due(row.facts["category"], at).at
        rows.move_on(tx, row, why="due", at=at, due_at=due)


def _claim(tx: Session, row: Notice, moves: int, step: Step) -> bool:
    done = tx.execute(
        update(Notice)
        .where(Notice.id == row.id, Notice.moves == moves)
        .values(moves=moves + 1, step=step.value)
        .execution_options(synchronize_session=False)
    )
    tx.refresh(row)
    return rows.changed(done)


def _not_drawn_up(tx: Session, row: Notice, at: datetime) -> None:
    """Its words are still missing at its due time: a person must look; the chain waits."""
    why = "A letter could not be drawn up by its due time."
    sending.call(tx, row, "late", why, at=at, role="supervisor")
    again = at + _LOOK_AGAIN
    rows.move_on(tx, row, why=f"late{again.timestamp():.0f}", at=at, due_at=again)


def _nudge(tx: Session, row: Notice, at: datetime) -> None:
    made = Notice(
        ref=new_ref(),
        platform_id=row.platform_id,
        kind=Kind.NUDGE.value,
        incident=row.incident,
        body_id=row.body_id,
        roles=list(row.roles),
        duty_key=f"{row.duty_key}#nudge{row.moves}",
        article=row.article,
        facts=row.facts,
        language=row.language,
        nudges_id=row.id,
        state=State.PROMISED.value,
        step=Step.NUDGE.value,
        promised_at=at,
        exercise=row.exercise,
    )
    tx.add(made)
    tx.flush()
    outbox.put(tx, topic="notices.send", key=f"notices.send:{made.id}", at=at, notice_id=made.id)


def _supervisor(tx: Session, row: Notice, at: datetime) -> None:
    """The recipient's contacts are used up: a task for a supervisor, never another role."""
    unreached = not rows.is_out(row)
    if unreached and rows.act(tx, row, Act.FAIL):
        rows.settle(tx, row, state=State.FAILED, mark=row.moves, at=at)
    why = (
        "A letter reached none of the recipient's contacts; hand it over and record it."
        if unreached
        else "A letter is still unsigned after all the recipient's contacts; see to it."
    )
    sending.call(tx, row, f"supervisor{row.moves}", why, at=at, role="supervisor")


def again(tx: Session, *, notice_ref: str, sender: Sender, by: str, at: datetime) -> None:
    """Send to a contact added meanwhile, as an officer asked.

    Raises:
        ConflictError: signed, called back, not drawn up, or every contact was tried.
    """
    row = rows.notice(tx, notice_ref)
    if State(row.state) in ENDED or row.rendered_text is None or row.nudges_id is not None:
        raise ConflictError("This letter cannot be sent again.")
    used = {one.contact_id for one in rows.deliveries(tx, row.id)}
    known = authorities.contacts(tx, row.body_id, at, exercise=row.exercise)
    contact = chain.first_contact([one for one in known if one.id not in used])
    if contact is None:
        raise ConflictError("Every contact of this body was tried; add a contact first.")
    step = Step.SECOND_CHANNEL if by_hand(contact.channel) else Step.SECOND_CONTACT
    if not _claim(tx, row, row.moves, step):
        raise ConflictError("Somebody else was faster; reload the page.")
    rows.write(tx, row, "again", at=at, actor=by, contact=contact.id)
    sending.deliver_to(tx, row, contact, step=step, sender=sender, at=at)
    if row.sign_by is not None:
        due = deadlines.next_contact_due(row.facts["category"], at).at
        rows.move_on(tx, row, why="due", at=at, due_at=due)
