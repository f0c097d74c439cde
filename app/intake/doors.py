"""What the pages of form and assistant share: the draft's cookie, look-ups, sending."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any, BinaryIO, cast

from flask import request
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from app.core import clock, i18n, limits, web
from app.core.errors import InvalidError, NotFoundError
from app.core.failpoint import failpoint
from app.core.transaction import reading, transaction
from app.evidence import vault
from app.intake import answers as said
from app.intake import bot, drafts, flood, handoff, idempotency, receipt, service, uploads
from app.intake.values import Filed, Filing, Upload

DRAFTS = 600
WINDOW = 300
LOOKUPS = 120
ANEW = "-"  # begin a new draft, whatever the browser's cookie says
KEPT_SECONDS = int(drafts.LIFE.total_seconds())

Change = Callable[[drafts.Opened], None]


def language() -> str:
    """The language the answer will be in: ``zh`` or ``en``."""
    return "en" if i18n.language() == "en" else "zh"


def token_of(skin: str) -> str | None:
    """The draft's token from its cookie."""
    return request.cookies.get(web.cookie_name(f"draft-{skin}"))


def current(skin: str, *, token: str | None = None) -> drafts.Opened | None:
    """The visitor's draft, for a page that only shows."""
    with reading() as session:  # its own snapshot: the same request may have changed it
        return drafts.find(session, token or token_of(skin), skin=skin, at=clock.now())


def change(skin: str, act: Change, token: str | None = None) -> tuple[drafts.Opened, str | None]:
    """Change the visitor's draft, or begin one; answers it and the token when it is new."""
    return change_in(skin, lambda _, draft: act(draft), token)


def change_in(
    skin: str, act: Callable[[Session, drafts.Opened], None], token: str | None = None
) -> tuple[drafts.Opened, str | None]:
    """The same for a change that writes other rows too, in the one transaction."""
    at = clock.now()
    known = token or token_of(skin)
    if current(skin, token=known) is None:  # counted before the transaction: it asks Redis
        limits.hit("draft", web.client_address(), limit=DRAFTS, seconds=WINDOW)
    with transaction() as tx:
        draft = drafts.find(tx, known, skin=skin, at=at, lock=True)
        fresh = None
        if draft is None:
            fresh, draft = drafts.start(tx, skin=skin, at=at)
        act(tx, draft)
        drafts.save(tx, draft, at=at)
    return draft, fresh


def remember(response: Response, skin: str, token: str | None) -> Response:
    """Give the browser a new draft's cookie."""
    if token:
        web.set_cookie(response, f"draft-{skin}", token, max_age=KEPT_SECONDS)
    return response


def give_up(skin: str, token: str | None = None) -> None:
    """Forget the draft here and now, its files and its key included."""
    at = clock.now()
    with transaction() as tx:
        draft = drafts.find(tx, token or token_of(skin), skin=skin, at=at, lock=True)
        if draft is None:
            return
        drafts.drop(tx, draft)
    uploads.remove_all(web.settings().folder, draft.kid)
    drafts.forget(draft.kid, at=at)


def answer_of(filed: Filed) -> dict[str, Any]:
    """What the person gets, as it is kept for a retry."""
    return {
        "ref": filed.ref,
        "secret": receipt.grouped(filed.secret),
        "received_at": filed.received_at.isoformat(),
        "accept_by": filed.accept_by.isoformat(),
        "handle_by": filed.handle_by.isoformat(),
        "proof": filed.proof,
    }


def send(skin: str, *, once: str, source: str, token: str | None = None) -> dict[str, Any]:
    """File the draft exactly once; a second press or a retry gets the same receipt.

    Raises:
        NotFoundError: there is neither a draft nor an earlier answer under this key.
        InvalidError: something is still missing.
        WaitError: too many at once; the draft stays as it is.
    """
    token = token or token_of(skin)
    ready = current(skin, token=token)
    named = collected(ready).get("resource", {}).get("ref", "") if ready else ""
    later = admit(named, owner=once, skin=skin) if ready else timedelta()
    stored = to_vault(ready) if ready else ()
    at = clock.now()
    with transaction() as tx:
        earlier = idempotency.begin(tx, key=once, body=f"draft:{skin}", at=at)
        if earlier is not None:
            return earlier
        draft = drafts.find(tx, token, skin=skin, at=at, lock=True)
        if draft is None or draft.data["once"] != once:
            raise NotFoundError("This complaint was sent or given up already. Start a new one.")
        filing = replace(
            _filing(draft, stored, draft.data.get("source") or source),
            sort_after=later,
            joins=draft.data.get("same", {}).get("complaint") if draft.data.get("join") else None,
        )
        answer = answer_of(service.file_complaint(tx, filing=filing, at=at))
        idempotency.keep(tx, key=once, answer=answer)
        drafts.drop(tx, draft)
        if draft.data.get("officer"):
            handoff.filed(tx, draft.data["officer"], complaint_ref=answer["ref"], at=at)
    failpoint("F2")
    uploads.remove_all(web.settings().folder, draft.kid)
    return answer


def once(filing: Filing, *, key: str, body: str) -> dict[str, Any]:
    """File exactly once under a key; a retry with the same body gets the answer kept for it.

    Raises:
        InvalidError: naming every field that cannot be taken.
        ConflictError: the key was used for something else.
    """
    at = clock.now()
    with transaction() as tx:
        earlier = idempotency.begin(tx, key=key, body=body, at=at)
        if earlier is not None:
            return earlier
        answer = answer_of(service.file_complaint(tx, filing=filing, at=at))
        idempotency.keep(tx, key=key, answer=answer)
    failpoint("F2")
    return answer


def admit(resource: str, *, owner: str, skin: str = "") -> timedelta:
    """Let this request file about a resource; answers how much later it is to be sorted.

    Raises:
        WaitError: too many at once; it carries the ticket to come back with.
    """
    asked = flood.Asked(
        address=web.client_address(),
        resource=resource[:40] or flood.UNNAMED,
        owner=owner,
        ticket=request.form.get("ticket") or request.headers.get("Filing-Ticket", ""),
        answer=request.form.get("answer") or request.headers.get("Filing-Proof", ""),
        skin=skin,
    )
    return flood.admit(asked, site_limit=web.settings().filings_an_hour, at=clock.now())


def _filing(draft: drafts.Opened, stored: tuple[tuple[Upload, str], ...], source: str) -> Filing:
    filled = collected(draft)
    if "text" not in filled:
        raise InvalidError("Please write what is wrong.")
    return said.as_filing(
        filled,
        source=source,
        language=language(),
        stored=stored,
        kid=draft.kid,
        network=limits.network_prefix(web.client_address()),
        day_tag=limits.day_tag(web.client_address()),
    )


def collected(draft: drafts.Opened) -> dict[str, Any]:
    """The answers so far: given page by page, or folded from the dialogue's turns."""
    own = dict(draft.data.get("answers", {}))
    if draft.skin == "assistant":
        return bot.fold(draft.data.get("turns", [])).answers | own
    return own


def to_vault(draft: drafts.Opened) -> tuple[tuple[Upload, str], ...]:
    """The staged files, sealed as they are, into the vault; durable before the row commits."""
    folder = web.settings().folder
    return tuple(
        (upload, vault.put(uploads.sealed_path(folder, draft.kid, upload.ref)).sha256)
        for upload in said.files(collected(draft))
    )


def add_files(skin: str) -> str | None:
    """Take the request's uploads into the draft; answers the token of a new draft.

    What cannot be taken is written down with its sentence for the next page; the rest is kept.
    """
    sent = [f for f in request.files.getlist("files") if f.filename]
    limits.hit("upload", web.client_address(), limit=DRAFTS, seconds=WINDOW)
    draft, fresh = change(skin, lambda _: None)
    known = list(said.files(collected(draft)))
    refused: list[list[str]] = []
    new: list[Upload] = []
    for file in sent:
        try:
            taken = _take(draft, file, [*known, *new])
        except InvalidError as error:
            refused.append([error.message, str(error.values["name"])])
        else:
            new += [taken] if taken else []

    def keep(found: drafts.Opened) -> None:
        answers = found.data.setdefault("answers", {})
        answers["files"] = [*answers.get("files", []), *(asdict(u) for u in new)]
        found.data["refused"] = refused

    change(skin, keep, token=fresh)
    return fresh


def _take(draft: drafts.Opened, file: FileStorage, known: list[Upload]) -> Upload | None:
    """One upload; None when the same content is in the draft already."""
    name = uploads.plain_name(file.filename or "")
    if len(known) >= uploads.MAX_FILES:
        raise uploads.refuse("many", name)
    folder = web.settings().folder
    taken = uploads.stage(
        data_folder=folder, kid=draft.kid, key=draft.key, name=name,
        stream=cast("BinaryIO", file.stream), clamd_url=web.settings().clamd_url,
    )  # fmt: skip
    if any(taken.sha256 == other.sha256 for other in known):
        uploads.remove(folder, draft.kid, taken.ref)
        return None
    return taken


def refusals(draft: drafts.Opened | None) -> list[str]:
    """The sentences about what could not be taken the last time files were sent."""
    kept = draft.data.get("refused", []) if draft else []
    return [gettext(message, name=name) for message, name in kept]


def drop_file(skin: str, ref: str) -> None:
    """Take one file out of the draft."""

    def act(draft: drafts.Opened) -> None:
        answers = draft.data.setdefault("answers", {})
        answers["files"] = [f for f in answers.get("files", []) if f["ref"] != ref]
        draft.data["refused"] = []

    draft, _ = change(skin, act)
    if ref.isalnum():
        uploads.remove(web.settings().folder, draft.kid, ref)


def moments(answer: dict[str, Any]) -> dict[str, Any]:
    """The kept answer with its moments as moments, for a template."""
    times = ("received_at", "accept_by", "handle_by")
    return answer | {name: datetime.fromisoformat(answer[name]) for name in times}
