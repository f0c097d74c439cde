"""The desk's page of an incident's evidence: custody, one item with a reason, the dossier."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, redirect, render_template, request, send_file
from werkzeug.wrappers import Response

from app.accounts import guard
from app.accounts import queries as accounts
from app.audit.wording import actor
from app.core import clock
from app.core.access import requires
from app.core.db import db
from app.core.errors import InvalidError
from app.core.transaction import transaction
from app.core.web import settings
from app.evidence import queries, service, vault, wording
from app.evidence.export import export
from app.evidence.values import ItemView
from app.incidents import queries as incidents

desk = Blueprint("evidence", __name__)
BLUEPRINTS = (desk,)


def init_app(app: Flask) -> None:
    """Refuse to start with a vault address that no store speaks."""
    vault.store_of(app.config["CHUKU"].vault_url)


def _demand(permission: str, incident: str) -> None:
    guard.demand(permission, incidents.incident(db.session(), incident).platform_id)


def _page(ref: str, *, error: str = "") -> str:
    session = db.session()
    items = queries.items(session, ref)
    custody = queries.custody(session, incident=ref)
    people = [link.by.removeprefix("account:") for link in custody]
    return render_template(
        "evidence/incident.html",
        ref=ref,
        items=items,
        custody=custody,
        actor=actor,
        names=accounts.names(session, {int(n) for n in people if n.isdigit()}),
        failed=[one for one in queries.captures(session, ref) if one.error],
        kinds=wording.KINDS,
        acts=wording.ACTS,
        may_export=guard.current().may("evidence.export"),
        error=error,
    )


@desk.get("/desk/evidence/<ref>")
@requires("evidence.read")
def of_incident(ref: str) -> str:
    """Everything that was kept for this incident, and who touched it."""
    _demand("evidence.read", ref)
    return _page(ref)


@desk.post("/desk/evidence/<ref>/<item>")
@requires("evidence.read")
def read(ref: str, item: str) -> Any:
    """One item as a download; reading it is a link of the custody chain."""
    _demand("evidence.read", ref)
    found: ItemView = queries.item(db.session(), item)
    if found.incident != ref or found.kid is not None:
        raise InvalidError("Sealed items are opened where they belong: at the complaint.")
    reason = request.form.get("reason", "").strip()
    if not reason:
        return _page(ref, error="Say why you need to read this."), 422
    with transaction() as tx:
        by = guard.current().actor
        content = service.read(tx, item_ref=item, by=by, reason=reason[:500], at=clock.now())
    answer = Response(content.require(), mimetype="application/octet-stream")
    ending = "warc.gz" if found.kind == "capture" else "bin"
    answer.headers["Content-Disposition"] = f"attachment; filename={found.ref}.{ending}"
    return answer


@desk.post("/desk/evidence/<ref>/dossier")
@requires("evidence.export")
def dossier(ref: str) -> Any:
    """The whole incident as one zip that anybody can verify; sealed items stay sealed."""
    _demand("evidence.export", ref)
    if not guard.current().step_up_fresh:
        return redirect(f"/desk/step-up?next=/desk/evidence/{ref}", 303)
    reason = request.form.get("reason", "").strip()
    if not reason:
        return _page(ref, error="Say whom the dossier is for."), 422
    with tempfile.TemporaryDirectory(dir=settings().folder) as folder:
        out = Path(folder) / "dossier.zip"
        export(settings(), ref, out, by=guard.current().actor, reason=reason[:500])
        file = out.open("rb")  # the answer streams and closes it
    return send_file(
        file,
        mimetype="application/zip",
        as_attachment=True,
        download_name=f"dossier-{ref}.zip",
        max_age=0,
    )
