"""The catalogue's part of /api/v1: public cards, writes by key, usage figures (page 3.4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from flask import request
from flask_smorest import Blueprint
from marshmallow import ValidationError
from sqlalchemy.orm import Session

from app.accounts.guard import machine
from app.authorities import queries as authorities
from app.catalogue import queries, schemas, service
from app.catalogue.values import Card
from app.core import clock
from app.core.access import public, scope
from app.core.db import db
from app.core.errors import AppError, ForbiddenError, InvalidError
from app.core.transaction import transaction
from app.suspension import queries as suspension

blueprint = Blueprint(
    "catalogue", __name__, url_prefix="/api/v1", description="Resources and their addresses"
)
BLUEPRINTS = (blueprint,)

_MOST_BYTES = 64 * 1024 * 1024
_DEEPEST = 10_000  # offsets beyond this are not for people


def _states(session: Session, cards: Sequence[Card]) -> dict[int, str]:
    found = suspension.states(session, [c.id for c in cards])
    return {c.id: "removed" if c.removed_at else found.get(c.id, "online") for c in cards}


def _addresses(session: Session, card: Card, state: str) -> list[dict[str, str]]:
    dark: set[int] = set()
    if state != "online":
        dark = {a.address_id for a in suspension.address_states(session, card.id) if a.dark}
    return [
        {"url": a.url, "role": a.role, "state": "stopped" if a.id in dark else "online"}
        for a in card.addresses
    ]


def public_cards(session: Session, cards: Sequence[Card]) -> list[dict[str, Any]]:
    """The cards with what the probe saw, as the public may read them."""
    states = _states(session, cards)
    return [
        {
            "id": c.ref,
            "title": c.title,
            "kind": c.kind,
            "subject": c.subject,
            "grade": c.grade,
            "description": c.description,
            "provider": c.provider,
            "platform": c.platform,
            "thumbnail": c.thumbnail_url or None,
            "state": states[c.id],
            "addresses": _addresses(session, c, states[c.id]),
        }
        for c in cards
    ]


def _listed(session: Session, cards: Sequence[Card], asked: str) -> list[Card]:
    """出库处置措施 delist: what is held or removed is shown only to who asks for it by name."""
    held = suspension.desired_dark(session, [c.id for c in cards])
    return [
        c
        for c in cards
        if (c.id not in held and c.removed_at is None)
        or asked in {c.ref, c.ref.lower(), c.title}
        or "/" in asked
    ]


@blueprint.get("/resources")
@blueprint.arguments(schemas.SearchSchema, location="query")
@blueprint.response(200, schemas.CardsSchema)
@public
def search(asked: dict[str, Any]) -> dict[str, Any]:
    """Search by title, id, subject, pinyin or address; an empty search lists all in order."""
    session = db.session()
    q, limit, offset = asked["q"].strip(), asked["limit"], asked["next"]
    platform = authorities.platform(session, asked["platform"]).id if asked["platform"] else None
    items: list[Card] = []
    more = True
    while more and len(items) < limit and offset <= _DEEPEST:
        found = queries.search(
            session, q, limit=limit - len(items), offset=offset, platform_id=platform
        )
        more = len(found) == limit - len(items)
        offset += len(found)
        items += _listed(session, found, q)
    following = str(offset) if more and offset <= _DEEPEST else None
    return {"items": public_cards(session, items), "next": following}


@blueprint.get("/resources/<string:ref>")
@blueprint.response(200, schemas.CardSchema)
@public
def show(ref: str) -> dict[str, Any]:
    """One resource's public card, also when it is stopped or removed."""
    session = db.session()
    return public_cards(session, [queries.card(session, ref)])[0]


def _own_platform(session: Session, row: dict[str, Any]) -> None:
    """A key that belongs to one platform writes only there, and takes nothing from another."""
    limited = machine().platform_id
    if limited is None:
        return
    own = authorities.platform(session, limited).code
    if row.get("platform") != own:
        raise ForbiddenError("This key belongs to the platform %(code)s.", code=own)
    ref = str(row.get("ref"))
    if queries.platform_of_ref(session, ref) not in {None, limited}:
        raise ForbiddenError("The resource %(ref)s belongs to another platform.", ref=ref)


def _upsert(tx: Session, *, row: dict[str, Any], by: str, at: Any) -> str:
    _own_platform(tx, row)
    return service.upsert_resource(tx, row=row, by=by, at=at)


@blueprint.put("/resources/<string:ref>")
@blueprint.response(200, schemas.OutcomeSchema)
@scope("catalogue")
def put(ref: str) -> dict[str, str]:
    """Write one resource (the import format without ``type``); the same twice changes nothing."""
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise InvalidError("Send one JSON object.")
    by = f"key:{machine().key_id}"
    db.session.rollback()
    with transaction() as tx:
        outcome = _upsert(tx, row={**body, "ref": ref}, by=by, at=clock.now())
    return {"id": ref, "outcome": outcome}


def _lines() -> Iterable[str]:
    data = request.get_data(cache=False) if (request.content_length or 0) <= _MOST_BYTES else b""
    if not data:
        raise InvalidError("Send JSON Lines or CSV, at most 64 MB.")
    try:
        return data.decode("utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise InvalidError("The file is not UTF-8 text.") from error


@blueprint.post("/resources:import")
@blueprint.response(200, schemas.ReportSchema)
@scope("catalogue")
def bring(**_: Any) -> dict[str, Any]:
    """JSON Lines or CSV of resources; bad lines are listed, good ones kept.

    Platforms, bodies, roles and contacts come by ``chuku catalogue import`` only.
    """
    lines, by = _lines(), f"key:{machine().key_id}"
    db.session.rollback()
    with transaction() as tx:
        report = service.import_lines(tx, lines, clock.now(), by=by, others={"resource": _upsert})
    return {
        "added": report.added,
        "changed": report.changed,
        "same": report.same,
        "errors": [{"line": n, "detail": sentence} for n, sentence in report.errors],
    }


def _usage(tx: Session, item: Any, by: str) -> str:
    try:
        row = schemas.UsageSchema().load(item)
    except ValidationError as error:
        names = ", ".join(sorted(str(name) for name in error.messages_dict))
        raise InvalidError("These fields need another look: %(names)s.", names=names) from error
    ref, period = row.pop("id"), row.pop("period")
    limited = machine().platform_id
    if limited is not None and queries.platform_of_ref(tx, ref) not in {None, limited}:
        raise ForbiddenError("The resource %(ref)s belongs to another platform.", ref=ref)
    return service.record_usage(tx, ref=ref, period=period, figures=row, by=by, at=clock.now())


@blueprint.post("/metrics:import")
@blueprint.arguments(schemas.UsagesSchema)
@blueprint.response(200, schemas.ReportSchema)
@scope("catalogue")
def usage(given: dict[str, Any]) -> dict[str, Any]:
    """Usage figures by resource and period; bad items are listed by number, good ones kept."""
    counts = {"added": 0, "changed": 0, "same": 0}
    errors: list[dict[str, Any]] = []
    by = f"key:{machine().key_id}"
    db.session.rollback()
    with transaction() as tx:
        for number, item in enumerate(given["items"], start=1):
            try:
                with tx.begin_nested():
                    counts[_usage(tx, item, by)] += 1
            except AppError as error:
                errors.append({"line": number, "detail": str(error)})
    return {**counts, "errors": errors}
