"""What stands, what is wanted, what was seen. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.catalogue import queries as catalogue
from app.catalogue.values import AddressView
from app.suspension.cover import is_covered
from app.suspension.models import (
    Enforcement,
    Hold,
    Observation,
    ProbeRound,
    StopState,
    Target,
)
from app.suspension.values import (
    AddressState,
    BlockedView,
    EnforcementView,
    HoldView,
    ResourceState,
    RoundView,
    StopView,
    TargetView,
)


def hold_view(row: Hold) -> HoldView:
    """The row as others see it."""
    return HoldView(**{name: getattr(row, name) for name in HoldView.__dataclass_fields__})


def holds(
    session: Session, *, incident: str | None = None, resource_id: int | None = None
) -> list[HoldView]:
    """Holds, standing and lifted, oldest first."""
    query = select(Hold).order_by(Hold.id)
    if incident is not None:
        query = query.where(Hold.incident == incident)
    if resource_id is not None:
        query = query.where(Hold.resource_id == resource_id)
    return [hold_view(row) for row in session.scalars(query)]


def hold(session: Session, ref: str) -> HoldView | None:
    """One hold by its public reference."""
    row = session.scalar(select(Hold).where(Hold.ref == ref))
    return hold_view(row) if row else None


def standing(session: Session, resource_id: int) -> list[HoldView]:
    """The holds that darken this resource now, oldest first."""
    return [h for h in holds(session, resource_id=resource_id) if h.standing]


def addresses(session: Session, resource_id: int) -> list[AddressView]:
    """Every address a hold on this resource may cover: of every version that may be served.

    A provider cannot slip out from under a hold by delivering a new version: its way back is
    the article's (page 1). An old version's address that is left over is served all the same.
    """
    return catalogue.resource_addresses(session, resource_id)


def states(session: Session, resource_ids: Iterable[int]) -> dict[int, str]:
    """Each resource's state as seen from outside (page 3.7)."""
    wanted = list(resource_ids)
    found = dict.fromkeys(wanted, str(ResourceState.ONLINE))
    rows = session.execute(
        select(StopState.resource_id, StopState.state).where(StopState.resource_id.in_(wanted))
    )
    for resource_id, state in rows:
        found[resource_id] = state
        if catalogue.resource(session, resource_id).removed_at is not None:
            found[resource_id] = str(ResourceState.REMOVED)
    return found


def desired_dark(session: Session, resource_ids: Iterable[int]) -> set[int]:
    """Those with a standing hold: delisted from search and recommendation at once."""
    return set(
        session.scalars(
            select(StopState.resource_id).where(
                StopState.resource_id.in_(list(resource_ids)), StopState.dark.is_(True)
            )
        )
    )


def dark_resources(session: Session, *, platform_id: int | None = None) -> list[int]:
    """Every resource with a standing hold."""
    query = select(Hold.resource_id).where(Hold.lifted_at.is_(None)).distinct()
    if platform_id is not None:
        query = query.where(Hold.platform_id == platform_id)
    return sorted(session.scalars(query))


def address_states(session: Session, resource_id: int) -> list[AddressState]:
    """What each address should be, and what the probe last saw there."""
    holding = standing(session, resource_id)
    seen = {
        o.address_id: o
        for o in session.scalars(select(Observation).where(Observation.resource_id == resource_id))
    }
    return [
        _address_state(a, desired=is_covered(holding, a.id), seen=seen.get(a.id))
        for a in addresses(session, resource_id)
    ]


def _address_state(
    address: AddressView, *, desired: bool, seen: Observation | None
) -> AddressState:
    return AddressState(
        address_id=address.id,
        url=address.url,
        role=address.role,
        hosting=address.hosting,
        desired_dark=desired,
        dark=bool(seen and seen.dark),
        status=seen.status if seen else None,
        seen_at=seen.at if seen else None,
        dark_since=seen.dark_since if seen else None,
        error=seen.error if seen else None,
    )


def stop_state(session: Session, resource_id: int) -> StopView:
    """The resource's generation and how far it is; generation 0 when it was never held."""
    state = session.get(StopState, resource_id)
    if state is None:
        return StopView(
            resource_id, 0, 0, dark=False, state=ResourceState.ONLINE, changed_at=None,
            stopped_at=None, probed_at=None,
        )  # fmt: skip
    placed = session.scalar(
        select(func.min(Hold.placed_at)).where(
            Hold.resource_id == resource_id, Hold.lifted_at.is_(None)
        )
    )
    return StopView(
        resource_id=resource_id,
        epoch=state.epoch,
        generation=state.generation,
        dark=state.dark,
        state=state.state,
        changed_at=state.changed_at,
        stopped_at=state.stopped_at,
        probed_at=state.probed_at,
        placed_at=placed,
        targets=tuple(_enforcements(session, resource_id)),
    )


def _enforcements(session: Session, resource_id: int) -> list[EnforcementView]:
    rows = session.execute(
        select(Enforcement, Target)
        .join(Target, Target.id == Enforcement.target_id)
        .where(Enforcement.resource_id == resource_id, Target.disabled_at.is_(None))
        .order_by(Target.name)
    )
    return [
        EnforcementView(
            t.name, t.kind, t.must, e.desired, e.applied, e.desired_at, e.applied_at,
            e.attempts, e.last_error,
        )
        for e, t in rows
    ]  # fmt: skip


def targets(session: Session) -> list[TargetView]:
    """Every target with how far behind it is."""
    return [
        _target_view(session, row) for row in session.scalars(select(Target).order_by(Target.name))
    ]


def _target_view(session: Session, row: Target) -> TargetView:
    behind = session.execute(
        select(func.count(), func.min(Enforcement.desired_at)).where(
            Enforcement.target_id == row.id, Enforcement.applied < Enforcement.desired
        )
    ).one()
    error = session.scalar(
        select(Enforcement.last_error)
        .where(Enforcement.target_id == row.id, Enforcement.last_error.is_not(None))
        .order_by(Enforcement.desired_at.desc())
        .limit(1)
    )
    return TargetView(
        row.id, row.name, row.kind, row.must, row.platform_id, row.seen_at, row.applied_epoch,
        row.applied_seq, behind[0], behind[1], error, row.disabled_at,
    )  # fmt: skip


def target_of_key(session: Session, api_key_id: int) -> TargetView | None:
    """The edge that reports under this API key."""
    row = session.scalar(
        select(Target).where(Target.api_key_id == api_key_id, Target.disabled_at.is_(None))
    )
    return _target_view(session, row) if row else None


def blocked(session: Session, ref: str) -> BlockedView | None:
    """What a person who met our 451 may know."""
    row = session.scalar(select(Hold).where(Hold.ref == ref))
    if row is None:
        return None
    # The reference was shown for the resource: another hold may still keep it dark.
    still = session.scalar(
        select(Hold.id).where(Hold.resource_id == row.resource_id, Hold.lifted_at.is_(None))
    )
    return BlockedView(row.ref, row.platform_id, still is not None, row.placed_at)


def incident_of(session: Session, resource_id: int) -> str | None:
    """The incident whose hold has stood longest here; None when nothing stands."""
    return next((h.incident for h in standing(session, resource_id) if h.incident), None)


def platform_of(session: Session, resource_id: int) -> int:
    """The platform the resource belongs to."""
    return catalogue.resource(session, resource_id).platform_id


def block_refs(session: Session, resource_id: int) -> frozenset[str]:
    """Every reference of ours an answer for this resource may carry."""
    return frozenset(session.scalars(select(Hold.ref).where(Hold.resource_id == resource_id)))


def rounds(session: Session, resource_id: int, *, since: datetime | None = None) -> list[RoundView]:
    """Every look at this resource, oldest first: the evidence of its darkness."""
    query = select(ProbeRound).where(ProbeRound.resource_id == resource_id).order_by(ProbeRound.id)
    if since is not None:
        query = query.where(ProbeRound.at >= since)
    return [
        RoundView(r.generation, r.at, r.all_dark, tuple(r.seen)) for r in session.scalars(query)
    ]
