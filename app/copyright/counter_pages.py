"""The provider's answer under its letter's link, the desk's check, the claimant's own page."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext

from app.accounts import guard
from app.catalogue import queries as catalogue
from app.copyright import forms, proofs, queries, service
from app.copyright.values import Counter, Party
from app.core import clock, limits, web
from app.core.access import public, requires
from app.core.errors import AppError, InvalidError
from app.core.transaction import reading, transaction
from app.incidents import wording
from app.intake import uploads
from app.intake.receipt_pages import holder
from app.norm import deadlines

counters = Blueprint("counter_notice", __name__)
_ASKS = 120
_FILES = {"accept": uploads.ACCEPT, "most": uploads.MAX_BYTES}


@counters.get("/copyright")
@public
def start() -> str:
    """Who may use it, what the law asks for, what happens then."""
    return render_template(
        "copyright/start.html",
        waits=deadlines.waits_for_suit(),
    )


@counters.get("/copyright/form")
@public
def paper() -> str:
    """The notice as an empty form for the post."""
    return render_template("copyright/paper.html")


@counters.get("/copyright/counter-form")
@public
def counter_paper() -> str:
    """The counter-notice as an empty form for the post."""
    return render_template("copyright/paper_counter.html")


@counters.get("/copyright/sent")
@public
def sent() -> Any:
    """The holder's notice, its steps, its print; opened with the receipt code."""
    return _sent(200, {})


def _sent(status: int, errors: dict[str, str]) -> Any:
    complaint_id = holder()
    with reading() as session:
        at = clock.now()
        case = queries.of_complaint(session, complaint_id, at=at) if complaint_id else None
        listed = []
        if case is not None and case.notice is not None:
            addresses = catalogue.resource_addresses(session, case.resource_id)
            listed = [a.url for a in addresses if a.id in case.notice.address_ids]
            incident = queries.incident_now(session, case.incident)
    if case is None:
        return redirect("/receipt", 303)
    page = render_template(
        "copyright/sent.html", **_FILES, case=case, notice=case.notice, listed=listed,
        errors=errors, form=request.form,
        found=case.notice is not None and incident.found_at is not None,
        over=case.notice is not None and not incident.open,
    )  # fmt: skip
    return page, status


@counters.post("/copyright/sent")
@public
def court() -> Any:
    """The right holder has gone to court within the waiting time."""
    complaint_id = holder()
    with reading() as session:
        at = clock.now()
        case = queries.of_complaint(session, complaint_id, at=at) if complaint_id else None
    if complaint_id is None or case is None:
        return redirect("/receipt", 303)
    named_court = request.form.get("court", "")
    try:
        files = proofs.take(case) if named_court.strip() else ()
        with transaction() as tx:
            service.go_to_court(
                tx, complaint_id=complaint_id, court=named_court, files=files, at=clock.now()
            )
    except AppError as error:
        named = {name: gettext(text) for name, text in getattr(error, "fields", {}).items()}
        return _sent(error.status, named or {"court": gettext(error.message, **error.values)})
    return redirect("/copyright/sent", 303)


@counters.get("/copyright/counter/<token>")
@public
def counter(token: str) -> Any:
    """The counter-notice: empty, or what was sent."""
    return _counter(token, 200, {})


def _counter(token: str, status: int, errors: dict[str, str], sentence: str = "") -> Any:
    limits.hit("counter", web.client_address(), limit=_ASKS, seconds=60)
    with reading() as session:
        letter, case = queries.by_link(session, token, at=clock.now())
        card = catalogue.card(session, case.resource_id)
        incident = queries.incident_now(session, case.incident)
    typed = case.counter
    if typed is None:
        urls = "\n".join(a.url for a in card.addresses)
        begun = Counter(provider=Party(name=card.provider), what=f"《{card.title}》\n{urls}")
        typed = forms.counter(request.form) if request.method == "POST" else begun
    page = render_template(
        "copyright/counter.html", token=token, **_FILES, letter=letter.notice, case=case,
        counter=typed, card=card, open=incident.open, found=incident.found_at is not None,
        errors=errors, sentence=sentence,
    )  # fmt: skip
    return page, status


@counters.post("/copyright/counter/<token>")
@public
def send_counter(token: str) -> Any:
    """Send it complete, or hear what is missing and why."""
    with reading() as session:
        letter, case = queries.by_link(session, token, at=clock.now())
    given = forms.counter(request.form)
    try:
        service.refuse_incomplete_counter(given)
        files = proofs.take(case) if case.counter is None else ()
        with transaction() as tx:
            service.counter(
                tx,
                ref=case.ref,
                given=given,
                files=files,
                letter=letter.notice.ref,
                contact_id=letter.contact_id,
                at=clock.now(),
            )
    except InvalidError as error:
        named = {name: gettext(text) for name, text in error.fields.items()}
        return _counter(token, 422, named, gettext(error.message, **error.values))
    except AppError as error:
        return _counter(token, error.status, {}, gettext(error.message, **error.values))
    return redirect(f"/copyright/counter/{token}", 303)


@counters.get("/desk/copyright/<ref>/counter")
@requires("notice.record")
def paper_counter(ref: str) -> Any:
    """A counter-notice that came by post, typed in by an officer."""
    return _on_paper(ref, 200, {})


def _on_paper(ref: str, status: int, errors: dict[str, str], sentence: str = "") -> Any:
    with reading() as session:
        case = queries.case(session, ref, at=clock.now())
        card = catalogue.card(session, case.resource_id)
        platform = queries.incident_now(session, case.incident).platform_id
    guard.demand("notice.record", platform)
    typed = Counter(provider=Party(name=card.provider))
    if request.method == "POST":
        typed = forms.counter(request.form)
    page = render_template(
        "copyright/desk_counter.html", **_FILES, case=case, card=card, counter=typed, errors=errors,
        sentence=sentence,
    )  # fmt: skip
    return page, status


@counters.post("/desk/copyright/<ref>/counter")
@requires("notice.record")
def keep_paper_counter(ref: str) -> Any:
    """Complete it counts like one under the letter's link; else the page says what is missing."""
    with reading() as session:
        case = queries.case(session, ref, at=clock.now())
        platform = queries.incident_now(session, case.incident).platform_id
    guard.demand("notice.record", platform)
    given = forms.counter(request.form)
    try:
        service.refuse_incomplete_counter(given)
        files = proofs.take(case) if case.counter is None else ()
        with transaction() as tx:
            service.counter(
                tx,
                ref=ref,
                given=given,
                files=files,
                entered_by=guard.current().actor,
                at=clock.now(),
            )
    except AppError as error:
        named = {name: gettext(text) for name, text in getattr(error, "fields", {}).items()}
        return _on_paper(ref, error.status, named, gettext(error.message, **error.values))
    flash(gettext("The counter-notice is on record and was forwarded."), "good")
    return redirect(f"/desk/incidents/{case.incident}#copyright", 303)


@counters.post("/desk/copyright/<ref>/restore")
@requires("incident.release")
def restore(ref: str) -> Any:
    """An officer has checked the counter-notice: serve again what the notice stopped."""
    with reading() as session:
        case = queries.case(session, ref, at=clock.now())
        platform = queries.incident_now(session, case.incident).platform_id
    guard.demand("incident.release", platform)
    try:
        with transaction() as tx:
            service.restore(
                tx,
                ref=ref,
                reason=request.form.get(f"reason-{ref}", ""),
                by=guard.current().actor,
                at=clock.now(),
            )
    except AppError as error:
        flash(gettext(error.message, **wording.values(error.values)), "error")
        return redirect(f"/desk/incidents/{case.incident}#copyright", 303)
    flash(gettext("Restored; the resource is served again within seconds."), "good")
    return redirect(f"/desk/incidents/{case.incident}", 303)
