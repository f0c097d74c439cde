"""The assistant's page: every turn is POST, 303, GET; no script needed."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request
from flask_babel import gettext

from app.core import clock, limits, web
from app.core.access import public
from app.core.transaction import transaction
from app.intake import answers as said
from app.intake import dialogue, doors, drafts, forms, masking, receipt, schema, turns, uploads
from app.intake.complain_pages import receipt_page
from app.intake.dialogue import SKIN
from app.intake.talk import ALWAYS, CONFIRM, TAKEN

pages = Blueprint("assistant", __name__)
_DIGITS = 3


@pages.get("/assistant")
@public
def show() -> Any:
    """The dialogue so far and what is asked now; ``?n=`` as it stood then (browser back)."""
    return _page()


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) <= _DIGITS else None


def _page() -> Any:
    draft = doors.current(SKIN)
    refused = doors.refusals(draft)
    now = dialogue.shown(draft, n=_number(request.args.get("n", "")))
    filled = now.filled
    story = dialogue.value_of(filled, "text")
    return render_template(
        "intake/assistant.html",
        now=now,
        talk=now.talk,
        words=dialogue.words,
        label=dialogue.label,
        values={key: dialogue.value_of(filled, key) for key in schema.TURNS},
        proposal=_proposal(now),
        card_at=_card_at(now),
        questions=schema.BY_KEY,
        order=schema.TURNS,
        files=said.files(filled),
        contact=said.contact(filled),
        masked=masking.mask(story) if masking.finds(story) else "",
        accept=uploads.ACCEPT,
        errors={"files": " ".join(refused)} if refused else {},
        most=uploads.MAX_BYTES,
        confirm=CONFIRM,
        always=ALWAYS,
    )


def _proposal(now: dialogue.Shown) -> str:
    kind = now.talk.proposal()
    return schema.kind_words(kind, doors.language()) if kind else ""


def _card_at(now: dialogue.Shown) -> int:
    """The line under which stands what was understood; -1: none."""
    lines = now.talk.lines if now.talk.taken else []
    return max((n for n, line in enumerate(lines) if line.text in TAKEN), default=-1)


@pages.post("/assistant")
@public
def say() -> Any:
    """One turn of the person."""
    option = request.form.get("option", "")
    after = _number(request.form.get("after", ""))
    if option == "send":
        dialogue.stay_at(after)
        return receipt_page(SKIN, "assistant")
    draft, fresh = dialogue.take(
        text=forms.words(request.form),
        option=option,
        undo="undo" in request.form,
        redo="redo" in request.form,
        after=after,
    )
    n = len(turns.living(draft.data.get("turns", [])))
    return doors.remember(redirect(f"/assistant?n={n}#last", 303), SKIN, fresh)


@pages.post("/assistant/files")
@public
def add_files() -> Any:
    """Take uploads in the dialogue, or remove one."""
    drop = request.form.get("drop", "")
    if drop:
        doors.drop_file(SKIN, drop)
        return redirect("/assistant#last", 303)
    fresh = doors.add_files(SKIN)
    return doors.remember(redirect("/assistant#last", 303), SKIN, fresh)


@pages.post("/assistant/new")
@public
def start_again() -> Any:
    """Forget this dialogue."""
    doors.give_up(SKIN)
    answer = redirect("/assistant", 303)
    answer.delete_cookie(web.cookie_name(f"draft-{SKIN}"), path="/")
    return answer


@pages.post("/assistant/later")
@public
def later() -> Any:
    """A short code with which the dialogue goes on elsewhere."""
    limits.hit("turn", web.client_address(), limit=doors.DRAFTS, seconds=doors.WINDOW)

    def act(tx: Any, draft: drafts.Opened) -> None:
        code = drafts.leave_code(tx, draft, at=clock.now())
        draft.data["later"] = receipt.grouped(code, drafts.CODE // 2)

    _, fresh = doors.change_in(SKIN, act)
    return doors.remember(redirect("/assistant#later", 303), SKIN, fresh)


@pages.get("/assistant/resume")
@public
def ask_code() -> Any:
    """Where the code is typed."""
    return render_template("intake/resume_code.html", errors={}, value="")


@pages.post("/assistant/resume")
@public
def resume() -> Any:
    """Go on with a dialogue that was begun elsewhere; the code dies of it."""
    limits.hit("resume", web.client_address(), limit=doors.LOOKUPS // 4, seconds=60)
    typed = request.form.get("code", "")[:40]
    with transaction() as tx:
        found = drafts.resume(tx, typed, at=clock.now())
        if found is not None:
            _, draft = found
            draft.data.pop("later", None)
            drafts.save(tx, draft, at=clock.now())
    if found is None:
        sentence = gettext(
            "This code opens nothing: it is mistyped, was used already, or is older than 7 days."
        )
        page = render_template("intake/resume_code.html", errors={"code": sentence}, value=typed)
        return page, 422
    return doors.remember(redirect("/assistant#last", 303), SKIN, found[0])
