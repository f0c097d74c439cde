"""Filing what arrived in files: each entry once, however often its file is brought."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.catalogue import queries as catalogue
from app.core import clock
from app.core.errors import AppError, InvalidError, NotFoundError
from app.core.keystore import keys
from app.evidence import vault
from app.intake import answers as said
from app.intake import drafts, receipt, sealing, service, uploads
from app.intake.batch import Entry
from app.intake.models import Arrival
from app.intake.values import Filing, Upload

Stored = tuple[tuple[Upload, str], ...]
Refused = tuple[tuple[str, str], ...]  # message id and name of the file


@dataclass(frozen=True)
class Done:
    """What became of one entry: a receipt, or why not."""

    label: str
    ref: str = ""
    secret: str = ""  # grouped; only of what was filed just now
    handed: bool = False  # it was filed just now, and the code is handed on
    refused: str = ""  # a message id
    before: bool = False  # it came with an earlier file
    files_refused: Refused = ()


def check(session: Session, entries: Sequence[Entry]) -> list[Entry]:
    """The entries with the resources that the catalogue knows by number; nothing is filed."""
    return [_resolved(session, entry) for entry in entries]


def _resolved(session: Session, entry: Entry) -> Entry:
    given = entry.answers.get("resource", {})
    try:
        card = catalogue.card(session, str(given.get("hint", "")).upper() or "-")
    except NotFoundError:
        return entry
    named = {"ref": card.ref, "title": card.title}
    named |= {"url": given["url"]} if given.get("url") else {}
    return replace(entry, answers=entry.answers | {"resource": named})


def arrived(session: Session, entries: Sequence[Entry]) -> dict[str, str]:
    """Which of these came before: digest to the reference they got."""
    kept = {sealing.arrival_hash(entry.digest): entry.digest for entry in entries}
    query = select(Arrival.digest, Arrival.ref).where(Arrival.digest.in_(list(kept)))
    return {kept[row.digest]: row.ref for row in session.execute(query)}


def look(entry: Entry, *, data_folder: Path, clamd_url: str) -> Refused:
    """What would be refused of a mail's files; nothing of them is kept.

    Raises:
        UnavailableError: the disk is nearly full.
    """
    if not entry.pieces:
        return ()
    kid, key = keys().new_data_key()
    try:
        _, refused = _staged(entry, data_folder, clamd_url, kid, key)
    finally:
        uploads.remove_all(data_folder, kid)
        drafts.forget(kid, at=clock.now())
    return refused


def attach(
    entry: Entry, *, data_folder: Path, clamd_url: str
) -> tuple[Stored, str | None, Refused]:
    """A mail's files, checked, sealed and in the vault; the key they are under; what was refused.

    Raises:
        UnavailableError: the disk is nearly full.
    """
    if not entry.pieces:
        return (), None, ()
    kid, key = keys().new_data_key()
    try:
        taken, refused = _staged(entry, data_folder, clamd_url, kid, key)
        kept = tuple(
            (one, vault.put(uploads.sealed_path(data_folder, kid, one.ref)).sha256) for one in taken
        )
    finally:
        uploads.remove_all(data_folder, kid)
    return kept, kid, refused


def _staged(
    entry: Entry, data_folder: Path, clamd_url: str, kid: str, key: bytes
) -> tuple[list[Upload], Refused]:
    taken: list[Upload] = []
    refused: list[tuple[str, str]] = []
    for piece in entry.pieces:
        try:
            if len(taken) >= uploads.MAX_FILES:
                raise uploads.refuse("many", uploads.plain_name(piece.name))
            one = uploads.stage(
                data_folder=data_folder, kid=kid, key=key, name=piece.name,
                stream=io.BytesIO(piece.content), clamd_url=clamd_url,
            )  # fmt: skip
        except InvalidError as error:
            refused.append((error.message, str(error.values["name"])))
        else:  # the same picture pasted and attached is one
            if all(one.sha256 != other.sha256 for other in taken):
                taken.append(one)
    return taken, tuple(refused)


def drop_files(kid: str | None, done: Done | None, *, at: datetime) -> None:
    """The files of an entry that was not filed after all: without their key they are gone."""
    if kid is not None and not (done and done.secret):
        drafts.forget(kid, at=at)


def file_entry(
    tx: Session,
    entry: Entry,
    *,
    by: str,
    at: datetime,
    stored: Stored = (),
    kid: str | None = None,
    refused: Refused = (),
) -> Done:
    """File one entry in the caller's transaction, unless it came before or has faults."""
    if entry.errors:
        return Done(entry.label, refused=next(iter(entry.errors.values())))
    if earlier := arrived(tx, [entry]):
        return Done(entry.label, ref=earlier[entry.digest], before=True)
    try:
        with tx.begin_nested():
            filed = service.file_complaint(
                tx, filing=_filing(entry, by=by, stored=stored, kid=kid), at=at
            )
            tx.add(Arrival(digest=sealing.arrival_hash(entry.digest), ref=filed.ref, by=by, at=at))
    except AppError as error:
        return Done(entry.label, refused=next(iter(_fields(error).values()), error.message))
    audit.record(tx, actor=by, action="complaint.brought", subject=f"complaint:{filed.ref}", at=at)
    return Done(
        entry.label,
        ref=filed.ref,
        secret=receipt.grouped(filed.secret),
        files_refused=refused,
    )


def _fields(error: AppError) -> dict[str, str]:
    return error.fields if isinstance(error, InvalidError) else {}


def _filing(entry: Entry, *, by: str, stored: Stored, kid: str | None) -> Filing:
    filing = said.as_filing(
        entry.answers,
        source="mail" if entry.is_mail else "import",
        language=entry.language,
        stored=stored,
        kid=kid,
        network=None,  # a file says nothing about where its people are
        day_tag=None,
    )
    return replace(filing, entered_by=by)
