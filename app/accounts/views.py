"""Signing in and out of the desk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyotp
from flask import Blueprint, g, redirect, render_template, request
from flask_babel import gettext, lazy_gettext

from app.accounts import guard, queries, service
from app.core import clock, limits, web
from app.core.access import public, requires
from app.core.db import db
from app.core.transaction import transaction

desk = Blueprint("accounts", __name__)
BLUEPRINTS = (desk,)

_ROLE_NAMES = {
    "officer": lazy_gettext("Officer"),
    "supervisor": lazy_gettext("Supervisor"),
    "catalogue_editor": lazy_gettext("Catalogue editor"),
    "privacy_approver": lazy_gettext("Privacy approver"),
    "system_admin": lazy_gettext("System administrator"),
    "security_admin": lazy_gettext("Security administrator"),
    "auditor": lazy_gettext("Auditor"),
    "authority_user": lazy_gettext("Platform authority"),
    "regulator_user": lazy_gettext("Regulator"),
    "provider_user": lazy_gettext("Resource provider"),
}
_CODES_A_MINUTE = 6
_TRIES_A_MINUTE = 60  # per network: a duty room sits behind one address


@desk.get("/desk/sign-in")
@public
def sign_in_form() -> str:
    """The form; in the demo also who may sign in, with today's codes."""
    return _form()


@desk.post("/desk/sign-in")
@public
def sign_in() -> Any:
    """Password and code, answered alike and in like time whether the login exists."""
    limits.hit("sign-in", web.client_address(), limit=_TRIES_A_MINUTE, seconds=60)
    form = request.form
    found = queries.by_login(db.session(), form.get("login", "").strip())
    ok = service.verify_password(found[1] if found else None, form.get("password", ""))
    db.session.rollback()
    token = None
    if found:
        with transaction() as tx:
            token = service.sign_in(
                tx,
                account_id=found[0],
                code=form.get("code", ""),
                password_ok=ok,
                at=clock.now(),
            )
    if token is None:
        wrong = gettext("Name, password or code is wrong, or the code was used before. Try again.")
        return _form(error=wrong, login=form.get("login", "")), 403
    answer = redirect(web.own_page(request.form.get("next") or "/desk/"), 303)
    web.set_cookie(answer, guard.COOKIE, token, max_age=None)
    return answer


@desk.post("/desk/sign-out")
@public
def sign_out() -> Any:
    """The session ends here and on the server."""
    if g.person is not None and g.person.sign_in_id is not None:
        with transaction() as tx:
            service.sign_out(tx, sign_in_id=g.person.sign_in_id, at=clock.now())
    answer = redirect("/desk/sign-in", 303)
    answer.delete_cookie(web.cookie_name(guard.COOKIE))
    return answer


@desk.get("/desk/step-up")
@requires("queue.read")
def step_up_form() -> str:
    """Asks for a fresh code before letting go or exporting."""
    return render_template("accounts/step_up.html", error=None, next=request.args.get("next", ""))


@desk.post("/desk/step-up")
@requires("queue.read")
def step_up() -> Any:
    """A fresh code counts for 15 minutes."""
    person = guard.current()
    assert person.sign_in_id is not None
    # A stolen session must not try the million codes: six a minute, by account.
    limits.hit("step-up", person.actor, limit=_CODES_A_MINUTE, seconds=60)
    with transaction() as tx:
        ok = service.step_up(
            tx,
            sign_in_id=person.sign_in_id,
            account_id=person.account_id,
            code=request.form.get("code", ""),
            at=clock.now(),
        )
    if not ok:
        wrong = gettext("That code is wrong or was used before. Wait for the next one.")
        return render_template("accounts/step_up.html", error=wrong, next=""), 403
    return redirect(web.own_page(request.form.get("next") or "/desk/"), 303)


def _form(error: str | None = None, login: str = "") -> str:
    return render_template(
        "accounts/sign_in.html",
        error=error,
        login=login,
        next=web.own_page(request.values.get("next", "/desk/")),
        demo=_demo_officers(),
        role_names=_ROLE_NAMES,
    )


def _demo_officers() -> list[dict[str, str]]:
    file = Path(web.settings().data) / "demo-officers.json"
    if not web.settings().demo or not file.is_file():
        return []
    officers = json.loads(file.read_text("utf-8"))
    at = clock.now()
    return [{**o, "code": pyotp.TOTP(o["totp_secret"]).at(at)} for o in officers]
