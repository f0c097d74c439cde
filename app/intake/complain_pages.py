"""The guided form: one thing per page, a draft between, everything once more before sending."""

from __future__ import annotations

import io
import json
from typing import Any
from urllib.parse import urlencode

import segno
from flask import (
    Blueprint,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
    send_from_directory,
)
from flask_babel import gettext

from app.catalogue import queries as catalogue
from app.core import web
from app.core.access import public
from app.core.errors import NotFoundError
from app.core.transaction import reading
from app.incidents import wording
from app.intake import answers as said
from app.intake import doors, drafts, forms, safety, schema, uploads
from app.intake.schema import BY_KEY
from app.norm import titles
from app.norm.kinds import routing_kinds
from app.suspension import queries as suspension

FORM = "form"
FOUND = 12
AT = ("t", "page", "slide")  # where the resource's page stands, in the link from it
_DIGITS = 3  # of a place's number in the list
AWAY = "https://www.weather.com.cn/"  # an everyday page for who must leave quickly
pages = Blueprint("intake", __name__)


@pages.get("/")
@public
def home() -> str:
    """The start page (Art. 17: 便捷的投诉举报入口)."""
    return render_template("portal/home.html")


@pages.get("/leave")
@public
def leave() -> Any:
    """Leave no trace in this browser and go somewhere harmless."""
    answer = redirect(AWAY, 303)
    for name in ("draft-form", "draft-assistant", "draft-copyright"):
        answer.delete_cookie(web.cookie_name(name), path="/")
    answer.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    return answer


@pages.get("/embed.js")
@public
def embed() -> Any:
    """The entry for resource pages of other sites (page 3.3); the one script others may load."""
    answer = send_from_directory(str(current_app.static_folder), "embed.js")
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    answer.headers["Cache-Control"] = "public, max-age=3600"
    return answer


@pages.get("/complain/qr/<ref>.svg")
@public
def entry(ref: str) -> Any:
    """The QR code of a resource's own complaint link, to be printed or shown beside it."""
    with reading() as session:
        known = catalogue.resource(session, ref)
    link = f"{web.settings().public_url.rstrip('/')}/complain?resource={known.ref}"
    drawn = io.BytesIO()
    segno.make(link, error="m").save(drawn, kind="svg", scale=4)
    answer = make_response(drawn.getvalue())
    answer.headers["Content-Type"] = "image/svg+xml"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    answer.headers["Cache-Control"] = "public, max-age=86400"
    return answer


@pages.get("/complain")
@public
def begin() -> Any:
    """Where a complaint begins, or goes on; ``?resource=R0042`` comes from a resource page."""
    ref = request.args.get("resource", "")
    if ref:
        at = {name: _quoted(request.args[name]) for name in AT if request.args.get(name)}
        asked = urlencode({"q": _quoted(ref), "from": "embed", **at})
        return redirect(f"/complain/resource?{asked}", 303)
    draft = doors.current(FORM)
    if draft is None or not draft.data.get("answers"):
        return redirect("/complain/resource", 303)
    return render_template("intake/resume.html", next=_next(draft.data["answers"]))


def _quoted(text: str) -> str:
    return "".join(c for c in text if c.isalnum() or c in "-_:.,")[:40]


def _next(answers: dict[str, Any]) -> str:
    question = schema.missing(answers)
    return f"/complain/{question.path}" if question else "/complain/check"


def _kept(
    key: str, value: Any, *, stay: str | None = None, place: list[str | None] | None = None
) -> Any:
    """Keep one answer and go on to what is missing."""

    def act(draft: drafts.Opened) -> None:
        answers = draft.data.setdefault("answers", {})
        if key == "resource" and answers.get(key, {}).get("ref") != value.get("ref"):
            answers.pop("places", None)  # 12:35 of another video says nothing here
        answers[key] = value
        if place is not None:
            answers["places"] = forms.add_place(answers.get("places", []), place)
        draft.data.pop("refused", None)
        if request.form.get("from") == "embed":
            draft.data["source"] = "embed"

    draft, fresh = doors.change(FORM, act)
    answer = redirect(stay or _next(draft.data["answers"]), 303)
    return doors.remember(answer, FORM, fresh)


def _page(key: str, *, status: int = 200, **values: Any) -> Any:
    draft = doors.current(FORM)
    answers = draft.data.get("answers", {}) if draft else {}
    questions = schema.QUESTIONS
    question = BY_KEY[key]
    n = questions.index(question)
    return make_response(
        render_template(
            f"intake/{question.path}.html",
            question=question,
            n=n + 1,
            total=len(questions),
            back=f"/complain/{questions[n - 1].path}" if n else "/",
            answers=answers,
            files=said.files(answers),
            **{"errors": {}, **values},
        ),
        status,
    )


@pages.get("/complain/resource")
@public
def resource() -> Any:
    """Search by title, number or pasted address."""
    q = request.args.get("q", "").strip()[:500]
    with reading() as session:
        cards = catalogue.search(session, q, limit=FOUND) if q else []
        states = suspension.states(session, [c.id for c in cards]) if cards else {}
    return _page(
        "resource",
        q=q,
        cards=cards,
        states=states,
        limit=FOUND,
        kind_words=wording.RESOURCES,
        embed=request.args.get("from") == "embed",
        at={name: request.args[name][:40] for name in AT if request.args.get(name)},
    )


@pages.post("/complain/resource")
@public
def choose_resource() -> Any:
    """This one."""
    pasted = request.form.get("q", "")
    with reading() as session:
        try:
            card = catalogue.card(session, request.form.get("resource", ""))
        except NotFoundError:
            return redirect("/complain/resource", 303)
        named = "/" in pasted and catalogue.by_url(session, pasted) is not None
    given: dict[str, Any] = {"ref": card.ref, "title": card.title}
    shown = forms.shown(request.form)
    if shown is None:
        return _kept("resource", {**given, "url": pasted} if named else given)
    return _kept(
        "resource", {**given, "url": pasted} if named else given, place=shown,
        stay="/complain/where",
    )  # fmt: skip


@pages.get("/complain/roughly")
@public
def roughly() -> str:
    """The resource is known only roughly."""
    draft = doors.current(FORM)
    known = draft.data.get("answers", {}).get("resource", {}) if draft else {}
    return render_template("intake/roughly.html", value=known.get("hint", ""), errors={})


@pages.post("/complain/roughly")
@public
def keep_roughly() -> Any:
    """What the person knows of it."""
    value, errors = forms.hint(request.form)
    if errors:
        said_so = value.get("hint", "")
        return render_template("intake/roughly.html", value=said_so, errors=_said(errors)), 422
    return _kept("resource", value)


def _said(errors: forms.Errors) -> forms.Errors:
    return {name: gettext(text) for name, text in errors.items()}


@pages.get("/complain/where")
@public
def where() -> Any:
    """Where in the resource."""
    return _page("places", words=schema.LOCATOR_WORDS, form={})


@pages.post("/complain/where")
@public
def keep_where() -> Any:
    """One more place, or on."""
    draft = doors.current(FORM)
    known = list(draft.data.get("answers", {}).get("places", [])) if draft else []
    drop = request.form.get("drop", "")
    if drop.isdecimal() and len(drop) <= _DIGITS:
        known = [p for n, p in enumerate(known) if n != int(drop)]
        return _kept("places", known, stay="/complain/where")
    new, errors = forms.place(request.form)
    if errors:
        return _page(
            "places", status=422, errors=_said(errors), words=schema.LOCATOR_WORDS,
            form=request.form,
        )  # fmt: skip
    more = "/complain/where" if "more" in request.form else None
    return _kept("places", forms.add_place(known, new), stay=more)


@pages.get("/complain/what")
@public
def what() -> Any:
    """What is wrong, in the person's own words."""
    return _page("text", kinds=kinds(), form=None)


def kinds() -> list[tuple[str, str]]:
    language = "en" if doors.language() == "en" else "zh_Hans"
    named = [(kind, titles.kind_title(kind, language)) for kind in routing_kinds()]
    return [("", gettext("I am not sure (we decide)")), *named]


@pages.post("/complain/what")
@public
def keep_what() -> Any:
    """The words."""
    value, errors = forms.text(request.form)
    if errors:
        return _page("text", status=422, errors=_said(errors), kinds=kinds(), form=value)
    return _kept("text", value)


@pages.get("/complain/files")
@public
def files() -> Any:
    """Pictures and files, and what could not be taken of those sent last."""
    refused = doors.refusals(doors.current(FORM))
    errors = {"files": " ".join(refused)} if refused else {}
    return _page("files", accept=uploads.ACCEPT, most=uploads.MAX_BYTES, errors=errors)


@pages.post("/complain/files")
@public
def keep_files() -> Any:
    """Take uploads, remove one, or go on."""
    drop = request.form.get("drop", "")
    if drop:
        doors.drop_file(FORM, drop)
        back = "check#files" if request.form.get("back") == "check" else "files"
        return redirect(f"/complain/{back}", 303)
    if any(f.filename for f in request.files.getlist("files")):
        fresh = doors.add_files(FORM)
        return doors.remember(redirect("/complain/files", 303), FORM, fresh)
    draft = doors.current(FORM)
    known = draft.data.get("answers", {}).get("files", []) if draft else []
    return _kept("files", known)


@pages.get("/complain/contact")
@public
def contact() -> Any:
    """May we contact you?"""
    return _page("contact", form=None)


@pages.post("/complain/contact")
@public
def keep_contact() -> Any:
    """A contact or none."""
    value, errors = forms.contact(request.form)
    if errors:
        return _page("contact", status=422, errors=_said(errors), form=value)
    return _kept("contact", value)


def receipt_page(skin: str, source: str) -> Any:
    """File the draft and show its receipt."""
    draft = doors.current(skin)
    told = [str(doors.collected(draft).get("text", {}).get("text", ""))] if draft else []
    once = request.form.get("once", "")
    answer = doors.send(skin, once=once, source=source)
    page = make_response(
        render_template(
            "intake/receipt.html",
            filed=doors.moments(answer),
            reply=safety.reply(told),
            qr=segno.make(answer["secret"], error="m").svg_data_uri(scale=4),
            once=once,
            savable=skin == FORM,
            proof=json.dumps(answer["proof"], ensure_ascii=False, indent=2),
        )
    )
    page.headers["Cache-Control"] = "no-store"
    page.delete_cookie(web.cookie_name(f"draft-{skin}"), path="/")
    return page


@pages.post("/complain/discard")
@public
def discard() -> Any:
    """Give the draft up; nothing of it is kept."""
    doors.give_up(FORM)
    answer = redirect("/complain/resource", 303)
    answer.delete_cookie(web.cookie_name("draft-form"), path="/")
    return answer
