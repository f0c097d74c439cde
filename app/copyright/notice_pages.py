"""The notice on pages: one thing per page, a draft between, everything once more before sending."""

from __future__ import annotations

import json
from typing import Any

import segno
from flask import Blueprint, make_response, redirect, render_template, request
from flask_babel import gettext

from app.catalogue import queries as catalogue
from app.copyright import forms, service, statute
from app.core import clock, limits, web
from app.core.access import public
from app.core.errors import AppError, InvalidError, NotFoundError, TooManyError
from app.core.transaction import reading, transaction
from app.incidents import wording as words
from app.intake import answers as said
from app.intake import doors, drafts, idempotency, uploads
from app.suspension import queries as suspension

SKIN = "copyright"
FOUND = 12
_NOTICES, HOUR = 30, 3600  # from one network; a publisher with more writes or telephones
_DIGITS = 18
pages = Blueprint("copyright", __name__)


def _answers() -> dict[str, Any]:
    draft = doors.current(SKIN)
    return dict(draft.data.get("answers", {})) if draft else {}


def _said(errors: dict[str, str]) -> dict[str, str]:
    return {name: gettext(text) for name, text in errors.items()}


def _next(answers: dict[str, Any]) -> str:
    """The first page that still misses something; the last one when none does."""
    lacking = next((page for page in statute.PAGES[:-1] if forms.errors(answers, page)), "check")
    return f"/copyright/notice/{lacking}"


def _page(
    page: str, *, status: int = 200, errors: dict[str, str] | None = None, **more: Any
) -> Any:
    answers = _answers()
    n = statute.PAGES.index(page)
    return make_response(
        render_template(
            f"copyright/{page}.html",
            n=n + 1,
            total=len(statute.PAGES),
            back=f"/copyright/notice/{statute.PAGES[n - 1]}" if n else "/copyright",
            answers=answers,
            notice=forms.notice(answers),
            errors=_said(errors or {}),
            **more,
        ),
        status,
    )


def _kept(page: str, **values: Any) -> Any:
    """Keep what was typed, complete or not; go on when this page misses nothing."""

    def act(draft: drafts.Opened) -> None:
        draft.data.setdefault("answers", {}).update(values)
        draft.data.pop("refused", None)

    draft, fresh = doors.change(SKIN, act)
    answers = draft.data["answers"]
    wrong = forms.errors(answers, page)
    if wrong and fresh is None:
        return _page(page, status=422, errors=wrong)
    if wrong:  # the browser has no draft yet: it comes back with one
        answer = redirect(f"/copyright/notice/{page}?wrong=1", 303)
        return doors.remember(answer, SKIN, fresh)
    return doors.remember(redirect(_next(answers), 303), SKIN, fresh)


@pages.get("/copyright/notice")
@public
def begin() -> Any:
    """Where a notice begins, or goes on."""
    return redirect(_next(_answers()), 303)


@pages.get("/copyright/notice/resource")
@public
def resource() -> Any:
    """Which resource, and which of its addresses."""
    q = request.args.get("q", "").strip()[:500]
    chosen = _answers().get("resource", {})
    with reading() as session:
        cards = catalogue.search(session, q, limit=FOUND) if q else []
        states = suspension.states(session, [c.id for c in cards]) if cards else {}
        card = _card(session, chosen.get("ref", "")) if not q else None
    return _page(
        "resource", q=q, cards=cards, states=states, limit=FOUND, kind_words=words.RESOURCES,
        card=card, places=words.PLACES,
    )  # fmt: skip


def _card(session: Any, ref: str) -> Any:
    try:
        return catalogue.card(session, ref) if ref else None
    except NotFoundError:
        return None


@pages.post("/copyright/notice/resource")
@public
def keep_resource() -> Any:
    """This one; then which addresses, all of them unless some are ticked."""
    with reading() as session:
        card = _card(session, request.form.get("resource", ""))
        pasted = request.form.get("q", "")
        hit = catalogue.by_url(session, pasted) if card and "/" in pasted else None
    if card is None:
        return redirect("/copyright/notice/resource", 303)
    ticked = {int(t) for t in request.form.getlist("address") if t.isdecimal() and len(t) < _DIGITS}
    if hit is not None and hit.role != "page":
        ticked = {hit.address_id}  # the pasted address is what the notice is about
    own = [one.id for one in card.addresses if one.id in ticked]
    given = {"ref": card.ref, "title": card.title, "address_ids": own}
    answer = _kept("resource", resource=given)
    if "chosen" not in request.form and answer.status_code == 303:  # noqa: PLR2004
        answer.headers["Location"] = "/copyright/notice/resource"  # its addresses come next
    return answer


@pages.get("/copyright/notice/claimant")
@public
def claimant() -> Any:
    """Whose right it is, and who files."""
    wrong = forms.errors(_answers(), "claimant") if "wrong" in request.args else {}
    return _page("claimant", errors=wrong)


@pages.post("/copyright/notice/claimant")
@public
def keep_claimant() -> Any:
    """Names, ways to reach them, addresses."""
    return _kept("claimant", claimant=forms.claimant(request.form))


@pages.get("/copyright/notice/work")
@public
def work() -> Any:
    """The work, and what was taken from it."""
    wrong = forms.errors(_answers(), "work") if "wrong" in request.args else {}
    return _page("work", errors=wrong)


@pages.post("/copyright/notice/work")
@public
def keep_work() -> Any:
    """The words."""
    return _kept("work", work=forms.work(request.form))


@pages.get("/copyright/notice/proof")
@public
def proof() -> Any:
    """Files that prove the right and, for an agent, the authority."""
    return _proof(200, {})


def _proof(status: int, errors: dict[str, str]) -> Any:
    refused = doors.refusals(doors.current(SKIN))
    answers = _answers()
    roles, files = answers.get("roles", {}), said.files(answers)
    sorted_files = {
        role: [f for f in files if roles.get(f.ref, forms.ROLES[0]) == role] for role in forms.ROLES
    }
    return _page(
        "proof", status=status, errors=errors, refused=refused, files=sorted_files,
        accept=uploads.ACCEPT, most=uploads.MAX_BYTES,
    )  # fmt: skip


@pages.post("/copyright/notice/proof")
@public
def keep_proof() -> Any:
    """Take uploads of one kind, remove one, or go on."""
    drop = request.form.get("drop", "")
    if drop:
        doors.drop_file(SKIN, drop)
        return redirect("/copyright/notice/proof", 303)
    role = request.form.get("role", "")
    if role in forms.ROLES and any(f.filename for f in request.files.getlist("files")):
        fresh = doors.add_files(SKIN)

        def mark(draft: drafts.Opened) -> None:
            answers = draft.data.setdefault("answers", {})
            known = answers.get("roles", {})
            named = {f["ref"]: known.get(f["ref"], role) for f in answers.get("files", ())}
            answers["roles"] = named

        doors.change(SKIN, mark, token=fresh)
        return doors.remember(redirect("/copyright/notice/proof", 303), SKIN, fresh)
    wrong = forms.errors(_answers(), "proof")
    return _proof(422, wrong) if wrong else redirect(_next(_answers()), 303)


@pages.get("/copyright/notice/check")
@public
def check() -> Any:
    """Everything once more, with what is still missing, why and by which article."""
    return _check(200, {}, "")


def _check(status: int, errors: dict[str, str], sentence: str) -> Any:
    draft = doors.current(SKIN)
    if draft is None:
        return redirect("/copyright/notice/resource", 303)
    given = forms.notice(draft.data.get("answers", {}))
    with reading() as session:
        card = _card(session, given.resource)
    listed = [a.url for a in card.addresses if a.id in given.address_ids] if card else []
    missing = [item for item in statute.lacks(given) if item.page != "check"]
    return _page(
        "check", status=status, errors=errors, sentence=sentence, missing=missing, listed=listed,
        once=draft.data["once"],
    )  # fmt: skip


@pages.post("/copyright/notice/send")
@public
def send() -> Any:
    """Send the notice once; a second press shows the same receipt."""
    once = request.form.get("once", "")
    try:
        answer = _send(once, true=request.form.get("true") == "yes")
    except InvalidError as error:
        return _check(422, error.fields, gettext(error.message, **error.values))
    except TooManyError as error:
        page = _check(429, {}, gettext(error.message, **error.values))
        page.headers["Retry-After"] = str(error.retry_after)
        return page
    except NotFoundError:
        raise
    except AppError as error:
        return _check(error.status, {}, gettext(error.message, **error.values))
    page = make_response(
        render_template(
            "copyright/receipt.html",
            filed=doors.moments(answer),
            qr=segno.make(answer["secret"], error="m").svg_data_uri(scale=4),
            proof=json.dumps(answer["proof"], ensure_ascii=False, indent=2),
        )
    )
    page.headers["Cache-Control"] = "no-store"
    page.delete_cookie(web.cookie_name(f"draft-{SKIN}"), path="/")
    return page


def _send(once: str, *, true: bool) -> dict[str, Any]:
    ready = doors.current(SKIN)
    stored: tuple[Any, ...] = ()
    if ready is not None:
        service.refuse_incomplete(forms.notice({**ready.data.get("answers", {}), "true": true}))
        _limit()
        stored = doors.to_vault(ready)
    at = clock.now()
    with transaction() as tx:
        earlier = idempotency.begin(tx, key=once, body=f"draft:{SKIN}", at=at)
        if earlier is not None:
            return earlier
        draft = drafts.find(tx, doors.token_of(SKIN), skin=SKIN, at=at, lock=True)
        if draft is None or draft.data["once"] != once:
            raise NotFoundError("This notice was sent or given up already. Start a new one.")
        filed = service.send_notice(
            tx,
            notice=forms.notice({**draft.data["answers"], "true": true}),
            files=stored,
            kid=draft.kid,
            at=at,
            language=doors.language(),
            network=limits.network_prefix(web.client_address()),
            day_tag=limits.day_tag(web.client_address()),
        )
        answer = doors.answer_of(filed)
        idempotency.keep(tx, key=once, answer=answer)
        drafts.drop(tx, draft)
    uploads.remove_all(web.settings().folder, draft.kid)
    return answer


def _limit() -> None:
    """Few write notices, and each stops something: no queue, no work, a limit of their own."""
    try:
        limits.hit("copyright", web.client_address(), limit=_NOTICES, seconds=HOUR)
    except TooManyError as error:
        raise TooManyError(
            "Thirty notices came from your network within an hour. What you wrote is kept: send it "
            "in %(minutes)s minutes, or write to us by post with the printed form.",
            retry_after=error.retry_after,
            minutes=max(1, error.retry_after // 60),
        ) from error


@pages.post("/copyright/notice/discard")
@public
def discard() -> Any:
    """Give the draft up; nothing of it is kept."""
    doors.give_up(SKIN)
    answer = redirect("/copyright", 303)
    answer.delete_cookie(web.cookie_name(f"draft-{SKIN}"), path="/")
    return answer
