"""Reads what the pages of the guided form send; every step is checked on its own and at the end."""

from __future__ import annotations

from typing import Any

from werkzeug.datastructures import MultiDict

from app.intake import parse, places
from app.intake.schema import HINT_LIMIT, LOCATOR_WORDS, N_, PLACES_LIMIT, text_fault
from app.intake.slots import MAIL, PHONE
from app.norm.errors import NormError
from app.norm.kinds import category_of

Form = MultiDict[str, str]
Errors = dict[str, str]
NAME_LIMIT = 60


def words(form: Form, name: str = "text") -> str:
    """A text as typed; browsers send CR LF, people mean a new line."""
    return form.get(name, "").replace("\r\n", "\n")


def hint(form: Form) -> tuple[dict[str, Any], Errors]:
    """What a person knows who knows the resource only roughly."""
    said = words(form, "hint").strip()
    if not said:
        return {}, {"hint": N_("Please write what you know: part of the title, subject, teacher.")}
    fault = text_fault(said, HINT_LIMIT)
    if fault:
        return {"hint": said}, {
            "hint": N_("That is too long. A title and where you found it are enough.")
            if len(said) > HINT_LIMIT
            else fault
        }
    return {"hint": said}, {}


def place(form: Form) -> tuple[list[str | None] | None, Errors]:
    """One locator, None when nothing was chosen (going on without is fine)."""
    kind = form.get("kind", "")
    if not kind:
        return None, {}
    if kind not in LOCATOR_WORDS:
        return None, {"kind": N_("Please choose one of these.")}
    if kind == "whole":
        return [kind, None, None], {}
    start = parse.tidy(kind, form.get(f"{kind}_from", ""))
    end = parse.tidy(kind, form.get(f"{kind}_to", ""))
    errors: Errors = {}
    if kind == "time" and start and parse.seconds(start) is None:
        errors["time_from"] = N_("Please write the time like 12:35 or 1:02:33.")
    elif not start and kind != "link":
        errors[f"{kind}_from"] = N_("Please say where, or choose another line.")
    elif fault := _end_fault(kind, start, end):
        errors[f"{kind}_to"] = fault
    return [kind, start or None, end or None], errors


def _end_fault(kind: str, start: str, end: str) -> str | None:
    """Why the end of a range cannot be taken; page names like 目录 are no numbers and may stand."""
    if not end or kind == "link":
        return None
    if kind == "time" and parse.seconds(end) is None:
        return N_("Please write the time like 12:35 or 1:02:33.")
    read = parse.seconds if kind == "time" else parse.number
    first, last = read(start), read(end)
    if first is not None and last is not None and last < first:
        return N_("The end lies before the beginning. Please compare both.")
    return None


def shown(form: Form) -> list[str | None] | None:
    """The place that the resource's page, or a pasted address, already names."""
    found = places.from_values(
        t=form.get("t", ""), page=form.get("page", ""), slide=form.get("slide", "")
    ) or places.from_url(form.get("q", "")[:2000])
    return [found.kind, found.start, found.end] if found else None


def add_place(known: list[Any], new: list[str | None] | None) -> list[Any]:
    """The places with one more; the same place twice is once."""
    if new is None or new in known or len(known) >= PLACES_LIMIT:
        return known
    return [*known, new]


def text(form: Form) -> tuple[dict[str, Any], Errors]:
    """What is wrong, and perhaps a kind."""
    said, kind = words(form), form.get("kind", "") or None
    errors: Errors = {}
    fault = text_fault(said)
    if fault:
        errors["text"] = fault
    if kind:
        try:
            category_of(kind)
        except NormError:
            errors["kind"] = N_("Please choose one of these.")
    return {"text": said, "kind": kind}, errors


def mail_fault(address: str) -> str | None:
    """Why this is no mail address; None when it is one."""
    known = MAIL.fullmatch(address)
    return None if known else N_("Please write a mail address, like name@school.example.")


def contact(form: Form) -> tuple[dict[str, Any], Errors]:
    """How to be reached, if at all."""
    way = form.get("way", "")
    reach = way in {"phone", "email"}
    address = form.get(f"{way}_address", "").strip() if reach else ""
    name = form.get("name", "").strip() if reach else ""
    found: dict[str, Any] = {
        "way": way,
        "address": address,
        "name": name,
        "minor": form.get("minor") == "yes",
        "guardian": form.get("guardian") == "yes",
    }
    errors: Errors = {}
    if way not in {"none", "phone", "email"}:
        errors["way"] = N_("Please choose whether we may contact you.")
    elif way == "phone" and not PHONE.fullmatch(address.replace(" ", "")):
        errors["phone_address"] = N_("Please write a telephone number, like 13800000000.")
    elif way == "email" and not MAIL.fullmatch(address):
        errors["email_address"] = N_("Please write a mail address, like name@school.example.")
    if len(name) > NAME_LIMIT:
        errors["name"] = N_("That name is too long.")
    if found["minor"] and way in {"phone", "email"} and not found["guardian"]:
        errors["guardian"] = N_(
            "Under 14, a parent or guardian must agree before we keep a contact. You can also "
            "complain without one."
        )
    return found, errors
