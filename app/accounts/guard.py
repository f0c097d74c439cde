"""Enforces what every route declared (app/core/access.py); says who is asking."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import quote

from flask import Flask, abort, g, redirect, request
from sqlalchemy.orm import Session

from app.accounts import queries, service
from app.accounts.queries import Machine, Person
from app.core import access, clock
from app.core.db import db
from app.core.errors import ForbiddenError
from app.core.transaction import transaction
from app.core.web import cookie_name, wants_json

COOKIE = "desk"
_TOUCH = timedelta(minutes=1)


def current() -> Person:
    """The person asking; only in routes that require a permission or the desk scope."""
    assert isinstance(g.person, Person)
    return g.person


def machine() -> Machine:
    """The key asking; only in routes of a scope."""
    assert isinstance(g.machine, Machine)
    return g.machine


def demand(permission: str, platform_id: int) -> None:
    """This person, on this platform.

    Raises:
        ForbiddenError: they hold it elsewhere only.
    """
    if not current().may(permission, platform_id):
        raise ForbiddenError("You may not do this on this platform. Ask its supervisor.")


def demand_step_up() -> None:
    """A code typed within the last 15 minutes, before letting go or exporting.

    Raises:
        ForbiddenError: with what to do.
    """
    if not current().step_up_fresh:
        raise ForbiddenError("Please confirm with a fresh code first: /desk/step-up")


def beside(tx: Session, permission: str, platform_id: int | None) -> str | None:
    """The second person who typed name and code into this form; None when that is not right."""
    found = queries.by_login(tx, request.form.get("approver", "").strip())
    person = queries.person(tx, found[0]) if found else None
    if person is None or not person.may(permission, platform_id):
        return None
    code = request.form.get("approver_code", "")
    right = service.use_code(tx, account_id=person.account_id, code=code, at=clock.now())
    return person.actor if right else None


def _enforce() -> Any:
    g.person = g.machine = None
    declared = access.of_request()
    if declared is None:  # no such route, or a wrong method: Flask answers
        return None
    if declared.kind == "public":
        if request.path.startswith(("/desk", "/authority", "/provider")):
            _who_signed_in()
        return None
    if declared.kind == "scope":
        return _enforce_scope(declared.name)
    _who_signed_in()
    if g.person is None:
        if wants_json():
            abort(401)
        return redirect(f"/desk/sign-in?next={quote(request.full_path.rstrip('?'))}", 303)
    if not g.person.may(declared.name):
        abort(403)
    return None


def _who_signed_in() -> None:
    token = request.cookies.get(cookie_name(COOKIE))
    if not token:
        return
    at = clock.now()
    found = queries.by_session_token(db.session(), token, at=at)
    if found is None:
        return
    g.person, seen_at = found
    if seen_at + _TOUCH <= at and g.person.sign_in_id is not None:
        db.session.rollback()
        with transaction() as tx:
            service.seen(tx, sign_in_id=g.person.sign_in_id, at=at)


def _enforce_scope(name: str) -> Any:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if name == "signal" and kind != "Bearer":
        return None  # app/triage/api.py verifies the webhook signature instead
    at = clock.now()
    found = queries.by_key(db.session(), token, at=at) if kind == "Bearer" else None
    if found is None:
        abort(401)
    if found.scope != name and not (name == "read" and found.scope == "desk"):
        abort(403)
    g.machine = found
    if found.account_id is not None:
        g.person = queries.person(db.session(), found.account_id, key_id=found.key_id)
        if g.person is None:
            abort(401)
    if found.last_used_at is None or found.last_used_at + _TOUCH <= at:
        db.session.rollback()
        with transaction() as tx:
            service.used_key(tx, key_id=found.key_id, at=at)
    return None


def init_app(app: Flask) -> None:
    """Stand before every view."""
    app.before_request(_enforce)
