"""Pages of letters: the recipient's own (by link) and the desk's."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext
from markupsafe import Markup

from app.accounts import guard
from app.copyright import queries as copyright_notices
from app.core import clock, i18n
from app.core.access import public, requires
from app.core.db import db
from app.core.errors import InvalidError
from app.core.transaction import transaction
from app.core.web import settings
from app.norm import titles
from app.norm.text import article_heading
from app.notices import queries, service, steps
from app.notices.jobs import sender
from app.notices.values import State

letter = Blueprint("letter", __name__)
desk = Blueprint("letters", __name__)
BLUEPRINTS = (letter, desk)
_DIGITS = 18


@letter.get("/letter/<token>")
@public
def read(token: str) -> str:
    """The letter in full; opening it puts on record that it has arrived."""
    page = _letter(token)  # a guessed link costs no write
    db.session.rollback()
    if request.method == "GET":  # a mail scanner's HEAD has opened nothing
        with transaction() as tx:
            service.mark_read(tx, token=token, at=clock.now())
    return page


@letter.post("/letter/<token>")
@public
def sign(token: str) -> Any:
    """签收 with name and position; signing twice changes nothing."""
    form = request.form
    try:
        with transaction() as tx:
            service.sign(
                tx,
                token=token,
                name=form.get("name", ""),
                position=form.get("position", ""),
                answer=form.get("answer", ""),
                at=clock.now(),
            )
    except InvalidError as error:
        fields = {name: gettext(text) for name, text in error.fields.items()}
        return _letter(token, errors=fields, typed=form), 422
    return redirect(f"/letter/{token}", 303)


def _letter(token: str, *, errors: Any = None, typed: Any = None) -> str:
    page = queries.by_token(db.session(), token)
    return render_template(
        "letter/letter.html",
        page=page,
        notice=page.notice,
        # Drawn by our own template with everything escaped, then frozen.
        article=Markup(page.article_html),  # noqa: S704
        errors=errors or {},
        typed=typed or {},
        claim=copyright_notices.of_letter(db.session(), page, at=clock.now()),
    )


@desk.get("/desk/letters")
@requires("notice.read")
def all_letters() -> str:
    """The platform's letters, newest first."""
    state = request.args.get("state", "")
    after = request.args.get("after", "")
    found, more = queries.letters(
        db.session(),
        guard.current().platforms("notice.read"),
        state=state if state in set(State) else None,
        unsigned=request.args.get("show") == "unsigned",
        after=_id(after),
    )
    return render_template("notices/letters.html", letters=found, more=more, words=_words())


@desk.get("/desk/letters/<ref>")
@requires("notice.read")
def one_letter(ref: str) -> str:
    """One letter with its deliveries and what an officer can do about it."""
    return _desk_letter(ref)


@desk.post("/desk/letters/<ref>/handover")
@requires("notice.record")
def handover(ref: str) -> Any:
    """Telephoned or handed over, and who took it."""
    _may_record(ref)
    form = request.form
    try:
        with transaction() as tx:
            service.record_handover(
                tx,
                notice_ref=ref,
                how=form.get("how", ""),
                name=form.get("name", ""),
                position=form.get("position", ""),
                account=guard.current().actor,
                at=clock.now(),
            )
    except InvalidError as error:
        fields = {name: gettext(text) for name, text in error.fields.items()}
        return _desk_letter(ref, errors=fields, typed=form), 422
    flash(gettext("The handover is on record."))
    return redirect(f"/desk/letters/{ref}", 303)


@desk.post("/desk/letters/<ref>/returned")
@requires("notice.record")
def returned(ref: str) -> Any:
    """A mail came back: the duty is open again and the next contact is tried."""
    _may_record(ref)
    delivery = request.form.get("delivery", "")
    with transaction() as tx:
        service.record_return(
            tx,
            notice_ref=ref,
            delivery_id=_id(delivery) or 0,
            reason=request.form.get("reason", ""),
            by=guard.current().actor,
            at=clock.now(),
        )
    flash(gettext("The return is on record; the next contact is tried."))
    return redirect(f"/desk/letters/{ref}", 303)


@desk.post("/desk/letters/<ref>/again")
@requires("notice.record")
def again(ref: str) -> Any:
    """Send to a contact that was added meanwhile."""
    _may_record(ref)
    with transaction() as tx:
        steps.again(
            tx,
            notice_ref=ref,
            sender=sender(settings()),
            by=guard.current().actor,
            at=clock.now(),
        )
    flash(gettext("The letter is on its way to the next contact."))
    return redirect(f"/desk/letters/{ref}", 303)


def _id(text: str) -> int | None:
    """A row's number as a page carries it; None for anything else."""
    return int(text) if text.isdecimal() and len(text) <= _DIGITS else None


def _may_record(ref: str) -> None:
    found = queries.letter(db.session(), ref)
    guard.demand("notice.record", found.platform_id)
    db.session.rollback()  # nothing is read across the write that follows


def _desk_letter(ref: str, *, errors: Any = None, typed: Any = None) -> str:
    found = queries.letter(db.session(), ref)
    guard.demand("notice.read", found.platform_id)
    return render_template(
        "notices/letter.html",
        notice=found,
        article=Markup(queries.article_html(db.session(), ref)),  # noqa: S704 - see above
        article_heading=article_heading,
        roles=[titles.role_title(role, i18n.language()) for role in found.roles],
        may_record=guard.current().may("notice.record", found.platform_id),
        errors=errors or {},
        typed=typed or {},
        words=_words(),
    )


def _words() -> dict[str, dict[str, str]]:
    """The words for kinds, steps and channels, in the reader's language."""
    return {
        "kind": {
            "report": gettext("Report to an authority"),
            "inform": gettext("Notification to the provider"),
            "remind": gettext("Reminder"),
            "nudge": gettext("Nudge to sign"),
            "correct": gettext("Correction"),
            "restore": gettext("Notice of restoration"),
            "forward": gettext("Forwarded claim"),
        },
        "step": {
            "first": gettext("First contact"),
            "nudge": gettext("Nudge to sign"),
            "second_contact": gettext("Next contact"),
            "second_channel": gettext("Telephone or paper"),
            "supervisor": gettext("Supervisor's task"),
        },
        "channel": {
            "email": gettext("Mail"),
            "phone": gettext("Telephone"),
            "paper": gettext("Paper"),
        },
        "how": {
            "link": gettext("By the link"),
            "phone": gettext("By telephone"),
            "paper": gettext("On paper"),
        },
    }
