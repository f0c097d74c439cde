"""The desk's side of the assistant: who asked for a person, what was said, the officer's answer."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext

from app.accounts import guard
from app.core import clock
from app.core.access import requires
from app.core.db import db
from app.core.transaction import transaction
from app.intake import handoff, schema

desk = Blueprint("hand_offs", __name__)


@desk.get("/desk/assistant")
@requires("complaint.read")
def waiting() -> str:
    """Who waits for an officer at the assistant."""
    return render_template(
        "intake/hand_offs.html",
        found=handoff.waiting(db.session(), guard.current().platforms("complaint.read")),
    )


@desk.get("/desk/assistant/<ref>")
@requires("complaint.read")
def show(ref: str) -> str:
    """What was said, masked, and the answers so far."""
    one = handoff.one(db.session(), ref[:20])
    _demand("complaint.read", one.platform_id)
    return render_template(
        "intake/hand_off.html",
        one=one,
        questions=schema.BY_KEY,
        order=schema.TURNS,
    )


@desk.post("/desk/assistant/<ref>")
@requires("complaint.answer")
def reply(ref: str) -> Any:
    """Answer in the dialogue, or close it."""
    by, at = guard.current().actor, clock.now()
    with transaction() as tx:
        _demand("complaint.answer", handoff.one(tx, ref[:20]).platform_id)
        if "close" in request.form:
            handoff.close(tx, ref=ref[:20], by=by, at=at)
        else:
            text = request.form.get("text", "").strip()
            handoff.reply(tx, ref=ref[:20], text=text, by=by, at=at)
    if "close" in request.form:
        flash(gettext("The dialogue is closed."))
        return redirect("/desk/assistant", 303)
    flash(gettext("Your answer stands in the dialogue."))
    return redirect(f"/desk/assistant/{ref}", 303)


def _demand(permission: str, platform_id: int | None) -> None:
    if platform_id is not None:  # the route itself asked for the permission anywhere
        guard.demand(permission, platform_id)
