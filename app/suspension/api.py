"""What edges and gates call: the deny feed, its snapshot, their reports, the gate's question."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Flask, Response, current_app, render_template, request

from app.accounts.guard import machine
from app.core import clock
from app.core.access import public, scope
from app.core.db import db
from app.core.errors import InvalidError
from app.core.keystore import keys
from app.core.transaction import transaction
from app.core.web import settings
from app.suspension import enforcement, queries
from app.suspension.mirror import Mirror
from app.suspension.shortcut import Shortcut, original
from app.suspension.values import Rule
from app.suspension.waiting import Waiters

edge = Blueprint("edge", __name__, url_prefix="/edge/v1")
gate = Blueprint("gate", __name__, url_prefix="/gate/v1")

MAX_WAIT = 20.0
SEEN_EVERY = timedelta(seconds=10)
_LINES = "application/x-ndjson"


def init_app(app: Flask) -> None:
    """Give this application its copy of the dark places."""
    with app.app_context():
        mirror = Mirror(db.engine)
    app.extensions["suspension"] = (mirror, Waiters(mirror))
    app.config.setdefault("FEED_WAITERS", 3)
    app.wsgi_app = Shortcut(app.wsgi_app, mirror)  # type: ignore[method-assign]


def _mirror() -> Mirror:
    mirror = current_app.extensions["suspension"][0]
    assert isinstance(mirror, Mirror)
    return mirror


def _waiters() -> Waiters:
    waiters = current_app.extensions["suspension"][1]
    assert isinstance(waiters, Waiters)
    return waiters


def _number(name: str, *, default: float, most: float) -> float:
    text = request.args.get(name, "")
    try:
        value = float(text) if text else default
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise InvalidError("This must be a number, 0 or more.", fields={name: "Not a number."})
    return min(value, most)


@edge.get("/deny")
@scope("edge")
def deny() -> Response:
    """Increments after ``since``; waits up to ``wait`` seconds for one."""
    since = int(_number("since", default=0, most=2**62))
    wait = _number("wait", default=0, most=MAX_WAIT)
    _heard()
    # The guard has read the key: a request that waits must not keep a database connection.
    db.session.remove()
    head = _mirror().head()
    if wait and head.seq == since:
        _waiters().wait(head, seconds=wait, limit=int(current_app.config["FEED_WAITERS"]))
    answer = _mirror().answer(since, lambda: keys().signer("feed"), clock.now)
    return Response(answer.body, mimetype=_LINES)


@edge.get("/deny/snapshot")
@scope("edge")
def snapshot() -> Response:
    """Everything that is dark now, and the checkpoint."""
    _heard()
    db.session.remove()
    answer = _mirror().answer(None, lambda: keys().signer("feed"), clock.now)
    response = Response(answer.body, mimetype=_LINES)
    response.set_etag(answer.etag, weak=True)
    response.headers["Cache-Control"] = "no-cache"
    return response.make_conditional(request)  # type: ignore[return-value]


def _heard() -> None:
    target = queries.target_of_key(db.session(), machine().key_id)
    at = clock.now()
    if target is not None and (target.seen_at is None or at - target.seen_at > SEEN_EVERY):
        db.session.rollback()
        with transaction() as tx:
            enforcement.heard(tx, api_key_id=machine().key_id, at=at)


@edge.post("/ack")
@scope("edge")
def ack() -> tuple[str, int]:
    """The edge says what it applied; the probe goes to look."""
    body = request.get_json(silent=True)
    given: dict[str, Any] = body if isinstance(body, dict) else {}
    name, epoch, seq = given.get("target"), given.get("epoch"), given.get("seq")
    if not isinstance(name, str) or type(epoch) is not int or type(seq) is not int:
        raise InvalidError(
            "An ack names target, epoch and seq.",
            fields={"target": "A name.", "epoch": "A number.", "seq": "A number."},
        )
    _moment(given.get("applied_at"))
    with transaction() as tx:
        enforcement.acked(
            tx, name=name, api_key_id=machine().key_id, epoch=epoch, seq=seq, at=clock.now()
        )
    return "", 204


def _moment(text: object) -> None:
    """The edge's own clock is for its log; ours decides. Only its shape is checked."""
    try:
        datetime.fromisoformat(str(text))
    except ValueError as error:
        raise InvalidError("An ack's applied_at is a moment in RFC 3339.") from error


@gate.get("/check")
@public
def check() -> Response:
    """Whether a serving host may answer this address: 204, 403, or 451 with page if asked."""
    place = original(request.environ)
    if place is None:
        raise InvalidError(
            "Send X-Original-URI and X-Original-Host, or X-Forwarded-Uri and X-Forwarded-Host."
        )
    rule = _mirror().lookup(*place)
    if rule is None:
        return Response(status=204)
    return _refusal(rule, page=request.args.get("answer") == "451")


def _refusal(rule: Rule, *, page: bool) -> Response:
    url = f"{settings().public_url.rstrip('/')}/blocked/{rule.block_ref}"
    body = render_template("suspension/gate.html", url=url, ref=rule.block_ref) if page else ""
    response = Response(body, status=451 if page else 403, mimetype="text/html")
    response.headers["X-Block-Ref"] = rule.block_ref
    response.headers["Link"] = f'<{url}>; rel="blocked-by"'
    response.headers["Cache-Control"] = "no-store"
    return response


BLUEPRINTS = (edge, gate)
