"""The desk's complaint pages: what waits in triage, one complaint, its conversation."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext

from app.accounts import guard
from app.catalogue import queries as catalogue
from app.core import clock, web
from app.core.access import requires
from app.core.db import db
from app.core.errors import ForbiddenError, InvalidError
from app.core.i18n import language
from app.core.transaction import transaction
from app.incidents import places, wording
from app.incidents import queries as incidents
from app.intake import queries as intake
from app.intake import service as intake_service
from app.norm import kinds, titles
from app.suspension import queries as stops
from app.triage import marks, queries, service

desk = Blueprint("triage", __name__)
BLUEPRINTS = (desk,)
_REASON_MAX = 500


@desk.get("/desk/triage")
@requires("complaint.read")
def waiting() -> str:
    """Complaints that no incident took: no resource known, or nothing the norm stops for."""
    session = db.session()
    platforms = guard.current().platforms("complaint.read")
    found = intake.in_triage(session, platforms)
    return render_template(
        "triage/waiting.html",
        complaints=found,
        readings=queries.suggestions(session, [c.id for c in found]),
        kind_title=_kind_title,
    )


@desk.get("/desk/complaints/<ref>")
@requires("complaint.read")
def show(ref: str) -> str:
    """One complaint: the masked words, the machine's reading, the conversation."""
    return _page(ref)


def _page(ref: str, unsealed: Any = None) -> str:
    session = db.session()
    complaint = intake.by_ref(session, ref)
    _demand("complaint.read", complaint.platform_id)
    reading = queries.suggestion(session, complaint.id)
    wanted = request.args.get("q", complaint.resource_hint or "")
    tied = incidents.incidents_of_complaint(session, complaint.id)
    known = complaint.resource_id
    return render_template(
        "triage/complaint.html",
        complaint=complaint,
        reading=reading,
        marked=marks.marked(complaint.masked_text, reading.cues if reading else []),
        messages=intake.masked_messages(session, complaint.id),
        incidents=tied,
        resource=catalogue.card(session, known) if known is not None else None,
        addresses=stops.address_states(session, known) if known is not None else (),
        opens=places.opens,
        wording=wording,
        q=wanted,
        found=catalogue.search(session, wanted, limit=8) if not tied and wanted else [],
        joins=intake.for_triage(session, complaint.joins).ref if complaint.joins else None,
        mine=guard.current().actor in intake.barred(session, ref),
        kinds=[(k, _kind_title(k)) for k in kinds.routing_kinds() if k != "other"],
        kind_title=_kind_title,
        unsealed=unsealed,
    )


@desk.post("/desk/complaints/<ref>/assign")
@requires("incident.decide")
def assign(ref: str) -> Any:
    """Tie the complaint to a resource and a kind."""
    person = guard.current()
    resource_ref = request.form.get("resource", "").strip()
    if not resource_ref:
        raise InvalidError("Choose the resource that the complaint is about.")
    with transaction() as tx:
        guard.demand("incident.decide", catalogue.resource(tx, resource_ref).platform_id)
        incident = service.assign(
            tx,
            complaint_ref=ref,
            resource_ref=resource_ref,
            kind=request.form.get("kind", ""),
            by=person.actor,
            at=clock.now(),
        )
    return redirect(f"/desk/incidents/{incident.ref}", 303)


@desk.post("/desk/complaints/<ref>/ask")
@requires("complaint.answer")
def ask(ref: str) -> Any:
    """Ask the complainant; they see it with their receipt code."""
    return _say(ref, intake_service.ask, gettext("Your question was put to the complainant."))


@desk.post("/desk/complaints/<ref>/answer")
@requires("complaint.answer")
def answer(ref: str) -> Any:
    """Answer and close."""
    return _say(
        ref, intake_service.answer, gettext("The complaint was answered and closed."), close=True
    )


def _say(ref: str, verb: Any, done: str, **more: Any) -> Any:
    text = request.form.get("text", "").strip()
    if not text:
        raise InvalidError("Write what you want to say first.")
    with transaction() as tx:
        complaint = intake.by_ref(tx, ref)
        _demand("complaint.answer", complaint.platform_id)
        at = clock.now()
        intake_service.read_by_officer(tx, ref=ref, at=at)  # who answers has read
        verb(tx, ref=ref, text=text, by=guard.current().actor, at=at, **more)
    flash(done)
    return redirect(web.own_page(request.form.get("next") or f"/desk/complaints/{ref}"), 303)


@desk.post("/desk/complaints/<ref>/unseal")
@requires("complaint.unseal")
def unseal(ref: str) -> Any:
    """Open the original words and the contact: reason, fresh code, audit entry.

    A minor's data needs the privacy approver beside (未成年人网络保护条例 Art. 36).
    """
    person = guard.current()
    guard.demand_step_up()
    complaint = intake.by_ref(db.session(), ref)
    _demand("complaint.unseal", complaint.platform_id)
    db.session.rollback()
    opened: dict[str, str] = {}
    with transaction() as tx:
        approver = (
            guard.beside(tx, "complaint.approve_unseal", complaint.platform_id)
            if complaint.minor
            else None
        )
        for part in ("text", "contact"):
            opened |= intake_service.unseal(
                tx,
                ref=ref,
                part=part,
                by=person.actor,
                reason=request.form.get("reason", "")[:_REASON_MAX],
                at=clock.now(),
                approved_by=approver,
            )
    return _page(ref, opened)


def _may(permission: str, platform_id: int | None) -> bool:
    return guard.current().may(permission, platform_id)


def _demand(permission: str, platform_id: int | None) -> None:
    if not _may(permission, platform_id):
        raise ForbiddenError("You may not do this on this platform. Ask its supervisor.")


def _kind_title(kind: str) -> str:
    return titles.kind_title(kind, "en" if language() == "en" else "zh")
