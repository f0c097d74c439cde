"""The page that lets a filing through a flood: solved by script, or waited out without one.

What the person entered stays in the draft; the page only holds the ticket.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, url_for

from app.core import clock, web
from app.core.access import public
from app.intake import doors, flood, tickets

# Where each skin is sent, and the page of a visitor who has nothing to send (any more).
_DOORS = {"form": ("/complain/send", "/complain"), "assistant": ("/assistant", "/assistant")}
pages = Blueprint("waiting", __name__)


@pages.app_errorhandler(flood.WaitError)
def wait(error: flood.WaitError) -> Any:
    """Never a bare refusal: machines get problem+json with the ticket, people this page."""
    if web.wants_json() or error.skin not in _DOORS:
        return web.on_app_error(error)
    return redirect(url_for("waiting.show", skin=error.skin, ticket=error.ticket.text), 303)


@pages.get("/wait/<any(form, assistant):skin>")
@public
def show(skin: str) -> Any:
    """A few seconds, then the same complaint goes through."""
    send_to, home = _DOORS[skin]
    draft = doors.current(skin)
    try:
        ticket = tickets.parse(request.args.get("ticket", ""))
    except tickets.TicketError:
        return redirect(home, 303)
    if draft is None:
        return redirect(home, 303)
    page = make_response(
        render_template(
            "intake/wait.html",
            send_to=send_to,
            once=draft.data["once"],
            ticket=ticket,
            seconds=min(flood.seconds_left(ticket, at=clock.now()), flood.LONGEST),
        )
    )
    page.headers["Cache-Control"] = "no-store"
    return page
