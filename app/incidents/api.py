"""``/api/v1/incidents``: the desk for programs; a desk key acts as its account (law 4)."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from typing import Any

from flask import Response, jsonify, request
from flask_babel import gettext
from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from app.accounts import guard
from app.catalogue import queries as catalogue
from app.core import clock
from app.core.access import scope
from app.core.db import db
from app.core.errors import ConflictError, NotFoundError
from app.core.transaction import transaction
from app.core.web import problem
from app.incidents import acts, forms, queries, wording
from app.incidents.states import State
from app.incidents.values import IncidentView
from app.suspension import queries as stops

blp = Blueprint(
    "incidents", __name__, url_prefix="/api/v1/incidents", description="Incidents (处置单)"
)
BLUEPRINTS = (blp,)


class ListQuery(Schema):
    """What to list."""

    next = fields.String(metadata={"description": "cursor: `next` of the page before"})
    after = fields.String(metadata={"description": "the same cursor under its older name"})
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200))
    state = fields.String(validate=validate.OneOf([s.value for s in State]))
    open = fields.Boolean(
        load_default=False,
        metadata={"description": "only open ones, what is due first stands first"},
    )
    resource = fields.String(metadata={"description": "id of a resource"})


class FileSchema(Schema):
    """A file in a JSON body."""

    name = fields.String(required=True, validate=validate.Length(1, 200))
    content = fields.String(required=True, metadata={"format": "base64"})


class DecisionSchema(Schema):
    """One act of a person."""

    action = fields.String(required=True, validate=validate.OneOf(sorted(acts.ACTS)))
    reason = fields.String(load_default="", validate=validate.Length(max=2000))
    summary = fields.String(load_default="", validate=validate.Length(max=2000))
    category = fields.String(allow_none=True, validate=validate.Length(max=60))
    kind = fields.String(allow_none=True, validate=validate.Length(max=60))
    severe = fields.Boolean(load_default=False)
    severe_reason = fields.String(load_default="", validate=validate.Length(max=2000))
    document_no = fields.String(load_default="", validate=validate.Length(max=120))
    document_date = fields.String(load_default="", validate=validate.Length(max=20))
    step = fields.String(load_default="", validate=validate.Length(max=40))
    signatory = fields.String(load_default="", validate=validate.Length(max=120))
    address_id = fields.Integer(allow_none=True)
    version = fields.Integer(
        allow_none=True, metadata={"description": "as read; another one now answers 409"}
    )
    file = fields.Nested(FileSchema, allow_none=True)


class HoldSchema(Schema):
    """A stop under this incident."""

    reason = fields.String(required=True, validate=validate.Length(1, 2000))
    version = fields.Integer(allow_none=True)


class LiftSchema(Schema):
    """Letting go: released, requested or approved, as the hold and its state need."""

    reason = fields.String(required=True, validate=validate.Length(1, 2000))
    version = fields.Integer(allow_none=True)


def _seen(ref: str) -> IncidentView:
    found = queries.incident(db.session(), ref)
    guard.demand("incident.read", found.platform_id)
    return found


def document(ref: str) -> dict[str, Any]:
    """One incident with everything that hangs on it."""
    session = db.session()
    one = queries.incident(session, ref)
    cases = queries.reentry_cases(session, ref)
    holds = [
        h for each in queries.held_refs(session, ref) for h in stops.holds(session, incident=each)
    ]
    return {
        **_line(one),
        "summary": one.summary,
        "severe_reason": one.severe_reason,
        "pending": one.pending,
        "policy": one.policy,
        "duties": [asdict(duty) for duty in queries.duties(session, ref)],
        "holds": [asdict(hold) | {"standing": hold.standing} for hold in holds],
        "addresses": [
            asdict(address) | {"still_served": address.still_served}
            for address in stops.address_states(session, one.resource_id)
        ],
        "stop": asdict(stops.stop_state(session, one.resource_id)),
        "decisions": [asdict(decision) for decision in queries.decisions(session, ref)],
        "reentry": asdict(cases[0]) if cases else None,
        "actions": acts.offered(one, holds, cases[0] if cases else None),
    }


def _line(one: IncidentView) -> dict[str, Any]:
    """One incident in a list."""
    values = asdict(one)
    resource = catalogue.resource(db.session(), one.resource_id)
    for name in ("id", "summary", "severe_reason", "pending", "policy", "complaint_ids"):
        values.pop(name)
    return {
        **values,
        "resource": resource.ref,
        "title": resource.title,
        "complaints": len(one.complaint_ids),
    }


def _answer(body: Any, status: int = 200) -> Response:
    """JSON with an ETag of its content; 304 when the caller has it."""
    answer = jsonify(_plain(body))
    answer.status_code = status
    answer.set_etag(hashlib.sha256(answer.get_data()).hexdigest()[:32])
    answer.make_conditional(request)
    return answer


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value.isoformat() if hasattr(value, "isoformat") else value


@blp.get("")
@scope("desk")
@blp.arguments(ListQuery, location="query")
def incidents(args: dict[str, Any]) -> Response:
    """Incidents of the platforms this key's person may see, in pages."""
    session, mine = db.session(), guard.current().platforms("incident.read")
    after = args.get("next") or args.get("after")
    if args["open"]:
        page = queries.queue(session, after=after, limit=args["limit"], platform_ids=mine)
    else:
        ref = args.get("resource")
        page = queries.listing(
            session,
            state=args.get("state"),
            resource_id=catalogue.resource(session, ref).id if ref else None,
            after=after,
            limit=args["limit"],
            platform_ids=mine,
        )
    return _answer({"items": [_line(one) for one in page.items], "next": page.next})


@blp.get("/<ref>")
@scope("desk")
def incident(ref: str) -> Response:
    """One incident: duties, holds, what each address shows, decisions."""
    return _answer(document(_seen(ref).ref))


@blp.post("/<ref>/decisions")
@scope("desk")
@blp.arguments(DecisionSchema)
def decide(args: dict[str, Any], ref: str) -> Response:
    """One act; 409 with the fresh state when somebody else was first."""
    return _act(ref, args.pop("action"), args)


@blp.post("/<ref>/holds")
@scope("desk")
@blp.arguments(HoldSchema)
def hold(args: dict[str, Any], ref: str) -> Response:
    """Stop at once; one person suffices."""
    return _act(ref, "stop", args)


@blp.post("/<ref>/holds/<int:hold_id>/lift")
@scope("desk")
@blp.arguments(LiftSchema)
def lift(args: dict[str, Any], ref: str, hold_id: int) -> Response:
    """Let the incident's holds go: release, request, or approve another person's request."""
    one = _seen(ref)
    holds = [
        h
        for each in queries.held_refs(db.session(), ref)
        for h in stops.holds(db.session(), incident=each)
    ]
    if hold_id not in {each.id for each in holds}:
        raise NotFoundError("There is no such hold in this incident.")
    offered = acts.offered(one, holds, None)
    for name in ("approve_lift", "release"):
        if name in offered:
            return _act(ref, name, args)
    return _act(ref, "request_lift", args)


def _act(ref: str, name: str, body: dict[str, Any]) -> Response:
    one = _seen(ref)
    chosen = acts.find(name)
    guard.demand(chosen.permission, one.platform_id)
    given, kept = forms.from_json(body, kind=chosen.file)
    actor, at = guard.current().actor, clock.now()
    db.session.rollback()
    try:
        with transaction() as tx:
            given = forms.keep(tx, kept, given, incident=ref, by=actor, at=at)
            done = chosen.run(tx, ref, given, actor, at)
    except ConflictError as error:
        db.session.rollback()
        sentence = gettext(error.message, **wording.values(error.values))
        return problem(409, error.key, sentence, incident=_plain(document(ref)))
    db.session.rollback()
    return _answer(document(done.ref), 201)
