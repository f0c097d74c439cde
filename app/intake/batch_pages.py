"""Bringing complaints in files at the desk: look first, then file, then hand the receipts on."""

from __future__ import annotations

import base64
from dataclasses import asdict
from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from app.accounts import guard
from app.core import clock, web
from app.core.access import requires
from app.core.errors import InvalidError
from app.core.table import csv_text
from app.core.transaction import reading
from app.intake import batch, batch_filing, dialogue, doors, drafts, schema
from app.intake.batch import Entry
from app.intake.batch_filing import Done

SKIN = "import"
PERMISSION = "complaint.take"
AT_ONCE = 20  # rows in one transaction: a break loses none, and the rest goes on
pages = Blueprint("batch", __name__)


@pages.get("/desk/import")
@requires(PERMISSION)
def show() -> Any:
    """Bring files; or what they hold, before and after filing."""
    return _show()


def _show(*, refused: InvalidError | None = None) -> Response:
    draft = doors.current(SKIN)
    entries = _entries(draft) if draft else []
    with reading() as session:
        entries = batch_filing.check(session, entries)
        before = batch_filing.arrived(session, entries)
    done = [Done(**one) for one in draft.data.get("done", [])] if draft else []
    page = render_template(
        "desk/import.html",
        entries=entries,
        before=before,
        ready=sum(not e.errors and e.digest not in before for e in entries),
        done=done,
        new=[one for one in done if one.secret],
        questions=schema.BY_KEY,
        shown=dialogue.value_of,
        names=batch.NAMES,
        most=batch.ROWS,
        errors={"files": gettext(refused.message, **refused.values)} if refused else {},
    )
    answer = make_response(page, refused.status if refused else 200)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _entries(draft: drafts.Opened) -> list[Entry]:
    """What the files of this draft hold; they were read once before, so they can be read."""
    return [
        entry
        for name, data in draft.data.get("files", [])
        for entry in batch.read(name, base64.b64decode(data))
    ]


@pages.post("/desk/import")
@requires(PERMISSION)
def bring() -> Any:
    """Take the files and show what is in them; nothing is filed yet."""
    sent = [f for f in request.files.getlist("files") if f.filename]
    try:
        if not sent:
            raise InvalidError("Please choose a table (CSV) or mails (.eml) first.")
        files = [(file.filename or "", file.stream.read(batch.MAX_BYTES + 1)) for file in sent]
        if sum(len(data) for _, data in files) > batch.MAX_BYTES:
            raise InvalidError("These files are larger than 20 MB together. Bring them in parts.")
        if sum(len(batch.read(name, data)) for name, data in files) > batch.ROWS:
            raise InvalidError(
                "These files hold more than %(most)s complaints. Bring them in parts.",
                most=batch.ROWS,
            )
    except InvalidError as error:
        return _show(refused=error)
    kept = [(name, base64.b64encode(data).decode()) for name, data in files]
    _, fresh = doors.change(SKIN, lambda draft: draft.data.update(files=kept, done=[]))
    return doors.remember(redirect("/desk/import", 303), SKIN, fresh)


@pages.post("/desk/import/send")
@requires(PERMISSION)
def send() -> Any:
    """File what can be filed; the receipts stay in the sealed draft until they are handed on."""
    draft = doors.current(SKIN)
    if draft is None:
        return redirect("/desk/import", 303)
    with reading() as session:
        entries = batch_filing.check(session, _entries(draft))
    by = guard.current().actor
    for first in range(len(draft.data.get("done", [])), len(entries), AT_ONCE):
        _file(entries[first : first + AT_ONCE], by)
    return redirect("/desk/import", 303)


def _file(entries: list[Entry], by: str) -> None:
    folder, clamd = web.settings().folder, web.settings().clamd_url
    with reading() as session:
        before = batch_filing.arrived(session, entries)
    files: dict[str, tuple[Any, ...]] = {
        entry.digest: batch_filing.attach(entry, data_folder=folder, clamd_url=clamd)
        for entry in entries
        if not entry.errors and entry.digest not in before
    }
    at = clock.now()

    def act(tx: Any, draft: drafts.Opened) -> None:
        done = draft.data.setdefault("done", [])
        for entry in entries:
            stored, kid, refused = files.get(entry.digest, ((), None, ()))
            one = batch_filing.file_entry(
                tx, entry, by=by, at=at, stored=stored, kid=kid, refused=refused
            )
            done.append(asdict(one))

    doors.change_in(SKIN, act)


@pages.post("/desk/import/receipts.csv")
@requires(PERMISSION)
def receipts() -> Any:
    """The receipts as a table, to be handed to those who complained."""
    draft = doors.current(SKIN)
    done = [Done(**one) for one in draft.data.get("done", [])] if draft else []
    rows = [(one.label, one.ref, one.secret, _note(one)) for one in done]
    head = (
        gettext("Where it came from"),
        gettext("Reference"),
        gettext("Receipt code"),
        gettext("Note"),
    )
    answer = make_response("\ufeff" + csv_text([head, *rows]))
    answer.headers["Content-Type"] = "text/csv; charset=utf-8"
    answer.headers["Content-Disposition"] = 'attachment; filename="receipts.csv"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _note(one: Done) -> str:
    if one.refused:
        return str(gettext(one.refused))
    return str(gettext("It came with an earlier file.")) if one.before else ""


@pages.post("/desk/import/forget")
@requires(PERMISSION)
def forget() -> Any:
    """Forget files and receipts; what was filed stays filed."""
    doors.give_up(SKIN)
    answer = redirect("/desk/import", 303)
    answer.delete_cookie(web.cookie_name(f"draft-{SKIN}"), path="/")
    return answer


@pages.get("/desk/import/sample.csv")
@requires(PERMISSION)
def sample() -> Any:
    """A table to fill in."""
    answer = make_response("\ufeff" + batch.SAMPLE)
    answer.headers["Content-Type"] = "text/csv; charset=utf-8"
    answer.headers["Content-Disposition"] = 'attachment; filename="complaints.csv"'
    return answer
