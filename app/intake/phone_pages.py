"""The phone desk: an officer asks by the schema while the caller speaks, and reads the code out."""

from __future__ import annotations

import json
import secrets
from dataclasses import replace
from typing import Any

from flask import Blueprint, make_response, render_template, request
from flask_babel import gettext
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from app.accounts import guard
from app.catalogue import queries as catalogue
from app.core.access import requires
from app.core.errors import ConflictError, NotFoundError
from app.core.transaction import reading
from app.intake import answers as said
from app.intake import canonical, complain_pages, doors, forms, masking, safety, schema
from app.intake.schema import N_
from app.suspension import queries as suspension

PERMISSION = "complaint.take"
pages = Blueprint("phone", __name__)


@pages.get("/desk/phone")
@requires(PERMISSION)
def begin() -> Any:
    """An empty sheet for the next caller."""
    return _sheet({}, once=secrets.token_urlsafe(24))


@pages.post("/desk/phone")
@requires(PERMISSION)
def go_on() -> Any:
    """Look the resource up, note a place, or file it; the sheet keeps all that was typed."""
    form = request.form
    filled, errors = _read(form)
    once = form.get("once", "") or secrets.token_urlsafe(24)
    if form.get("do") != "send":  # who is still asking is not told what is missing
        wrong = errors if form.get("do") == "place" else {}
        place = {n: text for n, text in wrong.items() if n.endswith(("_from", "_to"))}
        return _sheet(filled, once=once, errors=place)
    if errors:
        return _sheet(filled, once=once, errors=errors, status=422)
    danger = safety.reply([str(filled["text"]["text"])])
    if danger is not None and form.get("told") != danger.kind:
        return _sheet(filled, once=once)  # first the numbers are read out, then it is filed
    person = guard.current()
    filing = said.as_filing(
        filled,
        source="phone",
        language="en" if form.get("lang") == "en" else "zh",
        stored=(),
        kid=None,
        network=None,  # the desk's own network says nothing about the caller
        day_tag=None,
    )
    try:
        answer = doors.once(
            replace(filing, entered_by=person.actor), key=f"phone:{once}", body=_said(person.actor)
        )
    except (
        ConflictError
    ):  # the browser went back, and the next caller was typed into the same sheet
        own = N_("This sheet was sent before with other words. Press again: it becomes a new one.")
        return _sheet(filled, once=secrets.token_urlsafe(24), errors={"text": own}, status=409)
    return _receipt(answer, filled)


def _said(by: str) -> str:
    """All of the sheet: pressing twice sends the same; another caller's words never do."""
    own = {"csrf_token", "once", "told"}
    typed = sorted((n, v) for n, v in request.form.items(multi=True) if n not in own)
    return canonical.body_digest(by, *(f"{name}={value}" for name, value in typed))


def _read(form: forms.Form) -> tuple[dict[str, Any], forms.Errors]:
    """The sheet as answers of the schema, with one sentence for each field that needs a look."""
    filled: dict[str, Any] = {}
    errors: forms.Errors = {}
    if named := _resource(form):
        filled["resource"] = named
    if form.get("resource") and form.get("q", "").strip() != form.get("found", ""):
        # Who types another title and presses "send" means that one, not the one picked before.
        errors["q"] = N_("You typed other words after choosing. Find the resource again.")
    elif not named:
        errors["q"] = N_("Please ask which resource it is: a part of its title is enough.")
    filled["places"] = _noted(form)
    place, wrong = forms.place(form)
    errors |= wrong
    if not wrong:
        filled["places"] = forms.add_place(filled["places"], place)
    own = MultiDict({"text": form.get("text", ""), "kind": form.get("sort", "")})
    filled["text"], wrong = forms.text(own)
    errors |= {"sort" if name == "kind" else name: text for name, text in wrong.items()}
    filled["contact"], wrong = forms.contact(form)
    return filled, errors | wrong


def _resource(form: forms.Form) -> dict[str, Any]:
    typed = form.get("q", "").strip()
    if ref := form.get("resource", "") or typed.upper():
        try:
            with reading() as session:
                card = catalogue.card(session, ref)
        except NotFoundError:
            return {"hint": typed[: schema.HINT_LIMIT]} if typed and ref == typed.upper() else {}
        return {"ref": card.ref, "title": card.title}
    return {}


def _noted(form: forms.Form) -> list[Any]:
    """The places noted so far; they come back with the sheet and are read anew."""
    found: list[Any] = []
    for line in form.getlist("noted"):
        try:
            kind, start, end = json.loads(line)
        except (ValueError, TypeError):
            continue
        again = MultiDict({"kind": kind, f"{kind}_from": start or "", f"{kind}_to": end or ""})
        place, errors = forms.place(again)
        if line != form.get("forget") and not errors:
            found = forms.add_place(found, place)
    return found


def _sheet(
    filled: dict[str, Any],
    *,
    once: str,
    errors: forms.Errors | None = None,
    status: int = 200,
) -> Any:
    form = request.form
    text = str(filled.get("text", {}).get("text", ""))
    typed = form.get("q", "").strip()[:500]
    with reading() as session:
        cards = catalogue.search(session, typed, limit=8) if typed else []
        states = suspension.states(session, [card.id for card in cards]) if cards else {}
    noting = form.get("do") == "place" and not errors
    page = render_template(
        "desk/phone.html",
        questions=schema.BY_KEY,
        words=schema.LOCATOR_WORDS,
        kinds=complain_pages.kinds(),
        form=form,
        place={} if noting else form,
        noted=filled.get("places", []) if noting else _noted(form),
        cards=cards,
        states=states,
        reply=safety.reply([text]),
        masked=masking.mask(text) if masking.finds(text) else "",
        errors={name: gettext(sentence) for name, sentence in (errors or {}).items()},
        once=once,
    )
    return make_response(page, status)


def _receipt(answer: dict[str, Any], filled: dict[str, Any]) -> Response:
    page = make_response(
        render_template(
            "desk/phone_receipt.html",
            filed=doors.moments(answer),
            groups=answer["secret"].split("-"),
            reply=safety.reply([str(filled["text"]["text"])]),
        )
    )
    page.headers["Cache-Control"] = "no-store"
    return page
