"""Every act a person can do to an incident: one row gives its permission and its verb.

The desk's forms, the API's decisions and the command line all go through this table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.core.errors import InvalidError
from app.incidents import changes, decisions, lifting, reentry, service
from app.incidents.states import State
from app.incidents.values import CaseView, IncidentView
from app.norm.decisions import LiftNeeds, lift_needs
from app.norm.duties import precaution_duties
from app.suspension.values import HoldView


@dataclass(frozen=True, kw_only=True)
class Given:
    """What a person filled in; an act takes what it needs."""

    reason: str = ""
    summary: str = ""
    category: str | None = None
    kind: str | None = None
    severe: bool = False
    severe_reason: str = ""
    document_no: str = ""
    document_date: str = ""
    evidence_ref: str = ""
    step: str = ""
    signatory: str = ""
    address_id: int | None = None
    version: int | None = None


Verb = Callable[[Session, str, Given, str, datetime], IncidentView]


@dataclass(frozen=True)
class Act:
    """One act: who may, what happens, whether it lets something go (a fresh code is asked)."""

    permission: str
    run: Verb
    lets_go: bool = False
    file: str | None = None  # the evidence kind of the file it takes


def _plain(verb: Callable[..., IncidentView]) -> Verb:
    """A verb that needs only a reason."""

    def run(tx: Session, ref: str, given: Given, by: str, at: datetime) -> IncidentView:
        return verb(tx, ref=ref, reason=given.reason, by=by, at=at, version=given.version)

    return run


def _category(given: Given) -> str:
    if not given.category:
        raise InvalidError(
            "Choose a category.",
            fields={"category": "Choose a category."},
        )
    return given.category


def _confirm(tx: Session, ref: str, given: Given, by: str, at: datetime) -> IncidentView:
    return decisions.confirm(
        tx,
        ref=ref,
        category=_category(given),
        kind=given.kind or None,
        reason=given.reason,
        summary=given.summary or given.reason,
        severe=given.severe,
        severe_reason=given.severe_reason,
        document_no=given.document_no or None,
        document_date=given.document_date or None,
        evidence_ref=given.evidence_ref or None,
        by=by,
        at=at,
        version=given.version,
    )


def _reclassify(tx: Session, ref: str, given: Given, by: str, at: datetime) -> IncidentView:
    return changes.reclassify(
        tx,
        ref=ref,
        category=_category(given),
        kind=given.kind or None,
        reason=given.reason,
        summary=given.summary,
        by=by,
        at=at,
        version=given.version,
    )


def _severe(tx: Session, ref: str, given: Given, by: str, at: datetime) -> IncidentView:
    reason = given.severe_reason or given.reason
    return decisions.mark_severe(tx, ref=ref, reason=reason, by=by, at=at, version=given.version)


def _authority(tx: Session, ref: str, given: Given, by: str, at: datetime) -> IncidentView:
    return lifting.record_authority_decision(
        tx,
        ref=ref,
        document_no=given.document_no,
        document_date=given.document_date,
        evidence_ref=given.evidence_ref,
        reason=given.reason,
        by=by,
        at=at,
        version=given.version,
    )


def _sign(tx: Session, ref: str, given: Given, by: str, at: datetime) -> IncidentView:
    return reentry.sign_reentry_step(
        tx,
        ref=ref,
        step=given.step,
        signatory=given.signatory,
        evidence_ref=given.evidence_ref,
        note=given.reason,
        by=by,
        at=at,
        version=given.version,
    )


def _elsewhere(tx: Session, ref: str, given: Given, by: str, at: datetime) -> IncidentView:
    return decisions.hold_elsewhere(
        tx, ref=ref, address_id=given.address_id or 0, reason=given.reason, by=by, at=at
    )


def _claim(tx: Session, ref: str, given: Given, by: str, at: datetime) -> IncidentView:
    return service.claim(tx, ref=ref, by=by, at=at)


def _unclaim(tx: Session, ref: str, given: Given, by: str, at: datetime) -> IncidentView:
    return service.unclaim(tx, ref=ref, by=by, at=at)


ACTS: dict[str, Act] = {
    "stop": Act("incident.stop", _plain(decisions.stop_now)),
    "confirm": Act("incident.decide", _confirm, file="authority_document"),
    "severe": Act("incident.decide", _severe),
    "reclassify": Act("incident.decide", _reclassify),
    "mistaken": Act("incident.decide", _plain(changes.withdraw_finding)),
    "agree": Act("lift.approve", _plain(changes.agree), lets_go=True),
    "decline": Act("lift.approve", _plain(changes.decline)),
    "reject": Act("incident.release", _plain(decisions.reject)),
    "release": Act("incident.release", _plain(decisions.release)),
    "request_lift": Act("lift.request", _plain(lifting.request_lift)),
    "approve_lift": Act("lift.approve", _plain(lifting.approve_lift), lets_go=True),
    "authority_decision": Act("authority.record", _authority, file="authority_document"),
    "request_remove": Act("lift.request", _plain(lifting.request_remove)),
    "approve_remove": Act("lift.approve", _plain(lifting.approve_remove), lets_go=True),
    "open_reentry": Act("incident.decide", _plain(reentry.open_reentry)),
    "sign_reentry": Act("reentry.sign", _sign, file="reentry"),
    "hold_elsewhere": Act("incident.stop", _elsewhere),
    "close": Act("incident.decide", _plain(decisions.close)),
    "claim": Act("incident.decide", _claim),
    "unclaim": Act("incident.decide", _unclaim),
}


def find(name: str) -> Act:
    """The act under that name.

    Raises:
        InvalidError: there is none.
    """
    try:
        return ACTS[name]
    except KeyError:
        raise InvalidError(
            "There is no action %(action)s.",
            fields={"action": "Choose one of the actions."},
            action=name,
        ) from None


def offered(incident: IncidentView, holds: Iterable[HoldView], case: CaseView | None) -> list[str]:
    """The acts that make sense now, the likeliest first; refusals are the verbs' own."""
    standing = [hold for hold in holds if hold.standing]
    pending = (incident.pending or {}).get("act")
    offers: list[tuple[str, bool]] = [
        ("stop", _stoppable(incident, standing)),
        ("confirm", incident.state in (State.ALLEGED, State.PRECAUTION)),
        ("reject", incident.state == State.ALLEGED),
        ("release", _releasable(incident, standing)),
        ("approve_lift", pending == "lift"),
        ("agree", pending in ("reclassify", "mistaken")),
        ("approve_remove", pending == "remove"),
        ("decline", pending is not None),
        *_after_finding(incident, standing, case, waits=pending is not None),
    ]
    return [name for name, sensible in offers if sensible]


def _stoppable(incident: IncidentView, standing: list[HoldView]) -> bool:
    mine = [hold for hold in standing if hold.resource_id == incident.resource_id]
    if incident.state == State.ALLEGED:
        return precaution_duties(incident.category).allowed
    return incident.open and bool(mine) and all(hold.address_id for hold in mine)


def _releasable(incident: IncidentView, standing: list[HoldView]) -> bool:
    return incident.state == State.PRECAUTION and not any(hold.needs_two for hold in standing)


def _after_finding(
    incident: IncidentView, standing: list[HoldView], case: CaseView | None, *, waits: bool
) -> list[tuple[str, bool]]:
    found = incident.state in (State.FOUND, State.REENTRY)
    needs = lift_needs(incident.category, incident.kind)
    persons = incident.state == State.PRECAUTION and any(hold.needs_two for hold in standing)
    again = incident.state in (State.FOUND, State.REMOVED) and needs is LiftNeeds.REENTRY
    decides = found or incident.state == State.REMOVED
    return [
        ("sign_reentry", incident.state == State.REENTRY and bool(case and case.missing)),
        ("severe", decides and not incident.severe_impact),
        ("authority_decision", decides),
        ("open_reentry", again),
        ("request_lift", (found or persons) and bool(standing) and not waits),
        ("reclassify", incident.state == State.FOUND and not waits),
        ("mistaken", found and not waits and incident.mistaken_at is None),
        ("request_remove", found and not waits),
        ("close", incident.state == State.FOUND and not standing),
    ]
