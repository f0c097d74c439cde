"""Questions about 留存记录."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import NotFoundError
from app.evidence.models import Capture, CustodyEntry, EvidenceItem
from app.evidence.values import CaptureState, CaptureView, CustodyView, ItemView


def item_view(row: EvidenceItem) -> ItemView:
    """The row as others see it."""
    return ItemView(
        id=row.id,
        ref=row.ref,
        incident=row.incident,
        kind=row.kind,
        title=row.title,
        sha256=row.sha256,
        size=row.size,
        media_type=row.media_type,
        kid=row.kid,
        facts=row.facts,
        captured_at=row.captured_at,
    )


def items(session: Session, incident: str) -> list[ItemView]:
    """The incident's items in the order they were sealed."""
    rows = session.scalars(
        select(EvidenceItem).where(EvidenceItem.incident == incident).order_by(EvidenceItem.id)
    )
    return [item_view(row) for row in rows]


def item(session: Session, ref: str) -> ItemView:
    """One item.

    Raises:
        NotFoundError: there is none.
    """
    row = session.scalars(select(EvidenceItem).where(EvidenceItem.ref == ref)).first()
    if row is None:
        raise NotFoundError("There is no evidence item %(ref)s.", ref=ref)
    return item_view(row)


def custody(session: Session, *, incident: str | None = None, ref: str = "") -> list[CustodyView]:
    """保管链 of an incident's items, or of one item, in order."""
    query = select(CustodyEntry, EvidenceItem.ref).join(
        EvidenceItem, EvidenceItem.id == CustodyEntry.item_id
    )
    if incident is not None:
        query = query.where(EvidenceItem.incident == incident)
    if ref:
        query = query.where(EvidenceItem.ref == ref)
    return [
        CustodyView(item_ref, row.act, row.by, row.at, row.reason, row.sha256, row.intact)
        for row, item_ref in session.execute(query.order_by(CustodyEntry.id))
    ]


def _captures(session: Session, *where: object) -> list[CaptureView]:
    query = (
        select(Capture, EvidenceItem.ref)
        .outerjoin(EvidenceItem, EvidenceItem.id == Capture.item_id)
        .where(*where)  # type: ignore[arg-type]
        .order_by(Capture.id)
    )
    return [
        CaptureView(
            id=row.id,
            incident=row.incident,
            version_id=row.version_id,
            address_id=row.address_id,
            state=row.state,
            attempts=row.attempts,
            error=row.error,
            item_ref=item_ref,
            asked_at=row.asked_at,
            done_at=row.done_at,
        )
        for row, item_ref in session.execute(query)
    ]


def captures(session: Session, incident: str) -> list[CaptureView]:
    """The incident's promised captures with their states."""
    return _captures(session, Capture.incident == incident)


def capture(session: Session, capture_id: int) -> CaptureView:
    """One promised capture.

    Raises:
        NotFoundError: there is none.
    """
    found = _captures(session, Capture.id == capture_id)
    if not found:
        raise NotFoundError("There is no capture %(capture)s.", capture=capture_id)
    return found[0]


def settled(session: Session, incident: str) -> bool:
    """Whether no capture of the incident is still open."""
    return all(one.state != CaptureState.OPEN for one in captures(session, incident))


def after(session: Session, item_id: int, *, limit: int) -> list[ItemView]:
    """Items past an id that are still kept, for the scrub."""
    rows = session.scalars(
        select(EvidenceItem)
        .where(EvidenceItem.id > item_id, EvidenceItem.disposed_at.is_(None))
        .order_by(EvidenceItem.id)
        .limit(limit)
    )
    return [item_view(row) for row in rows]
