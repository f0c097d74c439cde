"""What the desk's forms and the API hand to an act: texts, choices, one file."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from app.core.errors import InvalidError
from app.evidence import service as evidence
from app.evidence import vault
from app.incidents.acts import Given
from app.norm.book import BOOK

_DIGITS = 18  # of an id or a version
MAX_FILE = 20 * 1024 * 1024
# What a body of the state sends: documents and pictures of documents, told by their first bytes.
_MAGIC = {
    b"%PDF-": "application/pdf",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"PK\x03\x04": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}

# action → the fields its form shows, in order
FIELDS: dict[str, tuple[str, ...]] = {
    "stop": ("reason",),
    "confirm": (
        "category", "kind", "summary", "reason", "severe", "document",
    ),
    "severe": ("reason",),
    "reclassify": ("category", "kind", "summary", "reason"),
    "mistaken": ("reason",),
    "agree": ("reason",),
    "decline": ("reason",),
    "reject": ("reason",),
    "release": ("reason",),
    "request_lift": ("reason",),
    "approve_lift": ("reason",),
    "authority_decision": ("document_no", "document_date", "file", "reason"),
    "request_remove": ("reason",),
    "approve_remove": ("reason",),
    "open_reentry": ("reason",),
    "sign_reentry": ("step", "signatory", "file", "note"),
    "close": ("reason",),
}  # fmt: skip


@dataclass(frozen=True)
class Kept:
    """A file that lies in the vault already, not yet on record."""

    stored: Any
    kind: str
    title: str
    media_type: str


def categories(language: str) -> list[tuple[str, str]]:
    """Categories with duties, strictest first."""
    rows = [BOOK.category(key) for key in BOOK.articles.strictness]
    return [(row.key, row.title.in_language(language)) for row in rows if row.article is not None]


def kinds(language: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Kinds grouped under their category's name."""
    return [
        (title, [(k.key, k.title.in_language(language)) for k in BOOK.category(key).kinds])
        for key, title in categories(language)
        if BOOK.category(key).kinds
    ]


def read(
    form: Mapping[str, str], files: Mapping[str, FileStorage], *, kind: str | None
) -> tuple[Given, Kept | None]:
    """What was filled in; a file goes to the vault before any transaction opens.

    Raises:
        InvalidError: a version or address that is no number, or a file that is not accepted.
    """
    upload = files.get("file")
    kept = None
    if kind is not None and upload is not None and upload.filename:
        kept = _keep(upload.read(MAX_FILE + 1), upload.filename, kind)
    chosen = form.get("kind", "")
    if form.get("category") and chosen and not _belongs(form["category"], chosen):
        raise InvalidError(
            "This kind belongs to another category.",
            fields={"kind": "Choose a kind of the chosen category."},
        )
    given = Given(
        reason=form.get("reason", ""),
        summary=form.get("summary", ""),
        category=form.get("category") or None,
        kind=chosen or None,
        severe=form.get("severe") == "yes",
        severe_reason=form.get("severe_reason", ""),
        document_no=form.get("document_no", ""),
        document_date=form.get("document_date", ""),
        step=form.get("step", ""),
        signatory=form.get("signatory", ""),
        address_id=_number(form.get("address_id")),
        version=_number(form.get("version")),
    )
    return given, kept


def _belongs(category: str, kind: str) -> bool:
    row = BOOK.articles.categories.get(category)
    if row is None:
        return False
    return row.free_kinds or kind == row.routing or any(k.key == kind for k in row.kinds)


def _number(text: str | None) -> int | None:
    if not text:
        return None
    if not text.isdecimal() or len(text) > _DIGITS:
        raise InvalidError("Reload the page and try again.")
    return int(text)


def from_json(body: Mapping[str, Any], *, kind: str | None) -> tuple[Given, Kept | None]:
    """The same from a JSON body; its file is ``{name, content}`` with base64 content."""
    kept = None
    upload = body.get("file")
    if kind is not None and upload:
        try:
            data = base64.b64decode(upload["content"], validate=True)
        except (binascii.Error, ValueError) as error:
            raise InvalidError(
                "The file's content is not base64.", fields={"file": "Send base64 content."}
            ) from error
        kept = _keep(data, upload["name"], kind)
    names = set(Given.__dataclass_fields__) - {"evidence_ref"}
    return Given(**{k: v for k, v in body.items() if k in names and v is not None}), kept


def _keep(data: bytes, name: str, kind: str) -> Kept:
    if not data:
        raise InvalidError("The file is empty.", fields={"file": "Choose another file."})
    if len(data) > MAX_FILE:
        raise InvalidError(
            "The file is too large; at most 20 MB.", fields={"file": "Choose a smaller file."}
        )
    media_type = next((t for magic, t in _MAGIC.items() if data.startswith(magic)), None)
    if media_type is None:
        raise InvalidError(
            "This kind of file is not accepted; send PDF, DOCX, PNG or JPEG.",
            fields={"file": "Choose a PDF, DOCX, PNG or JPEG file."},
        )
    return Kept(vault.put(data), kind, name[-120:], media_type)


def keep(
    tx: Session, kept: Kept | None, given: Given, *, incident: str, by: str, at: datetime
) -> Given:
    """Put the file on record as evidence of the incident, and its reference into the act."""
    if kept is None:
        return given
    item = evidence.record(
        tx,
        incident=incident,
        kind=kept.kind,
        title=kept.title,
        stored=kept.stored,
        media_type=kept.media_type,
        by=by,
        at=at,
    )
    return replace(given, evidence_ref=item.ref)
