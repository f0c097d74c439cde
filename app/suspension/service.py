"""Placing and lifting holds. Stopping needs one; letting go needs two, except a machine's mistake.

Every verb begins by locking the feed head, so that stop and lift in the same moment are put in
an order, and the higher generation is what stays (law 2). Law 4 stands here as sentences and in
the table as constraints.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.catalogue import queries as catalogue
from app.core.errors import ConflictError, NotFoundError
from app.core.ids import new_ref
from app.suspension import generation
from app.suspension.models import FeedHead, Hold, StopState
from app.suspension.queries import hold_view
from app.suspension.values import FOUND, HoldKind, HoldView, LiftKind

PERSON = "account:"


def place_hold(
    tx: Session,
    *,
    platform_id: int,
    resource_id: int,
    version_id: int,
    incident: str | None,
    article: int | None,
    kind: str,
    placed_by: str,
    reason: str,
    at: datetime,
    address_id: int | None = None,
    review_by: datetime | None = None,
    exercise: bool = False,
) -> HoldView:
    """Stop the resource (or one address of it) now; the same order given twice is one hold.

    Raises:
        NotFoundError: no such resource, or the address is not one of this resource.
    """
    kind = HoldKind(kind)
    generation.lock_head(tx)
    same = select(Hold).where(
        Hold.resource_id == resource_id,
        Hold.version_id == version_id,
        Hold.incident == incident if incident is not None else Hold.incident.is_(None),
        Hold.kind == kind,
        Hold.placed_by == placed_by,
        Hold.address_id == address_id if address_id is not None else Hold.address_id.is_(None),
        Hold.lifted_at.is_(None),
        Hold.lift_requested_at.is_(None),
    )
    standing = tx.scalars(same).first()
    if standing is not None:
        return hold_view(standing)
    if address_id is not None and address_id not in {
        a.id for a in catalogue.resource_addresses(tx, resource_id)
    }:
        raise NotFoundError("This address does not belong to the resource.")
    row = Hold(
        ref=new_ref(),
        platform_id=platform_id,
        resource_id=resource_id,
        version_id=version_id,
        address_id=address_id,
        incident=incident,
        article=article,
        kind=kind,
        placed_by=placed_by,
        placed_at=at,
        review_by=review_by,
        confirmed_by=placed_by if kind in FOUND else None,
        confirmed_at=at if kind in FOUND else None,
        reason=reason,
        exercise=exercise,
    )
    tx.add(row)
    _changed(tx, [row], action="hold.place", actor=placed_by, at=at, reason=reason)
    return hold_view(row)


def confirm_holds(
    tx: Session,
    *,
    incident: str,
    article: int | None,
    by: str,
    at: datetime,
    platform_id: int | None = None,
    resource_id: int | None = None,
    version_id: int | None = None,
    reason: str = "",
    exercise: bool = False,
) -> list[HoldView]:
    """A finding stands behind the incident's holds now, on every address of its resource.

    Places one where none stands on its resource, if told on what; else answers what stands.
    A second confirmation changes nothing.
    """
    generation.lock_head(tx)
    standing = _standing(tx, incident)
    own_id = resource_id
    if own_id is None and standing:
        own_id = standing[0].resource_id  # the first hold of an incident is on its own resource
    if not any(h.resource_id == own_id for h in standing):
        if platform_id is None or resource_id is None or version_id is None:
            return [hold_view(h) for h in standing]
        placed = place_hold(
            tx,
            platform_id=platform_id,
            resource_id=resource_id,
            version_id=version_id,
            incident=incident,
            article=article,
            kind=HoldKind.CONFIRMED,
            placed_by=by,
            reason=reason,
            at=at,
            exercise=exercise,
        )
        return [*(hold_view(h) for h in standing), placed]
    changed = [h for h in standing if _confirm(h, own_id=own_id, article=article, by=by, at=at)]
    if changed:
        _changed(tx, changed, action="hold.confirm", actor=by, at=at, reason=reason)
    return [hold_view(h) for h in standing]


def _confirm(hold: Hold, *, own_id: int | None, article: int | None, by: str, at: datetime) -> bool:
    if hold.confirmed_by is not None:
        moved = article is not None and hold.article != article
        hold.article = article if moved else hold.article
        return moved
    if hold.kind != HoldKind.DESIGNATED:
        hold.kind = HoldKind.CONFIRMED
    if hold.resource_id == own_id:
        hold.address_id = None  # a finding widens to the whole resource (page 2.7)
    hold.article = article if article is not None else hold.article
    hold.confirmed_by, hold.confirmed_at = by, at
    # What was asked of an unlooked hold was not asked of a finding.
    hold.lift_requested_by = hold.lift_requested_at = None
    return True


def release(tx: Session, *, incident: str, by: str, reason: str, at: datetime) -> list[HoldView]:
    """One officer ends what a machine placed and nobody confirmed; answers what ended.

    Raises:
        ConflictError: a person placed or confirmed some of it (law 4), or a machine asks.
    """
    generation.lock_head(tx)
    standing = _standing(tx, incident)
    _must_be_person(standing, by)
    if any(hold_view(h).needs_two for h in standing):
        raise ConflictError(
            "A person placed or confirmed this hold: one person requests the lift, "
            "another approves it."
        )
    if not standing:
        return []
    return _lift(tx, standing, kind=LiftKind.RELEASE, by=by, reason=reason, at=at)


def release_holds(
    tx: Session, *, refs: Iterable[str], by: str, reason: str, at: datetime
) -> list[HoldView]:
    """One person ends just these unconfirmed holds (law 1: nobody else's); answers what ended.

    Raises:
        ConflictError: a person placed or confirmed one of them (law 4), or a machine asks.
    """
    generation.lock_head(tx)
    standing = list(
        tx.scalars(
            select(Hold)
            .where(Hold.ref.in_(list(refs)), Hold.lifted_at.is_(None))
            .order_by(Hold.id)
            .execution_options(populate_existing=True)
        )
    )
    _must_be_person(standing, by)
    if any(hold_view(h).needs_two for h in standing):
        raise ConflictError(
            "A person placed or confirmed this hold: one person requests the lift, "
            "another approves it."
        )
    return _lift(tx, standing, kind=LiftKind.RELEASE, by=by, reason=reason, at=at)


def request_lift(
    tx: Session, *, incident: str, by: str, reason: str, at: datetime
) -> list[HoldView]:
    """The first of two persons wants every standing hold of the incident lifted.

    Raises:
        ConflictError: nothing stands, or a machine asks.
    """
    generation.lock_head(tx)
    standing = _must_stand(tx, incident)
    _must_be_person(standing, by)
    for hold in standing:
        hold.lift_requested_by, hold.lift_requested_at = by, at
        hold.lift_reason = reason
        audit.record(
            tx,
            actor=by,
            action="hold.request_lift",
            subject=f"hold:{hold.ref}",
            at=at,
            incident=incident,
            reason=reason,
        )
    tx.flush()
    return [hold_view(h) for h in standing]


def approve_lift(
    tx: Session, *, incident: str, by: str, reason: str, at: datetime
) -> list[HoldView]:
    """The second person agrees: the holds end; what another hold covers stays dark.

    Raises:
        ConflictError: nothing stands, no request covers all of it, or the same person acts
            twice (law 4).
    """
    generation.lock_head(tx)
    standing = _must_stand(tx, incident)
    _must_be_person(standing, by)
    if any(h.lift_requested_by is None for h in standing):
        # Also the stop that came between request and approval: it was not in the request.
        raise ConflictError("No lift was requested for every standing hold; request it again.")
    if any(by in {h.lift_requested_by, h.placed_by, h.confirmed_by} for h in standing):
        raise ConflictError(
            "Somebody else must approve: not who requested the lift, placed the hold "
            "or confirmed it."
        )
    return _lift(tx, standing, kind=LiftKind.LIFT, by=by, reason=reason, at=at)


def recover(tx: Session, *, resource_id: int, at: datetime) -> StopState:
    """Work out the resource's dark places anew: its addresses changed under a standing hold."""
    state = generation.advance(tx, resource_id=resource_id, at=at)
    audit.record(
        tx,
        actor="system:suspension",
        action="hold.recover",
        subject=f"resource:{resource_id}",
        at=at,
        generation=state.generation,
    )
    return state


def open_epoch(tx: Session, *, by: str, at: datetime) -> int:
    """After a restored backup: every edge takes the whole state anew; answers the epoch."""
    head: FeedHead = generation.lock_head(tx)
    head.epoch += 1
    head.seq += 1
    tx.flush()
    for resource_id in list(
        tx.scalars(select(StopState.resource_id).order_by(StopState.resource_id))
    ):
        generation.advance(tx, resource_id=resource_id, at=at)
    audit.record(
        tx, actor=by, action="feed.epoch", subject="feed", at=at, epoch=head.epoch, seq=head.seq
    )
    return head.epoch


def _standing(tx: Session, incident: str) -> list[Hold]:
    return list(
        tx.scalars(
            select(Hold)
            .where(Hold.incident == incident, Hold.lifted_at.is_(None))
            .order_by(Hold.id)
            .execution_options(populate_existing=True)
        )
    )


def _must_stand(tx: Session, incident: str) -> list[Hold]:
    standing = _standing(tx, incident)
    if not standing:
        raise ConflictError("There is no standing hold of this incident.")
    return standing


def _must_be_person(holds: Iterable[Hold], by: str) -> None:
    if not by.startswith(PERSON) and not all(h.exercise for h in holds):
        raise ConflictError("Only a person may let go.")


def _lift(
    tx: Session, holds: list[Hold], *, kind: LiftKind, by: str, reason: str, at: datetime
) -> list[HoldView]:
    for hold in holds:
        hold.lifted_by, hold.lifted_at, hold.lift_kind = by, at, kind
        hold.lift_reason = reason
    _changed(tx, holds, action=f"hold.{kind}", actor=by, at=at, reason=reason)
    return [hold_view(h) for h in holds]


def _changed(
    tx: Session, holds: list[Hold], *, action: str, actor: str, at: datetime, reason: str
) -> None:
    """Every change: a generation more for each resource, and an audit entry for each hold."""
    tx.flush()
    states = {
        resource_id: generation.advance(tx, resource_id=resource_id, at=at)
        for resource_id in sorted({h.resource_id for h in holds})
    }
    for hold in holds:
        audit.record(
            tx,
            actor=actor,
            action=action,
            subject=f"hold:{hold.ref}",
            at=at,
            incident=hold.incident,
            kind=str(hold.kind),
            article=hold.article,
            resource_id=hold.resource_id,
            address_id=hold.address_id,
            epoch=states[hold.resource_id].epoch,
            generation=states[hold.resource_id].generation,
            dark=states[hold.resource_id].dark,
            reason=reason,
        )
