"""Lessons: an officer makes the code, the teacher opens it from the classroom's network."""

from __future__ import annotations

import re
from typing import Any

import segno
from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext

from app.accounts import guard
from app.audit import service as audit
from app.catalogue import queries as catalogue
from app.catalogue.values import ResourceView
from app.core import clock, limits, web
from app.core.access import public, requires
from app.core.errors import ForbiddenError, InvalidError
from app.core.transaction import reading, transaction
from app.intake import classroom

PERMISSION = "complaint.answer"
TRIES_A_MINUTE = 20
_ANY_BREAK = re.compile(r"[\s,;，；、]+")
pages = Blueprint("classroom", __name__)


def _lesson(code: str) -> classroom.Lesson | None:
    return classroom.read(code, at=clock.now()) if code else None


def _resources(refs: tuple[str, ...]) -> list[ResourceView]:
    with reading() as session:
        return [catalogue.resource(session, ref) for ref in refs]


@pages.get("/classroom")
@public
def show() -> Any:
    """What the code is for, and whether it is open here."""
    lesson = _lesson(request.args.get("code", ""))
    if lesson is None:
        return render_template("intake/classroom.html", lesson=None), 404
    here = web.client_address()
    return render_template(
        "intake/classroom.html",
        lesson=lesson,
        resources=_resources(lesson.resources),
        is_open=classroom.is_open(here, lesson.resources[0], at=clock.now()),
        full=request.args.get("full") == "yes",
    )


@pages.post("/classroom")
@public
def open_here() -> Any:
    """Lift the limit for the network this comes from."""
    here = web.client_address()
    limits.hit("classroom", here, limit=TRIES_A_MINUTE, seconds=60)
    lesson = _lesson(request.form.get("code", ""))
    if lesson is None:
        return render_template("intake/classroom.html", lesson=None), 404
    full = None if classroom.open_for(here, lesson, at=clock.now()) else "yes"
    return redirect(url_for("classroom.show", code=lesson.code, full=full), 303)


@pages.get("/desk/classroom")
@requires(PERMISSION)
def desk() -> Any:
    """Make a code; afterwards the page to hand on."""
    return _desk(_lesson(request.args.get("code", "")))


def _desk(lesson: classroom.Lesson | None = None, *, refused: InvalidError | None = None) -> Any:
    errors = dict(refused.fields) if refused else {}
    page = render_template(
        "desk/classroom.html",
        lesson=lesson,
        resources=_resources(lesson.resources) if lesson else [],
        link=(link := _link(lesson) if lesson else ""),
        qr=segno.make(link, error="m").svg_data_uri(scale=4) if link else "",
        errors=errors,
        form=request.form,
    )
    return page, refused.status if refused else 200


def _link(lesson: classroom.Lesson) -> str:
    base = web.settings().public_url.rstrip("/")
    return base + url_for("classroom.show", code=lesson.code)


@pages.post("/desk/classroom")
@requires(PERMISSION)
def make() -> Any:
    """A code for these resources and minutes; the log keeps who made it and for what."""
    try:
        lesson = _made()
    except InvalidError as error:
        return _desk(refused=error)
    with transaction() as tx:
        audit.record(
            tx, actor=guard.current().actor, action="classroom.made",
            subject=f"lesson:{lesson.salt}", at=clock.now(), resources=list(lesson.resources),
            until=lesson.until.isoformat(),
        )  # fmt: skip
    return redirect(url_for("classroom.desk", code=lesson.code), 303)


def _made() -> classroom.Lesson:
    refs = [ref.upper() for ref in _ANY_BREAK.split(request.form.get("resources", "")) if ref]
    minutes = request.form.get("minutes", "")
    try:
        lesson = classroom.make(
            refs, minutes=int(minutes) if minutes.isdecimal() else 0, at=clock.now()
        )
    except InvalidError as error:
        name = "minutes" if "lesson" in error.message else "resources"
        raise InvalidError(
            "Some fields need another look.",
            fields={name: gettext(error.message, **error.values)},
        ) from error
    person = guard.current()
    for resource in _resources(lesson.resources):
        if not person.may(PERMISSION, resource.platform_id):
            raise ForbiddenError("You may not do this on this platform. Ask its supervisor.")
    return lesson
