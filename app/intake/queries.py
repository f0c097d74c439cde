"""Questions about complaints: for triage, for the desk, for the holder of a receipt code."""

from __future__ import annotations

import hmac
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import func, or_, select, true
from sqlalchemy.orm import Session

from app.catalogue import queries as catalogue
from app.core import crypto
from app.core.errors import NotFoundError
from app.intake import appeals, attachments, places, receipt, rows, sealing, states
from app.intake.models import Attachment, Complaint, Locator, Message
from app.intake.states import State
from app.intake.values import (
    AttachmentView,
    ClaimView,
    ComplaintView,
    MessageView,
    Place,
    ReceiptView,
    Scan,
    StepView,
    Teachable,
)


def for_triage(session: Session, complaint_id: int) -> ComplaintView:
    """The complaint as triage works on it.

    Raises:
        NotFoundError: there is none.
    """
    row = session.get(Complaint, complaint_id)
    if row is None:
        raise NotFoundError("There is no such complaint.")
    return _view(session, row)


def by_ref(session: Session, ref: str) -> ComplaintView:
    """The same by public reference.

    Raises:
        NotFoundError: there is none.
    """
    return _view(session, rows.by_ref(session, ref))


def _view(session: Session, row: Complaint) -> ComplaintView:
    return ComplaintView(
        id=row.id,
        ref=row.ref,
        source=row.source,
        masked_text=row.masked_text,
        language=row.language,
        resource_id=row.resource_id,
        version_id=row.version_id,
        platform_id=row.platform_id,
        resource_hint=row.resource_hint,
        resource_url=row.resource_url,
        locators=tuple(_places(session, [row.id])[row.id]),
        kind=row.kind,
        source_tag=row.source_tag,
        minor=row.minor,
        wants_reply=row.wants_reply,
        state=row.state,
        received_at=row.received_at,
        accept_by=row.accept_by,
        handle_by=row.handle_by,
        exercise=row.exercise,
        joins=row.joins_id,
        appealed_at=row.appealed_at,
        attachments=tuple(_attachments(session, [row.id])[row.id]),
    )


def _places(session: Session, ids: Sequence[int]) -> dict[int, list[Place]]:
    found: dict[int, list[Place]] = defaultdict(list)
    query = select(Locator).where(Locator.complaint_id.in_(ids)).order_by(Locator.id)
    for row in session.scalars(query):
        place = Place(row.kind, row.from_, row.to)
        found[row.complaint_id].append(replace(place, fragment=places.fragment(place)))
    return found


def _attachments(session: Session, ids: Sequence[int]) -> dict[int, list[AttachmentView]]:
    found: dict[int, list[AttachmentView]] = defaultdict(list)
    query = select(Attachment).where(Attachment.complaint_id.in_(ids)).order_by(Attachment.id)
    for row in session.scalars(query):
        found[row.complaint_id].append(attachments.view(row))
    return found


def claims(session: Session, complaint_ids: Iterable[int]) -> list[ClaimView]:
    """The claims of an incident, oldest first."""
    ids = list(complaint_ids)
    where, files = _places(session, ids), _attachments(session, ids)
    counts = {
        row[0]: (row[1], row[2])
        for row in session.execute(
            select(
                Message.complaint_id,
                func.count(Message.id),
                func.count(Message.id).filter(Message.direction == "in", Message.read_at.is_(None)),
            )
            .where(Message.complaint_id.in_(ids), Message.kind != "state")
            .group_by(Message.complaint_id)
        )
    }
    query = select(Complaint).where(Complaint.id.in_(ids)).order_by(Complaint.id)
    return [
        ClaimView(
            complaint_id=row.id,
            ref=row.ref,
            source=row.source,
            received_at=row.received_at,
            state=row.state,
            masked_text=row.masked_text,
            kind=row.kind,
            locators=tuple(where[row.id]),
            minor=row.minor,
            source_tag=row.source_tag,
            attachments=tuple(files[row.id]),
            messages=counts.get(row.id, (0, 0))[0],
            unread=counts.get(row.id, (0, 0))[1],
        )
        for row in session.scalars(query)
    ]


def still_open(session: Session, complaint_ids: Iterable[int]) -> set[int]:
    """Which of these complaints are not closed, withdrawn or erased."""
    return set(
        session.scalars(
            select(Complaint.id).where(
                Complaint.id.in_(list(complaint_ids)),
                Complaint.state.not_in([State.CLOSED, State.WITHDRAWN]),
                Complaint.erased_at.is_(None),
            )
        )
    )


def in_triage(
    session: Session, platform_ids: Sequence[int], *, limit: int = 50
) -> list[ComplaintView]:
    """Complaints that no incident took, the one to be accepted first in front."""
    query = (
        select(Complaint)
        .where(
            Complaint.in_triage == true(),
            or_(Complaint.platform_id.is_(None), Complaint.platform_id.in_(platform_ids)),
        )
        .order_by(Complaint.accept_by)
        .limit(limit)
    )
    return [_view(session, row) for row in session.scalars(query)]


def masked_messages(session: Session, complaint_id: int) -> list[MessageView]:
    """The conversation as officers read it: the masked copy."""
    query = (
        select(Message)
        .where(Message.complaint_id == complaint_id, Message.kind != "state")
        .order_by(Message.id)
    )
    return [
        MessageView(m.id, m.direction, m.kind, m.masked_text, m.at, m.by)
        for m in session.scalars(query)
    ]


def barred(session: Session, ref: str) -> frozenset[str]:
    """Who may not answer this complaint's appeal, since they decided what it is against."""
    return appeals.deciders(session, rows.by_ref(session, ref))


def by_secret(session: Session, secret: str, *, ref: str | None = None) -> int | None:
    """The complaint whose receipt code this is; hit and miss take the same way."""
    typed = receipt.read(secret)
    wanted = sealing.secret_hash(typed.secret)
    row = session.execute(
        select(Complaint.id, Complaint.ref).where(Complaint.secret_hash == wanted)
    ).first()
    if row is None or typed.wrong is not None:
        return None
    if ref is not None and not hmac.compare_digest(row.ref.encode(), ref.upper().encode()):
        return None
    return int(row.id)


def holder_view(session: Session, complaint_id: int) -> ReceiptView:
    """What the holder of the receipt code sees.

    Raises:
        NotFoundError: there is none.
    """
    row = session.get(Complaint, complaint_id)
    if row is None:
        raise NotFoundError("There is no such complaint.")
    found = list(
        session.scalars(select(Message).where(Message.complaint_id == row.id).order_by(Message.id))
    )
    key = sealing.key_of(row.kid)
    files = _attachments(session, [row.id])[row.id]
    title = catalogue.resource(session, row.resource_id).title if row.resource_id else ""
    return ReceiptView(
        complaint_id=row.id,
        ref=row.ref,
        state=row.state,
        resource_title=title or row.resource_hint or "",
        received_at=row.received_at,
        accept_by=row.accept_by,
        handle_by=row.handle_by,
        outcome=row.outcome,
        steps=(
            StepView("received", row.received_at),
            *(StepView(m.masked_text, m.at) for m in found if m.kind == "state"),
        ),
        messages=tuple(_opened(m, row.ref, key) for m in found if m.kind != "state"),
        places=tuple(_places(session, [row.id])[row.id]),
        files=len(files),
        malicious=sum(file.scan == Scan.QUARANTINED for file in files),
        erased=key is None or row.erased_at is not None,
        may=(
            states.may(row.state, appealed=row.appealed_at is not None)
            if key is not None
            else frozenset()
        ),
        appealed_at=row.appealed_at,
        pinged=row.sealed_ping is not None,
        kind=row.kind,
        minor=row.minor,
    )


def brought_by(
    session: Session, by: Sequence[str], *, since: datetime, until: datetime, limit: int
) -> list[str]:
    """The references of what these officers or keys brought in, newest first."""
    return list(
        session.scalars(
            select(Complaint.ref)
            .where(
                Complaint.entered_by.in_(by),
                Complaint.received_at >= since,
                Complaint.received_at <= until,
            )
            .order_by(Complaint.received_at.desc())
            .limit(limit)
        )
    )


def brought(
    session: Session, by: Sequence[str], refs: Sequence[str]
) -> list[tuple[ReceiptView, str | None]]:
    """Those of these complaints that these officers or keys brought, with the kinds named."""
    rows = session.execute(
        select(Complaint.id, Complaint.kind)
        .where(Complaint.ref.in_(refs), Complaint.entered_by.in_(by))
        .order_by(Complaint.received_at.desc())
    )
    return [(holder_view(session, row.id), row.kind) for row in rows]


def _opened(row: Message, ref: str, key: bytes | None) -> MessageView:
    text = ""
    if key is not None:
        text = crypto.unseal(key, row.sealed_text, aad=f"message.text:{ref}").decode()
    return MessageView(row.id, row.direction, row.kind, text, row.at)


def has_messages(session: Session, complaint_id: int) -> int:
    """How many messages of the complainant no officer has read."""
    return (
        session.scalar(
            select(func.count(Message.id)).where(
                Message.complaint_id == complaint_id,
                Message.direction == "in",
                Message.read_at.is_(None),
            )
        )
        or 0
    )


def teachable(
    session: Session, *, platform_ids: Iterable[int], at: datetime
) -> Iterator[Teachable]:
    """Complaints of these platforms whose masked words may be learnt from, oldest first.

    Not what is under a legal hold, erased, withdrawn, past its time, an exercise, a minor's, or a
    monitor's.
    """
    query = (
        select(Complaint)
        .where(
            Complaint.platform_id.in_(list(platform_ids)),
            Complaint.legal_hold.is_(False),
            Complaint.erased_at.is_(None),
            Complaint.exercise.is_(False),
            Complaint.minor.is_(False),
            Complaint.state != states.State.WITHDRAWN,
            Complaint.source != "monitor",
            Complaint.masked_text != "",
            or_(Complaint.retain_until.is_(None), Complaint.retain_until > at),
        )
        .order_by(Complaint.id)
    )
    for row in session.scalars(query):
        answered = row.state == states.State.CLOSED and row.outcome == "answered"
        yield Teachable(
            complaint_id=row.id,
            ref=row.ref,
            masked_text=row.masked_text,
            resource_known=row.resource_id is not None,
            answered_at=row.closed_at if answered else None,
        )
