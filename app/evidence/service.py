"""Sealing, reading and promising 留存记录; each act leaves a custody row and an audit entry."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import rfc8785
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from app.audit import canonical
from app.audit.service import record as audit
from app.catalogue import queries as catalogue
from app.core import crypto, ids, sealed
from app.core.errors import InvalidError, NotFoundError
from app.core.keystore import keys
from app.evidence import queries, vault
from app.evidence.models import Capture, CustodyEntry, EvidenceItem
from app.evidence.store import DamagedError
from app.evidence.values import Act, CaptureState, Content, ItemView, Kind
from app.outbox.service import put as promise

TRY_FOR = timedelta(minutes=10)  # 2.4: after this a failing capture is recorded as failed
_BACK_OFF = (1, 5, 15, 60, 120)  # seconds between attempts


def facts_digest(facts: dict[str, Any]) -> str:
    """What the audit log keeps of an item's facts."""
    return crypto.sha256_hex(rfc8785.dumps(facts))


def record(
    tx: Session,
    *,
    incident: str | None,
    kind: str,
    title: str,
    stored: vault.Stored,
    media_type: str,
    by: str,
    at: datetime,
    kid: str | None = None,
    facts: dict[str, Any] | None = None,
) -> ItemView:
    """Write down what was put into the vault; the same bytes of one kind twice is one item."""
    kind = Kind(kind)
    known = tx.scalars(
        select(EvidenceItem).where(
            EvidenceItem.incident == incident
            if incident is not None
            else EvidenceItem.incident.is_(None),
            EvidenceItem.kind == kind,
            EvidenceItem.sha256 == stored.sha256,
        )
    ).first()
    if known is not None:
        return queries.item_view(known)
    plain = canonical.plain({**(facts or {}), **({"aad": stored.aad} if stored.aad else {})})
    kid = kid or stored.kid
    row = EvidenceItem(
        ref=ids.new_ref(10),
        incident=incident,
        kind=kind,
        title=canonical.text(title),
        sha256=stored.sha256,
        size=stored.size,
        media_type=media_type,
        kid=kid,
        alg=crypto.ALG if kid else "",
        facts=plain,
        captured_at=at,
        retain_until=None,
        disposed_at=None,
    )
    tx.add(row)
    tx.flush()
    _custody(tx, row.id, act=Act.SEALED, by=by, at=at, reason="", sha256=row.sha256, intact=True)
    audit(
        tx,
        actor=by,
        action="evidence.seal",
        subject=f"evidence:{row.ref}",
        incident=incident,
        at=at,
        kind=kind,
        sha256=row.sha256,
        size=row.size,
        media_type=media_type,
        kid=kid,
        facts=facts_digest(plain),
    )
    return queries.item_view(row)


def _custody(
    tx: Session,
    item_id: int,
    *,
    act: Act,
    by: str,
    at: datetime,
    reason: str,
    sha256: str,
    intact: bool,
) -> None:
    tx.add(
        CustodyEntry(
            item_id=item_id, act=act, by=by, at=at, reason=reason, sha256=sha256, intact=intact
        )
    )


def note(
    tx: Session,
    item: ItemView,
    *,
    act: Act,
    by: str,
    reason: str,
    at: datetime,
    intact: bool,
) -> None:
    """Write one link of 保管链 and its audit entry."""
    _custody(tx, item.id, act=act, by=by, at=at, reason=reason, sha256=item.sha256, intact=intact)
    audit(
        tx,
        actor=by,
        action=f"evidence.{act}",
        subject=f"evidence:{item.ref}",
        incident=item.incident,
        at=at,
        sha256=item.sha256,
        intact=intact,
        reason=crypto.commitment(keys().secret("evidence.reason"), reason) if reason else "",
    )


def read(
    tx: Session, *, item_ref: str, by: str, reason: str, at: datetime, unseal: bool = False
) -> Content:
    """The item's bytes, re-hashed; sealed ones stay sealed unless ``unseal`` (with a reason).

    Call ``.require()`` on the answer after the transaction: damage is recorded, then raised.

    Raises:
        InvalidError: unsealing without a reason.
        KeyGoneError: the item's content was erased.
    """
    item = queries.item(tx, item_ref)
    unseal = unseal and item.kid is not None
    if unseal and not reason.strip():
        raise InvalidError("Say why this must be unsealed.", fields={"reason": "Say why."})
    try:
        data = vault.get(item.sha256)
    except (DamagedError, NotFoundError):
        note(tx, item, act=Act.VERIFIED, by=by, reason=reason, at=at, intact=False)
        return Content(item, None)
    if unseal:
        data = opened(item, data)
    act = Act.UNSEALED if unseal else Act.READ
    note(tx, item, act=act, by=by, reason=reason, at=at, intact=True)
    return Content(item, data)


def opened(item: ItemView, data: bytes) -> bytes:
    """A sealed item's content.

    Raises:
        InvalidError: its owner sealed it another way.
        KeyGoneError: it was erased.
    """
    aad = item.facts.get("aad")
    if item.kid is None or not aad:
        raise InvalidError("This item can only be opened where it was sealed.")
    return sealed.unseal(keys().data_key(item.kid), data, aad=str(aad))


def promise_capture(tx: Session, *, incident: str, version_id: int, at: datetime) -> int:
    """Promise that every address of the version is captured; how many were newly promised.

    ``incidents.capture_settled`` follows once none is open any more (Arts. 20–22: 保存有关记录).
    """
    insert = sqlite_insert if tx.get_bind().dialect.name == "sqlite" else pg_insert
    new = 0
    for address in catalogue.addresses(tx, version_id):
        capture_id = tx.scalar(
            insert(Capture)
            .values(
                incident=incident,
                version_id=version_id,
                address_id=address.id,
                state=CaptureState.OPEN,
                attempts=0,
                asked_at=at,
            )
            .on_conflict_do_nothing(index_elements=["incident", "address_id"])
            .returning(Capture.id)
        )
        if capture_id is not None:
            new += 1
            _ask(tx, capture_id, attempt=0, at=at)
    audit(
        tx,
        actor="system:evidence",
        action="evidence.ask",
        subject=f"incident:{incident}",
        incident=incident,
        at=at,
        version=version_id,
        addresses=new,
    )
    if new == 0:
        _tell_if_settled(tx, incident, at=at)
    return new


def _ask(
    tx: Session, capture_id: int, *, attempt: int, at: datetime, due_at: datetime | None = None
) -> None:
    promise(
        tx,
        topic="evidence.capture",
        key=f"evidence.capture:{capture_id}:{attempt}",
        at=at,
        due_at=due_at,
        capture_id=capture_id,
    )


def _tell_if_settled(tx: Session, incident: str, *, at: datetime) -> None:
    if queries.settled(tx, incident):
        promise(
            tx,
            topic="incidents.capture_settled",
            key=f"incidents.capture_settled:{incident}:{canonical.moment(at)}",
            at=at,
            incident=incident,
        )


def capture_failed(tx: Session, *, capture_id: int, error: str, at: datetime) -> str:
    """An attempt failed: promise the next, or after ten minutes record the failure; the state."""
    one = queries.capture(tx, capture_id)
    if one.state != CaptureState.OPEN:
        return one.state
    last = one.asked_at + TRY_FOR
    over = at >= last
    state = CaptureState.FAILED if over else CaptureState.OPEN
    tx.execute(
        update(Capture)
        .where(Capture.id == capture_id, Capture.state == CaptureState.OPEN)
        .values(
            state=state,
            attempts=one.attempts + 1,
            error=canonical.text(error)[:500],
            done_at=at if over else None,
        )
    )
    if not over:
        wait = timedelta(seconds=_BACK_OFF[min(one.attempts, len(_BACK_OFF) - 1)])
        _ask(tx, capture_id, attempt=one.attempts + 1, at=at, due_at=min(at + wait, last))
        return state
    audit(
        tx,
        actor="system:evidence",
        action="evidence.capture_failed",
        subject=f"incident:{one.incident}",
        incident=one.incident,
        at=at,
        address=one.address_id,
        attempts=one.attempts + 1,
        error=error[:500],
    )
    _tell_if_settled(tx, one.incident, at=at)
    return state


def capture_done(
    tx: Session,
    *,
    capture_id: int,
    title: str,
    stored: vault.Stored,
    facts: dict[str, Any],
    partial: str | None,
    at: datetime,
) -> ItemView:
    """An address was captured; ``partial`` says what of it is missing."""
    one = queries.capture(tx, capture_id)
    item = record(
        tx,
        incident=one.incident,
        kind=Kind.CAPTURE,
        title=title,
        stored=stored,
        media_type="application/warc",
        by="system:evidence",
        at=at,
        facts=facts,
    )
    tx.execute(
        update(Capture)
        .where(Capture.id == capture_id, Capture.state == CaptureState.OPEN)
        .values(
            state=CaptureState.PARTIAL if partial else CaptureState.DONE,
            attempts=one.attempts + 1,
            error=partial,
            item_id=item.id,
            done_at=at,
        )
    )
    _tell_if_settled(tx, one.incident, at=at)
    return item
