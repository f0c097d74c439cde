"""What anybody may see: figures, statements of reasons, open data, proofs that are checked."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import (
    Blueprint,
    Response,
    jsonify,
    redirect,
    render_template,
    request,
    send_from_directory,
    session,
)

from app.audit import queries as audit
from app.core import keystore, web
from app.core.access import public
from app.core.db import db
from app.core.errors import InvalidError, NotFoundError
from app.incidents import queries as incidents
from app.norm.text import article_body
from app.oversight import charts, checking, gathering, opendata, wording
from app.suspension import queries as stops

pages = Blueprint("transparency", __name__)
_HERE = Path(__file__).resolve().parent
_SEEN = "checked"  # the proof to look at, between the POST and the page it leads to
_FILES = {opendata.JSON: "application/json", opendata.CSV: "text/csv"}
_SCRIPTS = {
    "verify.py": _HERE / "verify_receipt.py",
    "ed25519.py": _HERE.parent.parent / "edge" / "ed25519.py",
}
_FEW = 5


@pages.get("/transparency")
@public
def transparency() -> str:
    """Figures of one month, the newest statements and checkpoints, the keys, ways to complain."""
    months = opendata.published(web.settings())
    wanted = request.args.get("month") or (months[-1].month if months else "")
    month = next((one for one in months if one.month == wanted), None)
    if wanted and month is None:
        raise NotFoundError("There are no figures for this month.")
    read = db.session()
    received = [(wording.month(one.month), one.table("filed").total or None) for one in months]
    return render_template(
        "oversight/transparency.html",
        months=months,
        month=month,
        trend=received[-12:],
        chart=charts.chart,
        statements=gathering.statements(read, limit=_FEW)[0],
        checkpoints=audit.checkpoints(read, limit=10),
        keys=keystore.keys().public_keys(),
        encoded=lambda raw: base64.b64encode(raw).decode(),
        wording=wording,
    )


@pages.get("/transparency/data/<name>")
@public
def data(name: str) -> Any:
    """The open data as files."""
    folder = opendata.folder(web.settings())
    if name not in _FILES or not (folder / name).is_file():
        raise NotFoundError("There are no figures yet; the first month is not over.")
    answer = send_from_directory(folder, name, mimetype=_FILES[name], max_age=3600)
    answer.headers["Access-Control-Allow-Origin"] = "*"  # open data is for pages of others, too
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


@pages.get("/transparency/keys.json")
@public
def public_keys() -> Response:
    """Every public key that ever signed, with its dates."""
    return jsonify(
        {
            "keys": [
                {
                    "kid": key.kid,
                    "purpose": key.purpose,
                    "alg": key.alg,
                    "public": base64.b64encode(key.public).decode(),
                    "from": key.from_at.isoformat(),
                    "to": key.to_at.isoformat() if key.to_at else None,
                }
                for key in keystore.keys().public_keys()
            ]
        }
    )


@pages.get("/transparency/stops")
@public
def statements() -> Any:
    """Statements of reasons, newest first; with ``ref`` the one of that reference."""
    ref = request.args.get("ref", "").strip().upper()
    if ref.isalnum() and ref.isascii():
        return redirect(f"/transparency/stops/{ref}", 303)
    found, following = gathering.statements(db.session(), before=_before())
    return render_template(
        "oversight/stops.html",
        statements=found,
        following=f"{following[0].isoformat()}~{following[1]}" if following else "",
        wording=wording,
    )


def _before() -> tuple[datetime, str] | None:
    text = request.args.get("before", "")
    if not text:
        return None
    moment, _, ref = text.partition("~")
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None or not ref.isalnum():
        raise InvalidError("This cursor is not valid; start from the first page.")
    return at, ref


@pages.get("/transparency/stops/<ref>")
@public
def stop(ref: str) -> str:
    """Why it was stopped, once a person found; before that only that it is being checked."""
    read = db.session()
    hold = stops.hold(read, ref.upper())
    if hold is None or hold.exercise:
        raise NotFoundError("There is no suspension with this reference. Check the address.")
    found = None
    if hold.incident:
        view = incidents.incident(read, hold.incident)
        found = gathering.statement(read, view.merged_into or view.ref)
    return render_template(
        "oversight/stop.html",
        ref=hold.ref,
        standing=hold.standing,
        statement=found,
        law=article_body(found.article) if found and found.article else "",
        wording=wording,
    )


@pages.get("/transparency/verify")
@public
def verify() -> str:
    """A form, or the verdict on what was just sent; asked once, so that no trace stays."""
    given = session.pop(_SEEN, None)
    found = checking.check(db.session(), given, keystore.keys().public_keys()) if given else None
    kept = found.proof if found else None
    return render_template(
        "oversight/verify.html",
        verdict=found,
        whole=json.dumps(kept, ensure_ascii=False, indent=1) if kept else "",
        text="",
        errors={},
    )


@pages.post("/transparency/verify")
@public
def look_at() -> Any:
    """Take a pasted text or a file; the verdict is on the page that follows."""
    file = request.files.get("file")
    given = file.stream.read(checking.MOST + 1) if file and file.filename else b""
    text = request.form.get("text", "")
    try:
        session[_SEEN] = checking.read(given or text.encode("utf-8", "replace"))
    except InvalidError as error:
        page = render_template(
            "oversight/verify.html",
            verdict=None,
            whole="",
            text=text[: checking.MOST],
            errors=error.fields,
        )
        return page, 422
    return redirect("/transparency/verify", 303)


@pages.get("/transparency/<any('verify.py', 'ed25519.py'):name>")
@public
def script(name: str) -> Response:
    """What checks a proof without us: two files for Python alone."""
    answer = Response(_SCRIPTS[name].read_bytes(), mimetype="text/x-python")
    answer.headers["Content-Disposition"] = f"attachment; filename={name}"
    return answer
