"""The last page before sending, and the pages of intake; each group in the module of its reason.

Only this page asks another feature: whether somebody told the same problem before.
"""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request

from app.core import crypto, limits, web
from app.core.access import public
from app.core.errors import TooManyError
from app.core.transaction import reading
from app.intake import answers as said
from app.intake import (
    assistant_pages,
    batch_pages,
    classroom_pages,
    complain_pages,
    desk_pages,
    doors,
    handoff_pages,
    masking,
    open311_pages,
    phone_pages,
    receipt_pages,
    receipt_text,
    safety,
    schema,
    waiting_pages,
)
from app.intake.complain_pages import FORM
from app.intake.values import Place
from app.triage import queries as triage

pages = Blueprint("sending", __name__)
# Asking whether others complain must cost as much as complaining: whoever wants to find out what
# others said about their own resource has few tries.
ASKS, ASKS_ON_ONE, HOUR = 60, 20, 3600


@pages.get("/complain/check")
@public
def check() -> Any:
    """Everything once more."""
    draft = doors.current(FORM)
    answers = draft.data.get("answers", {}) if draft else {}
    lacking = schema.lacking(answers)
    if draft is None or lacking:
        return redirect(f"/complain/{lacking.path if lacking else 'resource'}", 303)
    story = str(answers["text"]["text"])
    return render_template(
        "intake/check.html",
        answers=answers,
        places=said.places(answers),
        files=said.files(answers),
        contact=said.contact(answers),
        words=schema.LOCATOR_WORDS,
        kinds=dict(complain_pages.kinds()),
        reply=safety.reply([story]),
        masked=masking.mask(story) if masking.finds(story) else "",
        once=draft.data["once"],
        offer=_offer(answers),
    )


def _offer(answers: dict[str, Any]) -> dict[str, Any] | None:
    """What others told before, to be joined; asked once for the same words and places."""
    resource = answers.get("resource", {}).get("ref")
    if not resource:
        return None
    story, where = str(answers["text"]["text"]), answers.get("places", [])
    asked = crypto.sha256_hex(json.dumps([resource, story, where]).encode())
    draft = doors.current(FORM)
    kept = draft.data.get("same", {}) if draft else {}
    if kept.get("asked") != asked:
        found = _asked(resource, story, said.places(answers))
        if found is None:
            return None
        kept = {"asked": asked, **found}
        doors.change(FORM, lambda opened: opened.data.update(same=kept))
    return kept if kept.get("complaint") else None


def _asked(resource: str, story: str, places: tuple[Place, ...]) -> dict[str, Any] | None:
    """The offer as it is kept in the draft; None when this network asked too much already."""
    try:
        limits.hit("same", web.client_address(), limit=ASKS, seconds=HOUR)
        limits.hit(f"same:{resource}", web.client_address(), limit=ASKS_ON_ONE, seconds=HOUR)
    except TooManyError:
        return None
    with reading() as session:
        offer = triage.offer(session, resource, story, places)
    return {"complaint": offer.complaint_id, "times": offer.times} if offer else {}


@pages.post("/complain/send")
@public
def send() -> Any:
    """Send it; the answer is the receipt itself (page 3.6: this POST answers 200, no-store)."""
    # Kept in the draft: who has to wait for a turn comes back without this page's buttons.
    join = request.form.get("join")
    if join is not None and doors.current(FORM):
        doors.change(FORM, lambda draft: draft.data.update(join=join == "yes"))
    return complain_pages.receipt_page(FORM, "portal")


@pages.post("/complain/receipt.txt")
@public
def text_receipt() -> Any:
    """The receipt as a file, for who pressed the button on it; the code is in no address."""
    answer = doors.send(FORM, once=request.form.get("once", ""), source="portal")
    file = make_response(receipt_text.text(doors.moments(answer), web.settings()))
    file.headers["Content-Type"] = "text/plain; charset=utf-8"
    file.headers["Content-Disposition"] = f'attachment; filename="receipt-{answer["ref"]}.txt"'
    file.headers["Cache-Control"] = "no-store"
    return file


BLUEPRINTS = (
    complain_pages.pages,
    pages,
    receipt_pages.pages,
    assistant_pages.pages,
    waiting_pages.pages,
    classroom_pages.pages,
    desk_pages.pages,
    handoff_pages.desk,
    phone_pages.pages,
    batch_pages.pages,
    open311_pages.pages,
)
