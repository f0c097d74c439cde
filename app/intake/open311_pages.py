"""Open311 for machines of cities and schools: what may be complained about, filing, what became.

A key of the scope ``open311`` files (in ``api_key``, as GeoReport wants it, or as a bearer) and
sees its own requests, by the bearer only: a key never stands in an address.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from flask import Blueprint, Response, jsonify, request
from flask_babel import gettext

from app.accounts import queries as accounts
from app.accounts import service
from app.accounts.queries import Machine
from app.catalogue import queries as catalogue
from app.core import body, clock, limits, web
from app.core.access import public
from app.core.errors import AppError, ForbiddenError, InvalidError, NotFoundError
from app.core.transaction import reading, transaction
from app.intake import answers as said
from app.intake import api, canonical, doors, open311, queries, schema
from app.intake.schema import N_

pages = Blueprint("open311", __name__, url_prefix="/api/open311/v2")
SCOPE = "open311"
AN_HOUR = 600  # of one key
SPAN = timedelta(days=90)  # GeoReport: at most 90 days, 1,000 requests
MOST = 1000
AT_ONCE = 50  # ids in one question
_FIRST, _LAST = 1970, 9000  # years that can be counted with
_TOUCH = timedelta(minutes=1)
_CHILD = {"services": "service", "service_requests": "request", "errors": "error"}
View = Callable[..., Any]


def _answer(root: str, items: list[dict[str, Any]], form: str, *, code: int = 200) -> Response:
    if form == "xml":
        answer = Response(open311.xml(root, _CHILD[root], items), mimetype="text/xml")
    else:
        answer = jsonify(items)
    answer.status_code = code
    return answer


def _shaped(view: View) -> View:
    """Refusals in GeoReport's own shape, in the format that was asked for."""

    @wraps(view)
    def run(*args: Any, form: str, **kwargs: Any) -> Any:
        try:
            if form not in {"json", "xml"}:
                raise NotFoundError("Formats: json, xml.")
            if request.values.get("jurisdiction_id", "") not in {"", _jurisdiction()}:
                raise NotFoundError(
                    "This is %(name)s; leave jurisdiction_id out.", name=_jurisdiction()
                )
            return view(*args, form=form, **kwargs)
        except AppError as error:
            return _refused(error, form)

    return run


def _refused(error: AppError, form: str) -> Response:
    named = error.fields if isinstance(error, InvalidError) else {}
    sentences = [f"{name}: {gettext(text)}" for name, text in named.items()] or [
        gettext(error.message, **error.values)
    ]
    # GeoReport knows 400 for what is missing or wrong.
    code = 400 if isinstance(error, InvalidError) else error.status
    shown = "xml" if form == "xml" else "json"
    items = [{"code": code, "description": sentence} for sentence in sentences]
    return _answer("errors", items, shown, code=code)


def _jurisdiction() -> str:
    return web.settings().public_url.split("//", 1)[-1].split("/", 1)[0].split(":", 1)[0]


def _machine(given: str = "") -> Machine:
    """Whose key this is.

    Raises:
        ForbiddenError: none, or of another scope.
    """
    if "api_key" in request.args:
        raise ForbiddenError(
            "A key in an address ends up in logs. Send it as Authorization: Bearer, or in the "
            "body of a POST."
        )
    kind, _, bearer = request.headers.get("Authorization", "").partition(" ")
    token = bearer if kind == "Bearer" else given
    at = clock.now()
    with reading() as session:
        found = accounts.by_key(session, token, at=at) if token else None
    if found is None or found.scope != SCOPE:
        raise ForbiddenError("Please send a key of the scope open311; the administrator makes it.")
    # By name in `what`: an address that is none is "unknown", and all keys would share one count.
    limits.hit(f"open311:{found.key_id}", "", limit=AN_HOUR, seconds=3600)
    if found.last_used_at is None or found.last_used_at + _TOUCH <= at:
        with transaction() as tx:
            service.used_key(tx, key_id=found.key_id, at=at)
    return found


def _own(machine: Machine) -> list[str]:
    """Whose requests these are: of the key, and of those before it with its name (rotation)."""
    with reading() as session:
        ids = accounts.same_machine(session, machine.key_id)
    return [f"key:{key_id}" for key_id in ids]


@pages.get("/services.<form>")
@public
@_shaped
def services(*, form: str) -> Any:
    """What may be complained about."""
    return _answer("services", open311.services(doors.language()), form)


@pages.get("/services/<code>.<form>")
@public
@_shaped
def one_service(code: str, *, form: str) -> Any:
    """What may be said beside the words."""
    if code not in schema.KINDS:
        raise NotFoundError("There is no such service. See /api/open311/v2/services.json.")
    words = {name: gettext(text) for name, (text, _) in open311.ATTRIBUTES.items()}
    found = open311.definition(code, words)
    if form == "xml":
        return Response(open311.definition_xml(found), mimetype="text/xml")
    return jsonify(found)


@pages.post("/requests.<form>")
@public
@_shaped
def file(*, form: str) -> Any:
    """File a complaint; with an Idempotency-Key, a retry within a day gets the same receipt.

    Without one, two requests with the same words are two: they may be two people's, and the code
    of the one must never open the other's.
    """
    machine = _machine(request.form.get("api_key", ""))
    if request.form.get("media_url"):
        raise InvalidError(
            "Some fields need another look.",
            fields={"media_url": N_("We fetch nothing. Send files to /api/v1/complaints.")},
        )
    if request.files:
        raise InvalidError(
            "Some fields need another look.",
            fields=dict.fromkeys(request.files, N_("Send files to /api/v1/complaints.")),
        )
    body.check(request.form.to_dict(flat=False))
    filled, errors = open311.answers(request.form)
    if errors:
        raise InvalidError("Some fields need another look.", fields=errors)
    with reading() as session:
        if ref := filled["resource"].get("ref"):
            filled["resource"]["ref"] = catalogue.card(session, ref.upper()).ref
    by = f"key:{machine.key_id}"
    filing = said.as_filing(
        filled,
        source="api",
        language=open311.language(request.form),
        stored=(),
        kid=None,
        network=by,  # all that one machine brings is one source
        day_tag=None,
    )
    said_so = canonical.body_digest(
        *(f"{n}={v}" for n, v in sorted(request.form.items(multi=True)) if n != "api_key")
    )
    key = request.headers.get("Idempotency-Key") or secrets.token_urlsafe(24)
    answer = doors.once(replace(filing, entered_by=by), key=f"open311:{by}:{key}", body=said_so)
    told = {
        "service_request_id": answer["ref"],
        "service_notice": gettext("Give the receipt code to the person: it opens our answer."),
        "account_id": "",
        "receipt_code": answer["secret"],
    }
    return _answer("service_requests", [told], form, code=201)


@pages.get("/requests/<ref>.<form>")
@public
@_shaped
def one(ref: str, *, form: str) -> Any:
    """What became of a request of this key."""
    machine = _machine()
    return _answer("service_requests", _requests([ref[:20]], machine), form)


@pages.get("/requests.<form>")
@public
@_shaped
def many(*, form: str) -> Any:
    """The requests of this key, newest first: by id, by dates, by status, by service."""
    machine = _machine()
    asked = request.args
    if ids := asked.get("service_request_id", ""):
        refs = list(dict.fromkeys(i.strip() for i in ids.split(",") if i.strip()))
        if len(refs) > AT_ONCE:
            raise InvalidError(
                "Some fields need another look.",
                fields={"service_request_id": N_("At most 50 ids at once.")},
            )
        return _answer("service_requests", _requests(refs, machine), form)
    until = _moment("end_date") or clock.now()
    since = _moment("start_date") or until - SPAN
    with reading() as session:
        refs = queries.brought_by(
            session, _own(machine), since=max(since, until - SPAN), until=until,
            limit=MOST,
        )  # fmt: skip
    found = _requests(refs, machine) if refs else []
    state, codes = asked.get("status", ""), asked.get("service_code", "")
    return _answer(
        "service_requests",
        [
            r
            for r in found
            if (not state or r["status"] in state.split(","))
            and (not codes or r["service_code"] in codes.split(","))
        ],
        form,
    )


def _moment(name: str) -> datetime | None:
    """A moment in w3 form.

    Raises:
        InvalidError: it is none, or has no zone.
    """
    said_so = request.args.get(name, "").replace(" ", "+")  # a plus that nobody escaped
    if not said_so:
        return None
    try:
        found = datetime.fromisoformat(said_so)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None or not _FIRST <= found.year <= _LAST:
        raise InvalidError(
            "Some fields need another look.",
            fields={name: N_("Write it like 2026-11-26T00:00:00+08:00.")},
        )
    return found


def _requests(refs: list[str], machine: Machine) -> list[dict[str, Any]]:
    """What their bringer may see.

    Raises:
        NotFoundError: one of them is unknown, or another's.
    """
    with reading() as session:
        found = queries.brought(session, _own(machine), refs)
    if len(found) != len(set(refs)):
        raise NotFoundError("There is no request with this id among those of your key.")
    return [
        open311.request_of(
            view, kind=kind, notes=str(gettext(api.TEXTS[view.state])), lang=doors.language()
        )
        for view, kind in found
    ]
