"""What workers do with uploaded files: ask the scanner again, make the copies for viewing."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from flask import current_app

from app.core import clock, sealed
from app.core.errors import UnavailableError
from app.core.settings import Settings
from app.core.transaction import reading, transaction
from app.evidence import vault
from app.intake import attachments, scan, sealing, uploads
from app.intake.attachments import COPY_AAD, Kept
from app.intake.values import Scan


def _settings() -> Settings:
    chosen: Settings = current_app.config["CHUKU"]
    return chosen


def _open(ref: str) -> tuple[Kept, bytes] | None:
    with reading() as session:
        kept = attachments.kept(session, ref)
    key = sealing.key_of(kept.kid)
    return (kept, key) if key is not None else None  # None: erased meanwhile


def look_again(*, ref: str) -> None:
    """Ask the scanner about a file that waits for it.

    Raises:
        UnavailableError: the scanner is gone; the file stays quarantined, the row is tried again.
    """
    opened = _open(ref)
    if opened is None or opened[0].view.scan != Scan.WAITING:
        return
    kept, key = opened
    content = sealed.pieces(vault.pieces(kept.original), key, aad=f"attachment:{ref}")
    result = scan.scan(content, _settings().clamd_url)
    if result == Scan.WAITING:
        raise UnavailableError("The virus scanner does not answer. Start clamd or its connection.")
    with transaction() as tx:
        attachments.scanned(tx, ref=ref, result=result, at=clock.now())


def look_at_waiting() -> None:
    """However long the scanner was gone: once it answers, nothing stays waiting."""
    with reading() as session:
        refs = attachments.waiting(session)
    url = _settings().clamd_url
    if not refs or (url and not scan.answers(url)):
        return
    for ref in refs:
        look_again(ref=ref)


def make_copy(*, ref: str) -> None:
    """Make the copy without hidden data; where none is sure, say so instead."""
    opened = _open(ref)
    if opened is None or opened[0].view.copy != "wanted":
        return
    kept, key = opened
    aad = f"{COPY_AAD}{ref}"
    with original(kept) as file, tempfile.NamedTemporaryFile() as made:
        own = sealed.content_key(file, key, aad=f"attachment:{ref}")
        out: BinaryIO = made  # type: ignore[assignment]
        copy = uploads.copy(kept.view.media_type, file, own, out=out, key=key, aad=aad)
        stored = vault.put(Path(made.name)) if copy else None
    with transaction() as tx:
        if copy is None or stored is None:
            attachments.no_copy(tx, ref=ref)
            return
        attachments.copied(
            tx, ref=ref, media_type=copy.media_type, size=copy.size, sha256=copy.sha256,
            stored=stored.sha256, at=clock.now(),
        )  # fmt: skip


@contextmanager
def original(kept: Kept) -> Iterator[BinaryIO]:
    """The sealed original as a file, still sealed."""
    with tempfile.TemporaryFile() as file:
        for piece in vault.pieces(kept.original):
            file.write(piece)
        file.flush()
        yield file
