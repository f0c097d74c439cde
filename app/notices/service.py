"""Verbs on letters: promise, call back, read, sign, hand over, return."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from app.core import crypto
from app.core.errors import ConflictError, InvalidError
from app.core.ids import new_ref
from app.notices import facts as letter_facts
from app.notices import rows
from app.notices.facts import one_line
from app.notices.models import Delivery, LetterLink, LetterSignature, Notice
from app.notices.states import ENDED, Act, DeliveryState
from app.notices.values import Kind, State, Step
from app.outbox import service as outbox

HOW = ("phone", "paper")
MAX_NAME, MAX_ANSWER = 100, 4_000


def promise(
    tx: Session,
    *,
    duty_key: str,
    kind: str,
    platform_id: int,
    incident: str | None,
    body_id: int,
    roles: list[str],
    article: int | None,
    facts: Mapping[str, Any],
    at: datetime,
    sign_within: timedelta | None = None,
    exercise: bool = False,
    supersedes: int | None = None,
) -> int:
    """Promise one letter to one body; promising the same duty twice is promising once.

    Raises:
        InvalidError: an unknown kind, no role, or a fact that letters do not carry.
    """
    known = _kind(kind)
    if not roles:
        raise InvalidError("A letter needs at least one role that it is written to.")
    clean = letter_facts.parse(facts, kind=known)
    insert = sqlite_insert if tx.get_bind().dialect.name == "sqlite" else pg_insert
    tx.execute(
        insert(Notice)
        .values(
            ref=new_ref(),
            platform_id=platform_id,
            kind=known.value,
            incident=incident,
            body_id=body_id,
            roles=list(dict.fromkeys(roles)),
            duty_key=duty_key,
            article=article,
            facts=clean.stored(),
            language="zh_Hans",
            supersedes_id=supersedes,
            state=State.PROMISED.value,
            step=Step.FIRST.value,
            moves=0,
            promised_at=at,
            sign_by=at + sign_within if sign_within is not None else None,
            exercise=exercise,
        )
        .on_conflict_do_nothing(index_elements=["duty_key"])
    )
    row = tx.scalars(select(Notice).where(Notice.duty_key == duty_key)).one()
    if outbox.put(tx, topic="notices.send", key=f"notices.send:{row.id}", at=at, notice_id=row.id):
        rows.write(tx, row, "promise", at=at, kind=row.kind, roles=row.roles, article=article)
        if row.sign_by is not None:
            rows.move_on(tx, row, why="due", at=at, due_at=row.sign_by)
    return row.id


def _kind(kind: str) -> Kind:
    try:
        known = Kind(kind)
    except ValueError as error:
        raise InvalidError("There is no kind of letter %(name)s.", name=kind) from error
    if known is Kind.NUDGE:
        raise InvalidError("A nudge belongs to its letter and is not promised by itself.")
    return known


def cancel(tx: Session, *, duty_key: str, at: datetime) -> bool:
    """Call a letter back; False when it is out, or may be (then it stays told)."""
    row = tx.scalar(select(Notice).where(Notice.duty_key == duty_key))
    if row is None:
        return False
    if State(row.state) is State.CANCELLED:
        return True
    doubtful = any(one.trying or one.doubtful for one in rows.deliveries(tx, row.id))
    if doubtful or not rows.act(tx, row, Act.CANCEL):
        return False
    rows.drop_waiting(tx, row.id)
    rows.write(tx, row, "cancel", at=at)
    return True


def mark_read(tx: Session, *, token: str, at: datetime) -> None:
    """The holder of the link has opened the letter: it has arrived.

    Raises:
        NotFoundError: no such link.
    """
    link, row = rows.by_link(tx, token)
    first = rows.changed(
        tx.execute(
            update(LetterLink)
            .where(LetterLink.id == link.id, LetterLink.read_at.is_(None))
            .values(read_at=at)
        )
    )
    if not first:
        return
    was_out = rows.is_out(row)
    if rows.act(tx, row, Act.READ, sent_at=row.sent_at or at) and not was_out:
        rows.settle(tx, row, state=State.SENT, mark=f"read{link.id}", at=at)
    _arrived(tx, row.id, link.contact_id)
    rows.write(tx, row, "read", at=at, actor=f"contact:{link.contact_id}")


def _arrived(tx: Session, notice_id: int, contact_id: int) -> None:
    tx.execute(
        update(Delivery)
        .where(
            Delivery.notice_id == notice_id,
            Delivery.contact_id == contact_id,
            Delivery.state.in_([DeliveryState.SENT.value, DeliveryState.PROMISED.value]),
            Delivery.attempts > 0,
        )
        .values(state=DeliveryState.DELIVERED.value)
        .execution_options(synchronize_session="fetch")
    )


def sign(
    tx: Session, *, token: str, name: str, position: str, answer: str = "", at: datetime
) -> bool:
    """签收 by the holder of the link; False when it was signed before.

    Raises:
        NotFoundError: no such link.
        InvalidError: name or position is missing.
    """
    link, row = rows.by_link(tx, token)
    name, position, answer = _signer(name, position, answer)
    was_out = rows.is_out(row)
    actor = f"contact:{link.contact_id}"
    if not _signature(
        tx, row, contact_id=link.contact_id, name=name, position=position, how="link",
        by=actor, answer=answer, at=at,
    ):  # fmt: skip
        return False
    if not was_out:
        rows.settle(tx, row, state=State.SENT, mark=f"sign{link.id}", at=at)
    _arrived(tx, row.id, link.contact_id)
    _signed(tx, row, at)
    return True


def _signer(name: str, position: str, answer: str) -> tuple[str, str, str]:
    name, position, answer = one_line(name), one_line(position), answer.strip()
    fields = {}
    if not name or len(name) > MAX_NAME:
        fields["name"] = "Enter the name of the person who signs, at most 100 characters."
    if not position or len(position) > MAX_NAME:
        fields["position"] = "Enter the position of the person who signs, at most 100 characters."
    if len(answer) > MAX_ANSWER:
        fields["answer"] = "The answer is too long; at most 4,000 characters."
    if fields:
        raise InvalidError("Some fields need another look.", fields=fields)
    return name, position, answer


def _signature(
    tx: Session,
    row: Notice,
    *,
    contact_id: int | None,
    name: str,
    position: str,
    how: str,
    by: str,
    answer: str,
    at: datetime,
) -> bool:
    insert = sqlite_insert if tx.get_bind().dialect.name == "sqlite" else pg_insert
    salt = os.urandom(16)
    first = tx.scalar(
        insert(LetterSignature)
        .values(
            notice_id=row.id,
            contact_id=contact_id,
            name=name,
            position=position,
            how=how,
            recorded_by=by,
            at=at,
            answer=answer or None,
            salt=salt,
        )
        .on_conflict_do_nothing(index_elements=["notice_id"])
        .returning(LetterSignature.id)
    )
    if first is None:
        return False
    if not rows.act(tx, row, Act.SIGN, signed_at=at, sent_at=row.sent_at or at):
        raise ConflictError("This letter was called back or is a nudge; nobody signs for it.")
    # The log proves who signed; erasing the salt forgets it (law 8).
    proof = crypto.commitment(salt, f"{name}\n{position}\n{answer}")
    rows.write(tx, row, "sign", at=at, actor=by, how=how, signer=proof, letter=row.rendered_sha256)
    return True


def _signed(tx: Session, row: Notice, at: datetime) -> None:
    rows.drop_waiting(tx, row.id)
    rows.settle(tx, row, state=State.SIGNED, mark="", at=at)


def record_handover(
    tx: Session,
    *,
    notice_ref: str,
    how: str,
    name: str,
    position: str,
    account: str | int,
    at: datetime,
) -> None:
    """An officer telephoned or handed the letter over: sent and signed for, on record.

    Raises:
        InvalidError: not by telephone or paper, or nobody is named.
        ConflictError: signed already, called back, or not drawn up yet.
    """
    if how not in HOW:
        raise InvalidError(
            "Choose telephone or paper.", fields={"how": "Choose telephone or paper."}
        )
    row = rows.notice(tx, notice_ref)
    by = f"account:{account}" if isinstance(account, int) else account
    name, position, _ = _signer(name, position, "")
    _may_be_signed(row)
    contact = tx.scalar(
        select(Delivery.contact_id).where(Delivery.notice_id == row.id, Delivery.channel == how)
    )
    if not _signature(
        tx, row, contact_id=contact, name=name, position=position, how=how, by=by,
        answer="", at=at,
    ):  # fmt: skip
        raise ConflictError("This letter was signed for already.")
    tx.execute(
        update(Delivery)
        .where(Delivery.notice_id == row.id, Delivery.channel == how)
        .values(state=DeliveryState.DELIVERED.value, sent_at=at)
        .execution_options(synchronize_session="fetch")
    )
    _signed(tx, row, at)


def _may_be_signed(row: Notice) -> None:
    state = State(row.state)
    if state is State.SIGNED:
        raise ConflictError("This letter was signed for already.")
    if state is State.CANCELLED or row.nudges_id is not None:
        raise ConflictError("This letter was called back or is a nudge; nobody signs for it.")
    if state is State.PROMISED or row.rendered_text is None:
        raise ConflictError("This letter is not drawn up yet. Try again in a minute.")


def record_return(
    tx: Session, *, notice_ref: str, delivery_id: int, reason: str, by: str, at: datetime
) -> None:
    """A mail came back after it had been accepted: the duty is open again, the chain goes on.

    Raises:
        ConflictError: it was read or signed for, or is no mail that went out.
    """
    row = rows.notice(tx, notice_ref)
    delivery = tx.get(Delivery, delivery_id)
    if delivery is None or delivery.notice_id != row.id or State(row.state) in ENDED:
        raise ConflictError("This delivery cannot be recorded as returned.")
    said = one_line(reason)[:500] or "returned"
    if not rows.act_delivery(
        tx, delivery, DeliveryState.BOUNCED, origins={DeliveryState.SENT}, last_error=said
    ):
        raise ConflictError("This delivery cannot be recorded as returned.")
    rows.write(tx, row, "returned", at=at, actor=by, delivery=delivery.id)
    bounced(tx, row, delivery, at)


def bounced(tx: Session, row: Notice, delivery: Delivery, at: datetime) -> None:
    """This contact cannot be reached: the next one at once; with nobody left the duty is open."""
    if row.nudges_id is not None:
        rows.act(tx, row, Act.BOUNCE)
        letter = tx.get_one(Notice, row.nudges_id)
        if State(letter.state) not in ENDED:
            rows.move_on(tx, letter, why=f"bounce{delivery.id}", at=at, due_at=at)
        return
    reached = any(
        one.state in {DeliveryState.SENT, DeliveryState.DELIVERED}
        for one in rows.deliveries(tx, row.id)
    )
    if not reached and rows.act(tx, row, Act.BOUNCE):
        rows.settle(tx, row, state=State.BOUNCED, mark=delivery.id, at=at)
    if State(row.state) not in ENDED:
        rows.move_on(tx, row, why=f"bounce{delivery.id}", at=at, due_at=at)


def kept(tx: Session, *, notice_ref: str, vault_sha256: str, at: datetime) -> None:
    """The letter's bytes lie in the vault under this digest."""
    row = rows.notice(tx, notice_ref)
    row.vault_sha256 = vault_sha256
    rows.write(tx, row, "kept", at=at, vault=vault_sha256)
