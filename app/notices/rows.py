"""Rows of letters: conditional changes, links, promises upward; for this package's verbs."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core import crypto
from app.core.errors import NotFoundError
from app.core.keystore import keys
from app.notices.models import Delivery, LetterLink, Notice
from app.notices.states import OUT, RULES, Act, DeliveryState
from app.notices.values import State
from app.outbox import service as outbox

_SECRET = "letter-links"  # noqa: S105 - the name of a secret
_TOKEN_BYTES = 16  # 128 bit (page 3.3)


def notice(session: Session, ref: str) -> Notice:
    """The letter with this reference.

    Raises:
        NotFoundError: there is none.
    """
    row = session.scalar(select(Notice).where(Notice.ref == ref))
    if row is None:
        raise NotFoundError("There is no letter %(ref)s.", ref=ref)
    return row


def act(tx: Session, row: Notice, what: Act, **values: Any) -> bool:
    """Move the letter on, if the table allows it from where it is now; whether it moved."""
    rule = RULES[what]
    done = tx.execute(
        update(Notice)
        .where(Notice.id == row.id, Notice.state.in_([s.value for s in rule.origins]))
        .values(state=rule.to.value, **values)
        .execution_options(synchronize_session=False)
    )
    tx.refresh(row)
    return changed(done)


def act_delivery(
    tx: Session, row: Delivery, to: DeliveryState, *, origins: set[DeliveryState], **values: Any
) -> bool:
    """Move one delivery on, if it is still where we think it is."""
    done = tx.execute(
        update(Delivery)
        .where(Delivery.id == row.id, Delivery.state.in_([s.value for s in origins]))
        .values(state=to.value, **values)
        .execution_options(synchronize_session=False)
    )
    tx.refresh(row)
    return changed(done)


def changed(result: Any) -> bool:
    """Whether a conditional change took place."""
    return isinstance(result, CursorResult) and result.rowcount == 1


def deliveries(session: Session, notice_id: int) -> list[Delivery]:
    """All deliveries of a letter, oldest first."""
    return list(
        session.scalars(
            select(Delivery).where(Delivery.notice_id == notice_id).order_by(Delivery.id)
        )
    )


def drop_waiting(tx: Session, notice_id: int) -> None:
    """Deliveries not made yet are needed no longer: of the letter and of what nudges it."""
    family = select(Notice.id).where((Notice.id == notice_id) | (Notice.nudges_id == notice_id))
    tx.execute(
        update(Delivery)
        .where(
            Delivery.notice_id.in_(family.scalar_subquery()),
            Delivery.state == DeliveryState.PROMISED.value,
        )
        .values(state=DeliveryState.CANCELLED.value)
        .execution_options(synchronize_session="fetch")
    )
    tx.execute(
        update(Notice)
        .where(
            Notice.nudges_id == notice_id,
            Notice.state.in_([s.value for s in RULES[Act.CANCEL].origins]),
        )
        .values(state=State.CANCELLED.value)
        .execution_options(synchronize_session="fetch")
    )


def token(row: Notice, contact_id: int) -> str:
    """The link's secret: derived, so that a repeated message carries the same one."""
    seed = crypto.keyed_hash(keys().secret(_SECRET), f"{row.id}:{row.ref}:{contact_id}")
    return base64.urlsafe_b64encode(seed[:_TOKEN_BYTES]).rstrip(b"=").decode()


def token_hash(value: str) -> str:
    """128 random bits need no slow hash."""
    return crypto.sha256_hex(f"letter:{value}".encode())


def by_link(session: Session, token: str) -> tuple[LetterLink, Notice]:
    """The link and its letter.

    Raises:
        NotFoundError: no such link, or a letter that was called back.
    """
    link = session.scalar(select(LetterLink).where(LetterLink.token_hash == token_hash(token)))
    row = session.get(Notice, link.notice_id) if link is not None else None
    if link is None or row is None or State(row.state) is State.CANCELLED:
        raise NotFoundError("There is no letter at this address. Check that the link is complete.")
    return link, row


def link(tx: Session, row: Notice, contact_id: int, at: datetime) -> None:
    """Let this contact read and sign this letter."""
    hashed = token_hash(token(row, contact_id))
    if tx.scalar(select(LetterLink.id).where(LetterLink.token_hash == hashed)) is None:
        tx.add(
            LetterLink(token_hash=hashed, notice_id=row.id, contact_id=contact_id, created_at=at)
        )
        tx.flush()


def settle(tx: Session, row: Notice, *, state: State, mark: object, at: datetime) -> None:
    """Tell the incident what became of its letter; a nudge is nobody's duty."""
    if row.nudges_id is None and row.incident is not None:
        outbox.put(
            tx,
            topic="incidents.notice_settled",
            key=f"incidents.notice_settled:{row.id}:{state.value}:{mark}",
            at=at,
            duty_key=row.duty_key,
            state=state.value,
        )


def move_on(tx: Session, row: Notice, *, why: str, at: datetime, due_at: datetime) -> None:
    """Promise the next step of the chain; a step taken meanwhile makes it void."""
    outbox.put(
        tx,
        topic="notices.chain",
        key=f"notices.chain:{row.id}:{row.moves}:{why}",
        at=at,
        due_at=due_at,
        notice_id=row.id,
        moves=row.moves,
    )


def is_out(row: Notice) -> bool:
    """Whether some contact has it."""
    return State(row.state) in OUT


def write(
    tx: Session,
    row: Notice,
    action: str,
    *,
    at: datetime,
    actor: str = "system:notices",
    **data: object,
) -> None:
    """One line in the audit log about this letter."""
    audit.record(
        tx,
        actor=actor,
        action=f"notice.{action}",
        subject=f"notice:{row.ref}",
        incident=row.incident,
        at=at,
        **data,
    )
