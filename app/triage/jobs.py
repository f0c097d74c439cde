"""Reads new complaints with the classifier and sorts them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app import classifier
from app.accounts import service as accounts
from app.core import clock
from app.core.failpoint import failpoint
from app.core.log import Log
from app.core.transaction import reading, transaction
from app.incidents import queries as incidents
from app.intake import queries as intake
from app.outbox import service as outbox
from app.triage import problems, queries, service
from app.triage import shadow as shadowing

_log = Log(__name__)

# What stands in for a reading when the model is missing or fails: everything to a person.
_UNREAD = {
    "model": "none", "category": "other", "kind": "other", "kinds": [], "severe": False,
    "severe_score": 0.0, "confidence": 0.0, "abstain": True, "would_hold": False, "risk": None,
    "cues": [], "slots": {},
}  # fmt: skip


def sort(complaint_id: int, day_tag: str | None = None) -> None:
    """Classify with no transaction open, then store, tie, and place or propose in one."""
    with reading() as session:
        complaint = intake.for_triage(session, complaint_id)
        known = queries.suggestion(session, complaint_id)
    read = None
    if known is None:
        read = _read(complaint.masked_text, complaint_id)
    failpoint("triage:classified")
    with transaction() as tx:
        at = clock.now()
        if read is not None:
            service.store_suggestion(tx, complaint_id=complaint_id, reading=read, at=at)
            _promise_shadow(tx, complaint_id, at)
        stored = queries.suggestion(tx, complaint_id)
        assert stored is not None
        service.sort(
            tx,
            complaint_id=complaint_id,
            # Of the version that read: another may be in service by now.
            threshold=service.threshold(stored.model),
            day_tag=day_tag,
            at=at,
        )
        # The day tag served; it never stays beside a complaint (design 2.7).
        outbox.blank(tx, key=f"triage.sort:{complaint_id}", names=("day_tag",))


def _promise_shadow(tx: Session, complaint_id: int, at: datetime) -> None:
    candidate = classifier.shadow_name()
    if candidate is not None:
        shadowing.promise(tx, complaint_id=complaint_id, candidate=candidate, at=at)


def shadow(complaint_id: int) -> None:
    """Let the candidate read what the version in service has read; nothing acts on it."""
    with reading() as session:
        text = intake.for_triage(session, complaint_id).masked_text
        live = queries.suggestion(session, complaint_id)
    if live is None or not text:
        return
    try:
        said = classifier.shadow(text)
    except Exception:  # noqa: BLE001 - a broken candidate is nobody's emergency
        _log.error("triage.shadow_failed", exc_info=True, complaint_id=complaint_id)
        return
    if said is None:
        return
    with transaction() as tx:
        shadowing.compare(tx, live=live, candidate=said.as_dict(), at=clock.now())


def _read(text: str, complaint_id: int) -> dict[str, Any]:
    try:
        return classifier.suggest(text).as_dict()
    except Exception:  # noqa: BLE001 - a broken model must not hold up a complaint
        _log.error("triage.model_failed", exc_info=True, complaint_id=complaint_id)
        return dict(_UNREAD)


def late(complaint_id: int) -> None:
    """A complaint without an incident has waited too long: call a person."""
    with transaction() as tx:
        complaint = intake.for_triage(tx, complaint_id)
        tied = incidents.incidents_of_complaint(tx, complaint_id)
        if tied or complaint.state in {"closed", "withdrawn"}:
            return
        accounts.page(
            tx,
            key=f"triage.late:{complaint.ref}",
            why="A complaint waited in triage past its time. Tie it to a resource or answer.",
            at=clock.now(),
            platform_id=complaint.platform_id,
        )


def forget(complaint_id: int) -> None:
    """The complaint was erased: nothing that was read in it stays."""
    with transaction() as tx:
        problems.forget(tx, complaint_id)


JOBS = {
    "triage.sort": sort,
    "triage.late": late,
    "triage.shadow": shadow,
    "triage.forget": forget,
}
