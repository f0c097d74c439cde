"""Bringing complaints in files at the desk: look first, then file, then hand the receipts on."""

from __future__ import annotations

import base64
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from app.accounts import guard
from app.core import clock, web
from app.core.access import requires
from app.core.errors import ConflictError, InvalidError, NotFoundError
from app.core.table import csv_text
from app.core.transaction import reading
from app.intake import batch, batch_filing, dialogue, doors, drafts, schema
from app.intake.batch import Entry
from app.intake.batch_filing import Done

SKIN = "import"
PERMISSION = "complaint.take"
PATIENCE = timedelta(seconds=8)  # then the page says how far it is; one more press goes on
PIECES = 40  # files of mails in one upload; each is looked into before it is shown
AT_ONCE = 20  # rows in one transaction: a break loses none, and the rest goes on
pages = Blueprint("batch", __name__)


@pages.get("/desk/import")
@requires(PERMISSION)
def show() -> Any:
    """Bring files; or what they hold, before and after filing."""
    return _show()


def _show(*, refused: InvalidError | None = None) -> Response:
    draft = _mine()
    entries = _entries(draft) if draft else []
    with reading() as session:
        entries = batch_filing.check(session, entries)
        before = batch_filing.arrived(session, entries)
    done = [Done(**one) for one in draft.data.get("done", [])] if draft else []
    page = render_template(
        "desk/import.html",
        entries=entries,
        before=before,
        ready=len({e.digest for e in entries if not e.errors and e.digest not in before}),
        done=done,
        new=[one for one in done if one.secret or one.handed],
        handed=draft.data.get("handed") if draft else None,
        again=_again(entries),
        refused=draft.data.get("refused", {}) if draft else {},
        unread=sorted({title for entry in entries for title in entry.unread}),
        questions=schema.BY_KEY,
        shown=dialogue.value_of,
        names=batch.NAMES,
        most=batch.ROWS,
        errors={"files": gettext(refused.message, **refused.values)} if refused else {},
    )
    answer = make_response(page, refused.status if refused else 200)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _mine() -> drafts.Opened | None:
    """What this officer brought; at a shared desk nobody sees what the one before them brought."""
    draft = doors.current(SKIN)
    return draft if draft and draft.data.get("by") == guard.current().actor else None


def _again(entries: list[Entry]) -> dict[int, str]:
    """Which entries say the very same as an earlier one of these files: number to its label."""
    first: dict[str, str] = {}
    found: dict[int, str] = {}
    for number, entry in enumerate(entries):
        if entry.digest in first:
            found[number] = first[entry.digest]
        first.setdefault(entry.digest, entry.label)
    return found


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
        entries = [entry for name, data in files for entry in batch.read(name, data)]
        if sum(len(entry.pieces) for entry in entries) > PIECES:
            raise InvalidError(
                "These mails bring more than %(most)s files together. Bring them in parts.",
                most=PIECES,
            )
        if len(entries) > batch.ROWS:
            raise InvalidError(
                "These files hold more than %(most)s complaints. Bring them in parts.",
                most=batch.ROWS,
            )
    except InvalidError as error:
        return _show(refused=error)
    kept = [(name, base64.b64encode(data).decode()) for name, data in files]
    by = guard.current().actor
    refused = {e.digest: found for e in entries if (found := _look(e))}
    _, fresh = doors.change(
        SKIN,
        lambda draft: draft.data.update(files=kept, refused=refused, done=[], by=by, handed=None),
        None if _mine() else doors.ANEW,
    )
    return doors.remember(redirect("/desk/import", 303), SKIN, fresh)


def _look(entry: Entry) -> batch_filing.Refused:
    """Which files of a mail cannot be taken, told before anything is filed."""
    settings = web.settings()
    return batch_filing.look(entry, data_folder=settings.folder, clamd_url=settings.clamd_url)


@pages.post("/desk/import/send")
@requires(PERMISSION)
def send() -> Any:
    """File what can be filed; the receipts stay in the sealed draft until they are handed on."""
    draft = _mine()
    if draft is None:
        return redirect("/desk/import", 303)
    with reading() as session:
        entries = batch_filing.check(session, _entries(draft))
    by, enough = guard.current().actor, clock.now() + PATIENCE
    for first in range(len(draft.data.get("done", [])), len(entries), AT_ONCE):
        _file(entries[first : first + AT_ONCE], by, first)
        if clock.now() > enough:
            break
    return redirect("/desk/import", 303)


def _file(entries: list[Entry], by: str, first: int) -> None:
    folder, clamd = web.settings().folder, web.settings().clamd_url
    with reading() as session:
        before = batch_filing.arrived(session, entries)
    files: dict[str, tuple[Any, ...]] = {
        entry.digest: batch_filing.attach(entry, data_folder=folder, clamd_url=clamd)
        for entry in entries
        if not entry.errors and entry.digest not in before
    }
    at = clock.now()
    filed: dict[str, Done] = {}

    def act(tx: Any, draft: drafts.Opened) -> None:
        done = draft.data.setdefault("done", [])
        if len(done) != first:  # Who else: the same button, pressed a second time.
            return
        for entry in entries:
            stored, kid, refused = files.get(entry.digest, ((), None, ()))
            one = batch_filing.file_entry(
                tx, entry, by=by, at=at, stored=stored, kid=kid, refused=refused
            )
            done.append(asdict(one))
            filed.setdefault(entry.digest, one)

    try:
        doors.change_in(SKIN, act)
    except BaseException:
        filed.clear()  # rolled back
        raise
    finally:
        for digest, (_, kid, _refused) in files.items():
            batch_filing.drop_files(kid, filed.get(digest), at=at)


@pages.post("/desk/import/receipts.csv")
@requires(PERMISSION)
def receipts() -> Any:
    """The receipts as a table, to be handed to those who complained; once, then they are gone.

    Raises:
        NotFoundError: this officer filed nothing.
        ConflictError: they were handed on before.
    """
    if _mine() is None:
        raise NotFoundError("There is nothing to save: bring files first.")
    done: list[Done] = []

    def act(draft: drafts.Opened) -> None:
        if draft.data.get("handed"):
            raise ConflictError("The receipt codes were saved before; they are kept nowhere else.")
        done.extend(Done(**one) for one in draft.data.get("done", []))
        if len(done) < len(_entries(draft)):
            raise ConflictError("Not all is filed yet. Go on filing first.")
        draft.data["handed"] = clock.now().isoformat()
        draft.data["done"] = [asdict(replace(d, secret="", handed=bool(d.secret))) for d in done]

    doors.change(SKIN, act)
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
    said = [gettext(one.refused)] if one.refused else []
    said += [gettext("It was filed before and is left out.")] if one.before else []
    said += [gettext(sentence, name=name) for sentence, name in one.files_refused]
    return " ".join(said)


@pages.post("/desk/import/forget")
@requires(PERMISSION)
def forget() -> Any:
    """Forget files and receipts; what was filed stays filed."""
    if _mine() is not None:
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
