"""``POST /api/v1/signals``: monitors say what they saw."""

from __future__ import annotations

import hashlib
from typing import Any

from flask import g, request
from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from standardwebhooks import Webhook, WebhookVerificationError

from app.accounts import guard
from app.catalogue import queries as catalogue
from app.core import clock
from app.core.access import scope
from app.core.db import db
from app.core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from app.core.keystore import keys
from app.core.transaction import transaction
from app.intake import service as intake
from app.intake.values import Filing, Place
from app.norm import kinds
from app.norm.errors import NormError
from app.suspension import queries as stops
from app.triage import service

signals = Blueprint("signals", __name__, url_prefix="/api/v1", description="Monitors' signals")
BLUEPRINTS = (signals,)
_TEXT_MAX = 5000
_PLACES_MAX = 20
# A monitor's score is its own claim of precision; it must reach what our model's is held to.
_SURE = 0.95


class ResourceSchema(Schema):
    """Which resource: by public id or by any of its addresses."""

    id = fields.String(validate=validate.Length(1, 80))
    url = fields.String(validate=validate.Length(1, 2_000))


class LocatorSchema(Schema):
    """Where in it."""

    kind = fields.String(
        required=True,
        validate=validate.OneOf(["time", "page", "slide", "exercise", "link", "whole"]),
    )
    from_ = fields.String(
        data_key="from", load_default=None, allow_none=True, validate=validate.Length(max=2_000)
    )
    to = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=2_000))


class SignalSchema(Schema):
    """What the monitor saw. ``severe`` and ``score`` are the monitor's own."""

    resource = fields.Nested(ResourceSchema, required=True)
    text = fields.String(required=True, validate=validate.Length(1, _TEXT_MAX))
    kind = fields.String(required=True, validate=validate.Length(1, 60))
    severe = fields.Boolean(load_default=False)
    score = fields.Float(load_default=0.0, validate=validate.Range(0, 1))
    locators = fields.List(
        fields.Nested(LocatorSchema), load_default=list, validate=validate.Length(max=_PLACES_MAX)
    )


class SignalAnswer(Schema):
    """Where the signal went and why."""

    incident = fields.String(allow_none=True)
    hold = fields.String(allow_none=True)
    proposal = fields.Boolean()
    why = fields.List(fields.String())


@signals.route("/signals", methods=["POST"])
@scope("signal")
@signals.arguments(SignalSchema)
@signals.response(202, SignalAnswer)
def signal(body: dict[str, Any]) -> Any:
    """Tell of a finding of a monitor; the precaution policy decides what it may stop."""
    actor, replay_key = _who()
    digest = hashlib.sha256(request.get_data()).hexdigest()
    known = _known(db.session(), replay_key, digest)
    db.session.rollback()
    if known is not None:
        return known
    reading = _reading(body)
    try:
        return _take(body, reading, actor=actor, replay_key=replay_key, digest=digest)
    except IntegrityError:  # the same signal came twice at once; the first one's answer counts
        return _known(db.session(), replay_key, digest)


def _known(session: Session, replay_key: str, digest: str) -> Any:
    """What this signal was answered before; None when it is new.

    Raises:
        ConflictError: the key came with another body.
    """
    known = service.signal_answer(session, replay_key)
    if known is not None and known["digest"] != digest:
        raise ConflictError("This Idempotency-Key was used for another signal.")
    return known["answer"] if known is not None else None


def _take(
    body: dict[str, Any], reading: dict[str, Any], *, actor: str, replay_key: str, digest: str
) -> Any:
    with transaction() as tx:
        known = _known(tx, replay_key, digest)
        if known is not None:
            return known
        at = clock.now()
        resource_id = _resource(tx, body["resource"])
        filed = intake.file_complaint(
            tx,
            filing=Filing(
                source="monitor",
                text=body["text"],
                resource_ref=catalogue.resource(tx, resource_id).ref,
                resource_url=body["resource"].get("url"),
                places=tuple(
                    Place(p["kind"], p.get("from_"), p.get("to")) for p in body["locators"]
                ),
                kind=body["kind"],
                network=actor,
                entered_by=actor,
            ),
            at=at,
        )
        service.store_suggestion(tx, complaint_id=filed.complaint_id, reading=reading, at=at)
        gone = service.sort(
            tx,
            complaint_id=filed.complaint_id,
            threshold=_SURE,
            day_tag=None,
            at=at,
        )
        standing = [h for h in stops.holds(tx, resource_id=resource_id) if h.standing]
        answer = {
            "incident": gone.incident,
            "hold": standing[-1].ref if standing else None,
            "proposal": gone.outcome == "proposed",
            "why": list(gone.reasons),
        }
        service.answer_signal(
            tx, key=replay_key, answer={"answer": answer, "digest": digest}, at=at
        )
    return answer


def _who() -> tuple[str, str]:
    """The monitor and the key of its replay guard: a bearer key or a Standard Webhooks signature.

    Raises:
        InvalidError: no Idempotency-Key.
        ForbiddenError: the signature does not verify.
    """
    given = request.headers.get("Idempotency-Key") or request.headers.get("webhook-id")
    if not given or len(given) > 200:  # noqa: PLR2004
        raise InvalidError("Send an Idempotency-Key header of at most 200 characters.")
    if g.machine is None:
        _verify_signature()
        return "system:monitor", f"webhook:{given}"
    return f"key:{guard.machine().key_id}", f"key:{guard.machine().key_id}:{given}"


def _verify_signature() -> None:
    secret = keys().secret("webhook:signals")
    try:
        Webhook(secret).verify(request.get_data(), dict(request.headers))
    except (WebhookVerificationError, ValueError, KeyError) as error:
        raise ForbiddenError("Give a key or a valid webhook signature.") from error


def _resource(tx: Any, named: dict[str, str]) -> int:
    if named.get("id"):
        return catalogue.resource(tx, named["id"]).id
    hit = catalogue.by_url(tx, named["url"]) if named.get("url") else None
    if hit is None:
        raise NotFoundError("No resource of the catalogue is served at this address.")
    return hit.resource_id


def _reading(body: dict[str, Any]) -> dict[str, Any]:
    """The signal in the shape of a reading: the monitor's word in place of the model's."""
    try:
        routing = kinds.routing_kind_of(body["kind"])
        category = kinds.category_of(routing)
    except NormError as error:
        raise InvalidError("There is no kind %(kind)s.", kind=body["kind"]) from error
    return {
        "model": "monitor",
        "category": category,
        "kind": routing,
        "kinds": [{"kind": body["kind"], "score": body["score"]}],
        "severe": body["severe"],
        "severe_score": body["score"],
        "confidence": body["score"],
        "abstain": False,
        "would_hold": body["severe"] and body["score"] >= _SURE,
        "risk": None,
        "cues": [],
        "slots": {},
    }
