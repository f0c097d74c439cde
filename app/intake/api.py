"""Intake's part of /api/v1: filing, the receipt's calls, the assistant (design page 3.4)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any, BinaryIO, cast

from flask import request
from flask_babel import gettext
from flask_smorest import Blueprint
from werkzeug.datastructures import FileStorage

from app.core import clock, limits, web
from app.core.access import public
from app.core.errors import NotFoundError
from app.core.failpoint import failpoint
from app.core.keystore import keys
from app.core.transaction import reading, transaction
from app.evidence import vault
from app.intake import (
    api_body,
    archive,
    canonical,
    dialogue,
    doors,
    drafts,
    idempotency,
    outcomes,
    queries,
    schema,
    schemas,
    service,
    uploads,
)
from app.intake.dialogue import SKIN
from app.intake.flood import WaitError
from app.intake.schema import N_, text_fault
from app.intake.talk import ALWAYS, Option
from app.intake.values import Contact, Filing, MessageView, Place, Upload

blueprint = Blueprint("complaints", __name__, url_prefix="/api/v1", description="Filing, receipts")

_SECRET = [{"in": "header", "name": "Receipt-Secret", "schema": {"type": "string"}}]
_FILING_HEADERS = {
    "Idempotency-Key": "The same key files once; a retry gets the same receipt.",
    "Filing-Ticket": "The ticket of a 429 answer, when its seconds are over.",
    "Filing-Proof": "With the ticket, instead of waiting: the number that its answer describes.",
}
TEXTS = {
    "received": N_("Received; it will be accepted soon."),
    "accepted": N_("Accepted; a duty officer will check it."),
    "handling": N_("A duty officer is checking it."),
    "waiting_for_you": N_("We have a question for you."),
    "closed": N_("It is dealt with."),
    "withdrawn": N_("You withdrew it."),
}


def _filing(loaded: dict[str, Any]) -> Filing:
    resource, contact = loaded["resource"], loaded["contact"] or {}
    way = "phone" if contact.get("phone") else "email" if contact.get("email") else "none"
    reach = Contact(
        way=way,
        address=contact.get(way, "") if way != "none" else "",
        name=contact.get("name", "") if way != "none" else "",
        minor=contact.get("minor", False),
        guardian=contact.get("guardian", False),
    )
    if reach.minor and not reach.guardian:  # PIPL 31
        reach = Contact(minor=True)
    asked = str(loaded["lang"] or "")
    return Filing(
        source="api",
        text=loaded["text"],
        language=("en" if asked.startswith("en") else "zh") if asked else doors.language(),
        resource_ref=resource.get("id"),
        resource_url=resource.get("url"),
        resource_hint=resource.get("title", ""),
        places=tuple(Place(p["kind"], p.get("start"), p.get("end")) for p in loaded["locators"]),
        kind=loaded["kind"],
        contact=reach,
        network=limits.network_prefix(web.client_address()),
        day_tag=limits.day_tag(web.client_address()),
    )


def _sent_files() -> list[FileStorage]:
    sent = [f for f in request.files.getlist("files") if f.filename]
    if len(sent) > uploads.MAX_FILES:
        raise uploads.refuse("many", uploads.plain_name(sent[uploads.MAX_FILES].filename or ""))
    return sent


@blueprint.route("/complaints", methods=["POST"])
@blueprint.doc(
    summary="File a complaint",
    requestBody=api_body.described(schemas.ComplaintIn, files=True),
    parameters=[
        {"in": "header", "name": name, "schema": {"type": "string"}, "description": meaning}
        for name, meaning in _FILING_HEADERS.items()
    ],
)
@blueprint.response(201, schemas.FiledOut)
@blueprint.alt_response(
    429, description="Too many at once: problem+json with a ticket and how to come back with it"
)
@public
def file_complaint() -> Any:
    """Take one complaint, JSON or multipart with files; answers the receipt, once."""
    sent = api_body.body()
    filing = _filing(api_body.load(schemas.ComplaintIn(), sent))
    key = request.headers.get("Idempotency-Key")
    filing = replace(filing, sort_after=_admit(filing, key))
    files = _sent_files()
    filing = _with_files(filing, files)
    said = canonical.body_digest(
        json.dumps(sent, sort_keys=True),
        *(part for upload, _ in filing.files for part in (upload.name, upload.sha256)),
    )
    if key is not None:
        return _filed(doors.once(filing, key=key, body=said))
    with transaction() as tx:
        filed = service.file_complaint(tx, filing=filing, at=clock.now())
    failpoint("F2")
    return _filed(doors.answer_of(filed))


def _admit(filing: Filing, key: str | None) -> timedelta:
    """Through the flood control; a retry of what was filed has passed it already."""
    if text_fault(filing.text):
        return timedelta()  # it is refused for that, and uses up nobody's share
    try:
        return doors.admit(filing.resource_ref or "", owner=key or "")
    except WaitError:
        with reading() as session:
            if key is None or not idempotency.known(session, key=key, at=clock.now()):
                raise
        return timedelta()


def _with_files(filing: Filing, files: list[FileStorage]) -> Filing:
    if not files:
        return filing
    with reading() as session:
        service.check(session, filing)
    kid, key = keys().new_data_key()
    folder, stored = web.settings().folder, []
    try:
        for file in files:
            upload = uploads.stage(
                data_folder=folder, kid=kid, key=key, name=file.filename or "",
                stream=cast("BinaryIO", file.stream), clamd_url=web.settings().clamd_url,
            )  # fmt: skip
            stored.append((upload, _vaulted(kid, upload)))
    finally:
        uploads.remove_all(folder, kid)
    return Filing(**{**filing.__dict__, "files": tuple(stored), "kid": kid})


def _vaulted(kid: str, upload: Upload) -> str:
    return vault.put(uploads.sealed_path(web.settings().folder, kid, upload.ref)).sha256


def _filed(answer: dict[str, Any]) -> dict[str, Any]:
    base = web.settings().public_url.rstrip("/")
    return {**answer, "status_url": f"{base}/api/v1/receipts/{answer['ref']}"}


def _holder(ref: str) -> int:
    """The complaint of this ref and code; wrong, malformed and unknown are one answer."""
    limits.hit("receipt", web.client_address(), limit=doors.LOOKUPS, seconds=60)
    secret = request.headers.get("Receipt-Secret", "")
    with reading() as session:
        found = queries.by_secret(session, secret, ref=ref[:20])
    if found is None:
        raise NotFoundError("There is no complaint with this reference and receipt code.")
    return found


@blueprint.route("/receipts/<ref>", methods=["GET"])
@blueprint.doc(parameters=_SECRET)
@blueprint.response(200, schemas.ReceiptOut)
@public
def show_receipt(ref: str) -> Any:
    """State, timeline in plain words, messages, what happens by when."""
    complaint_id = _holder(ref)
    with reading() as session:
        view = queries.holder_view(session, complaint_id)
    return {
        "ref": view.ref,
        "state": view.state,
        "text": gettext(TEXTS[view.state]),
        "resource": view.resource_title,
        "received_at": view.received_at.isoformat(),
        "accept_by": view.accept_by.isoformat(),
        "handle_by": view.handle_by.isoformat(),
        "outcome": view.outcome,
        "timeline": [
            {"at": s.at.isoformat(), "state": s.state, "text": gettext(TEXTS[s.state])}
            for s in view.steps
        ],
        "messages": [
            {
                "at": m.at.isoformat(),
                "direction": m.direction,
                "kind": m.kind,
                "text": _words(m),
            }
            for m in view.messages
        ],
        "may": sorted(view.may),
    }


def _words(message: MessageView) -> str:
    text = outcomes.read(message.text)[0] if message.kind == "outcome" else message.text
    return gettext(text) if text != message.text else text


@blueprint.route("/receipts/<ref>/messages", methods=["POST"])
@blueprint.doc(requestBody=api_body.described(schemas.TextIn), parameters=_SECRET)
@blueprint.response(201)
@public
def add_message(ref: str) -> Any:
    """Add something, or answer a question."""
    complaint_id = _holder(ref)
    text = api_body.load(schemas.TextIn(), api_body.body())["text"]
    with transaction() as tx:
        service.add_message(tx, complaint_id=complaint_id, text=text, at=clock.now())
    return {"ref": ref}


@blueprint.route("/receipts/<ref>/withdraw", methods=["POST"])
@blueprint.doc(requestBody=api_body.described(schemas.WithdrawIn), parameters=_SECRET)
@blueprint.response(201)
@public
def withdraw(ref: str) -> Any:
    """撤回."""
    complaint_id = _holder(ref)
    sent = api_body.body() if request.get_data() else {}
    reason = api_body.load(schemas.WithdrawIn(), sent)["reason"]
    with transaction() as tx:
        service.withdraw(tx, complaint_id=complaint_id, reason=reason, at=clock.now())
    return {"ref": ref, "state": "withdrawn"}


@blueprint.route("/receipts/<ref>/confirm", methods=["POST"])
@blueprint.doc(requestBody=api_body.described(schemas.ConfirmIn), parameters=_SECRET)
@blueprint.response(201)
@public
def confirm(ref: str) -> Any:
    """After the answer: put right, or still there."""
    complaint_id = _holder(ref)
    still = api_body.load(schemas.ConfirmIn(), api_body.body())["still_there"]
    with transaction() as tx:
        service.confirm(tx, complaint_id=complaint_id, still_there=still, at=clock.now())
    return {"ref": ref}


@blueprint.route("/complaints/schema", methods=["GET"])
@blueprint.route("/complaints/schema/<version>", methods=["GET"])
@blueprint.response(200)
@public
def show_schema(version: str = schema.VERSION) -> Any:
    """The questions of this version of the complaint schema: what every door asks and checks."""
    with reading() as session:
        return json.loads(archive.document(session, version[:20]))


def _talk(draft: drafts.Opened, token: str, *, since: int = 0) -> dict[str, Any]:
    now = dialogue.shown(draft)
    talk = now.talk
    ours = [line for line in talk.lines[since:] if line.who == "us"]
    offered = [*talk.options, *(o for o in ALWAYS if o not in talk.options)]
    if talk.taken:
        offered = [Option(f"ok:{key}", N_("Right")) for key in talk.taken] + offered
    return {
        "session": token,
        "say": [dialogue.words(line) for line in ours],
        "ask": talk.asking,
        "options": [{"value": o.value, "label": dialogue.label(o)} for o in offered],
        "taken": talk.taken,
        "answers": {key: dialogue.value_of(now.filled, key) for key in schema.TURNS},
        "officer": [words for _, words in now.replies],
        "risk": talk.risk if talk.risk_now else None,
        "n": now.n,
        "receipt": None,
    }


@blueprint.route("/assistant", methods=["POST"])
@blueprint.doc(requestBody=api_body.described(schemas.TurnIn))
@blueprint.response(200, schemas.TalkOut)
@public
def begin_talk() -> Any:
    """A new dialogue, perhaps with the first words."""
    turn = api_body.load(schemas.TurnIn(), api_body.body() if request.get_data() else {})
    draft, fresh = dialogue.take(
        text=turn.get("text", ""), option=turn.get("option", ""), token=doors.ANEW
    )
    assert fresh is not None
    return _talk(draft, fresh)


@blueprint.route("/assistant/<session>", methods=["POST"])
@blueprint.doc(requestBody=api_body.described(schemas.TurnIn))
@blueprint.response(200, schemas.TalkOut)
@public
def go_on_talking(session: str) -> Any:
    """One turn: text, option or undo; the option ``send`` files the complaint."""
    turn = api_body.load(schemas.TurnIn(), api_body.body())
    draft = doors.current(SKIN, token=session)
    if draft is None:
        raise NotFoundError("This dialogue is over. Start a new one.")
    if turn.get("option") == "send":
        dialogue.stay_at(turn.get("after"), token=session)
        answer = doors.send(SKIN, once=draft.data["once"], source="assistant", token=session)
        thanks = gettext("We have received your complaint")
        return {
            "session": session,
            "say": [thanks],
            "ask": None,
            "options": [],
            "taken": [],
            "answers": {},
            "officer": [],
            "risk": None,
            "n": 0,
            "receipt": _filed(answer),
        }
    before = dialogue.shown(draft, n=turn.get("after"))
    changed, _ = dialogue.take(
        text=turn.get("text", ""),
        option=turn.get("option", ""),
        undo=turn["undo"],
        redo=turn["redo"],
        after=turn.get("after"),
        token=session,
    )
    back = turn["undo"] or turn["redo"]
    return _talk(changed, session, since=0 if back else len(before.talk.lines))


BLUEPRINTS = (blueprint,)
