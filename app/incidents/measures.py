"""Stopping, keeping from spreading, keeping records: what a duty row asks of the packages below."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.accounts import service as accounts
from app.audit import service as audit
from app.authorities import queries as authorities
from app.catalogue import queries as catalogue
from app.core.failpoint import failpoint
from app.evidence import service as evidence
from app.incidents import rows
from app.incidents.models import Duty, Incident
from app.incidents.states import DutyState
from app.norm.book import BOOK
from app.norm.values import Step
from app.outbox import service as outbox
from app.suspension import queries as stops
from app.suspension import service as suspension

POLICY = "policy:precaution"
SYSTEM = "system:incidents"


@dataclass(frozen=True, slots=True)
class Sibling:
    """The same content at another resource (Arts. 20-22: 防止资源扩散)."""

    resource_id: int
    version_id: int
    platform_id: int
    address_id: int
    url: str
    title: str
    ref: str
    operated: bool


def stop(tx: Session, incident: Incident, row: Duty, at: datetime) -> None:
    """Stop at once, or confirm and widen what a precaution stopped."""
    row.started_at = at
    row.state = DutyState.RUNNING.value
    by = incident.found_by or SYSTEM
    if row.wording == "precaution":
        return  # place_precaution has placed the hold in the same transaction
    if row.after_seq is not None and not _has_hold(tx, incident):
        # Art. 24: 在向平台主管单位报告后; only reached once the report is on record as sent.
        suspension.place_hold(
            tx,
            platform_id=incident.platform_id,
            resource_id=incident.resource_id,
            version_id=incident.version_id,
            incident=incident.ref,
            article=row.article,
            kind="designated",
            placed_by=by,
            reason=incident.summary,
            at=at,
            exercise=incident.exercise,
        )
    else:
        suspension.confirm_holds(
            tx,
            incident=incident.ref,
            article=row.article,
            by=by,
            at=at,
            platform_id=incident.platform_id,
            resource_id=incident.resource_id,
            version_id=incident.version_id,
            reason=incident.summary,
            exercise=incident.exercise,
        )
    tx.flush()
    failpoint("F5")


def _has_hold(tx: Session, incident: Incident) -> bool:
    return any(
        hold.standing and hold.resource_id == incident.resource_id
        for hold in stops.holds(tx, incident=incident.ref)
    )


def reopen_stop(tx: Session, incident: Incident) -> None:
    """More must be dark than before: the stop is not done until a probe saw that too."""
    for row in rows.duties(tx, incident):
        if row.step == Step.STOP_TRANSMISSION and row.state == DutyState.DONE:
            row.state, row.done_at = DutyState.RUNNING.value, None
    tx.flush()


def settle_stop(tx: Session, incident: Incident, at: datetime) -> None:
    """``stop_transmission`` is done when a probe saw every address dark (law 3)."""
    running = [
        row
        for row in rows.duties(tx, incident)
        if row.step == Step.STOP_TRANSMISSION and row.state == DutyState.RUNNING
    ]
    if not running:
        return
    seen = stops.stop_state(tx, incident.resource_id)
    if not seen.dark or seen.stopped_at is None:
        return
    for row in running:
        row.state = DutyState.DONE.value
        row.done_at = max(seen.stopped_at, row.started_at or seen.stopped_at)
    tx.flush()
    audit.record(
        tx,
        actor="system:probe",
        action="incident.dark",
        subject=f"incident:{incident.ref}",
        incident=incident.ref,
        at=at,
        stopped_at=seen.stopped_at,
        generation=seen.generation,
    )


def prevent_spread(tx: Session, incident: Incident, row: Duty, at: datetime) -> None:
    """After a finding, hold the same content on platforms we operate; else propose it (page 1)."""
    row.started_at = at
    found = row.wording == "found"
    held, proposed = [], []
    for sibling in siblings(tx, incident):
        if found and sibling.operated:
            hold_sibling(tx, incident, sibling, by=incident.found_by or SYSTEM, at=at)
            held.append(sibling.url)
        else:
            proposed.append(sibling.url)
    row.state = DutyState.DONE.value
    row.done_at = at
    row.note = f"held:{len(held)} proposed:{len(proposed)}"
    audit.record(
        tx,
        actor=SYSTEM,
        action="incident.spread",
        subject=f"incident:{incident.ref}",
        incident=incident.ref,
        at=at,
        held=held,
        proposed=proposed,
    )
    if proposed:
        accounts.page(
            tx,
            key=f"spread:{incident.ref}:{row.wording}",
            why="The same content is served elsewhere; decide whether to stop it there too.",
            at=at,
            platform_id=incident.platform_id,
            incident=incident.ref,
        )


def siblings(session: Session, incident: Incident) -> list[Sibling]:
    """Addresses of other resources with equal content that no hold of this incident covers yet."""
    covered = {
        (hold.resource_id, hold.address_id)
        for ref in rows.refs_with_merged(session, incident)
        for hold in stops.holds(session, incident=ref)
        if hold.standing
    }
    found = []
    for same in catalogue.same_content(session, incident.version_id):
        other = catalogue.resource(session, same.resource_id)
        if covered & {(other.id, None), (other.id, same.address.id)}:
            continue
        platform = authorities.platform(session, other.platform_id)
        found.append(
            Sibling(
                resource_id=other.id,
                version_id=other.version_id,
                platform_id=other.platform_id,
                address_id=same.address.id,
                url=same.address.url,
                title=same.title,
                ref=same.resource_ref,
                operated=platform.operated,
            )
        )
    return found


def hold_sibling(
    tx: Session, incident: Incident, sibling: Sibling, *, by: str, at: datetime
) -> None:
    """Hold exactly the address that carries the same content, under this incident."""
    suspension.place_hold(
        tx,
        platform_id=sibling.platform_id,
        resource_id=sibling.resource_id,
        version_id=sibling.version_id,
        incident=incident.ref,
        article=article(incident),
        kind="confirmed",
        placed_by=by,
        reason=incident.summary,
        at=at,
        address_id=sibling.address_id,
        exercise=incident.exercise,
    )


def call_to_resume(tx: Session, incident: Incident, row: Duty, at: datetime) -> None:
    """条例 Art. 17: what a counter-notice asks for is to be served again; a person checks it."""
    row.state, row.started_at = DutyState.RUNNING.value, at
    accounts.page(
        tx,
        key=f"restore:{incident.ref}:{row.seq}",
        why="A complete counter-notice is here: check it and restore what the notice stopped.",
        at=at,
        platform_id=incident.platform_id,
        incident=incident.ref,
    )


def article(incident: Incident) -> int | None:
    """The article of the incident's category."""
    return BOOK.category(incident.category).article


def preserve(tx: Session, incident: Incident, row: Duty, at: datetime) -> None:
    """Capture every address of the version, and keep the complaints' originals."""
    row.started_at = at
    row.state = DutyState.RUNNING.value
    evidence.promise_capture(tx, incident=incident.ref, version_id=incident.version_id, at=at)
    for complaint_id in rows.complaint_ids(tx, incident.id):
        keep_original(tx, incident, complaint_id, at)


def keep_original(tx: Session, incident: Incident, complaint_id: int, at: datetime) -> None:
    """Promise that the complaint's sealed original and files become evidence."""
    outbox.put(
        tx,
        topic="intake.keep_original",
        key=f"intake.keep_original:{incident.ref}:{complaint_id}",
        at=at,
        complaint_id=complaint_id,
        incident=incident.ref,
    )
