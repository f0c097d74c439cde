"""The receipt: look-up by the code alone, answers, adding, withdrawing, confirming."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, redirect, render_template, request, session
from flask_babel import gettext
from sqlalchemy.orm import Session

from app.core import clock, limits, web
from app.core.access import public
from app.core.errors import AppError, InvalidError
from app.core.transaction import reading, transaction
from app.intake import doors, forms, outcomes, queries, receipt, safety, schema, service
from app.intake.schema import N_
from app.intake.values import Place
from app.norm.text import article_body, article_heading

OPEN_FOR = timedelta(minutes=30)
pages = Blueprint("receipt", __name__)

WRONG = {
    "empty": N_("Please type the receipt code."),
    "symbol": N_("A receipt code has only digits and letters (no U). Please check it."),
    "length": N_("A receipt code has 24 symbols in six groups of four. Please count."),
    "check": N_("One symbol is mistyped or two are swapped. Please compare it with your receipt."),
}  # fmt: skip
UNKNOWN = N_("There is no complaint with this receipt code. Please compare it with your receipt.")


def holder() -> int | None:
    """Whose receipt this browser opened within the last half hour."""
    kept = session.get("receipt")
    if not kept or datetime.fromisoformat(kept["until"]) <= clock.now():
        session.pop("receipt", None)
        return None
    return int(kept["id"])


@pages.get("/receipt")
@public
def show() -> Any:
    """The look-up form, or the state of the complaint that was looked up."""
    complaint_id = holder()
    if complaint_id is None:
        return render_template("intake/lookup.html", errors={})
    return _status(complaint_id)


def _article(number: int) -> tuple[str, str]:
    """Its number and its words, which are Chinese in every language of the page."""
    return article_heading(number), article_body(number)


def _status(complaint_id: int, *, errors: dict[str, str] | None = None, status: int = 200) -> Any:
    with reading() as seen:
        view = queries.holder_view(seen, complaint_id)
    asked = request.args.get("do", "") if request.method == "GET" else request.path[9:]
    page = render_template(
        "intake/status.html",
        view=view,
        told=outcomes.read,
        article=_article,
        asked=asked,
        words=schema.LOCATOR_WORDS,
        reply=safety.reply([m.text for m in view.messages if m.direction == "in"][-1:]),
        errors=errors or {},
        form=request.form if errors else {},
    )
    return page, status


@pages.post("/receipt")
@public
def look_up() -> Any:
    """Open by the code; a slip of the finger is told before any index is asked."""
    limits.hit("receipt", web.client_address(), limit=doors.LOOKUPS, seconds=60)
    typed = receipt.read(request.form.get("code", ""))
    if typed.wrong:
        errors = {"code": gettext(WRONG[typed.wrong])}
        return render_template("intake/lookup.html", errors=errors), 422
    with reading() as seen:
        found = queries.by_secret(seen, typed.secret)
    if found is None:
        return render_template("intake/lookup.html", errors={"code": gettext(UNKNOWN)}), 404
    session["receipt"] = {"id": found, "until": (clock.now() + OPEN_FOR).isoformat()}
    return redirect("/receipt", 303)


@pages.post("/receipt/<act>")
@public
def act(act: str) -> Any:
    """Add or correct something, withdraw, confirm, appeal, be pinged, or close this page."""
    if act == "close":
        session.pop("receipt", None)
        return redirect("/receipt", 303)
    complaint_id = holder()
    if complaint_id is None or act not in ACTS:
        return redirect("/receipt", 303)
    limits.hit("receipt", web.client_address(), limit=doors.LOOKUPS, seconds=60)
    try:
        with transaction() as tx:
            ACTS[act](tx, complaint_id, request.form, clock.now())
    except AppError as error:
        # A message belongs to a field; what is wrong as a whole is said by the first field.
        named = {name: gettext(text) for name, text in getattr(error, "fields", {}).items()}
        errors = named or {"text": gettext(error.message, **error.values)}
        return _status(complaint_id, errors=errors, status=error.status)
    return redirect("/receipt", 303)


def _message(tx: Session, complaint_id: int, form: forms.Form, at: datetime) -> None:
    service.add_message(tx, complaint_id=complaint_id, text=forms.words(form), at=at)


def _correct(tx: Session, complaint_id: int, form: forms.Form, at: datetime) -> None:
    found, errors = forms.place(form)
    if errors:
        raise InvalidError("Some fields need another look.", fields=errors)
    place = Place(str(found[0]), found[1], found[2]) if found else None
    text = forms.words(form, "correction")
    service.correct(tx, complaint_id=complaint_id, text=text, place=place, at=at)


def _withdraw(tx: Session, complaint_id: int, form: forms.Form, at: datetime) -> None:
    service.withdraw(tx, complaint_id=complaint_id, reason=forms.words(form, "why"), at=at)


def _confirm(tx: Session, complaint_id: int, form: forms.Form, at: datetime) -> None:
    still = form.get("still") == "yes"
    service.confirm(tx, complaint_id=complaint_id, still_there=still, at=at)


def _appeal(tx: Session, complaint_id: int, form: forms.Form, at: datetime) -> None:
    service.appeal(tx, complaint_id=complaint_id, text=forms.words(form, "appeal"), at=at)


def _ping(tx: Session, complaint_id: int, form: forms.Form, at: datetime) -> None:
    if form.get("stop") == "yes":
        service.stop_pings(tx, complaint_id=complaint_id, at=at)
        return
    address = form.get("ping", "").strip()
    if fault := forms.mail_fault(address):
        raise InvalidError("Some fields need another look.", fields={"ping": fault})
    guardian = form.get("guardian") == "yes"
    service.ping_by_mail(tx, complaint_id=complaint_id, address=address, guardian=guardian, at=at)


ACTS: dict[str, Callable[[Session, int, forms.Form, datetime], None]] = {
    "message": _message,
    "correct": _correct,
    "withdraw": _withdraw,
    "confirm": _confirm,
    "appeal": _appeal,
    "ping": _ping,
}
