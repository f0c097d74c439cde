"""Health for operators, the state of the parts for the desk; public pages stand beside."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, current_app, jsonify, redirect, render_template, request
from prometheus_client import CollectorRegistry, Gauge, generate_latest

from app.core import bell, clock, openapi, web
from app.core.access import public, requires
from app.core.db import db
from app.core.transaction import transaction
from app.outbox import queries as outbox
from app.outbox import service as outbox_service
from app.oversight import public_pages, queries
from app.suspension import queries as stops

pages = Blueprint("oversight", __name__)
BLUEPRINTS = (pages, public_pages.pages)


@pages.get("/healthz")
@public
def healthz() -> Response:
    """The process is alive."""
    return jsonify({"alive": True})


@pages.get("/readyz")
@public
def readyz() -> Any:
    """Ready, with each dependency named."""
    found = queries.checks(db.session(), web.settings(), at=clock.now())
    ready = all(check.good for check in found if check.needed)
    body = {
        "ready": ready,
        "checks": {c.name: {"good": c.good, "detail": c.sentence} for c in found},
    }
    return jsonify(body), 200 if ready else 503


@pages.get("/metrics")
@public
def metrics() -> Response:
    """Prometheus text: queue lag, given-up work, edges behind; no personal data."""
    session, at = db.session(), clock.now()
    registry = CollectorRegistry()
    lag = Gauge("chuku_queue_lag_seconds", "Oldest due row", ["queue"], registry=registry)
    waits = outbox.lag(session, at=at)
    for queue in bell.QUEUES:
        lag.labels(queue).set(waits.get(queue, 0.0))
    Gauge("chuku_parked", "Work given up", registry=registry).set(len(outbox.parked(session)))
    behind = Gauge("chuku_target_behind", "Unconfirmed resources", ["target"], registry=registry)
    for target in stops.targets(session):
        behind.labels(target.name).set(target.behind)
    dark = Gauge("chuku_dark_resources", "Resources with a standing hold", registry=registry)
    dark.set(len(stops.dark_resources(session)))
    return Response(generate_latest(registry), mimetype="text/plain; version=0.0.4")


@pages.get("/api/v1/docs")
@public
def api_docs() -> str:
    """The HTTP API to read: the same description as openapi.json, without scripts."""
    spec = openapi.document(current_app)
    calls = [
        (method.upper(), path, call, [*row.get("parameters", []), *call.get("parameters", [])])
        for path, row in spec["paths"].items()
        for method, call in row.items()
        if method != "parameters"
    ]
    schemas = spec["components"]["schemas"]
    return render_template("oversight/api.html", calls=calls, schemas=schemas)


@pages.get("/desk/parts")
@requires("queue.read")
def parts() -> str:
    """What runs, what lags, what was given up."""
    session, at = db.session(), clock.now()
    return render_template(
        "oversight/parts.html",
        checks=queries.checks(session, web.settings(), at=at),
        targets=[t for t in stops.targets(session) if t.disabled_at is None],
        parked=outbox.parked(session),
    )


@pages.post("/desk/parts/<int:row_id>/again")
@requires("target.manage")
def again(row_id: int) -> Any:
    """Put given-up work back."""
    with transaction() as tx:
        outbox_service.again(tx, row_id=row_id, at=clock.now())
    return redirect(web.own_page(request.form.get("next") or "/desk/parts"), 303)
