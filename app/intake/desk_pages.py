"""Attachments at the desk (page 3.8): a copy without hidden data; the original with a reason.

What no scanner looked at is shown only as a picture or as words that were made here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from app.accounts import guard
from app.audit import service as audit
from app.core import clock, sealed
from app.core.access import requires
from app.core.errors import ConflictError, ForbiddenError, InvalidError
from app.core.transaction import reading, transaction
from app.evidence import vault
from app.intake import attachments, file_jobs, queries, sealing, uploads
from app.intake.attachments import COPY_AAD, Kept
from app.intake.formats.found import OFFICE
from app.intake.values import ComplaintView, Scan

pages = Blueprint("attachments", __name__)
_REASON_MAX = 500
_SUFFIXES = {
    "text/plain": "txt", "image/jpeg": "jpg", "audio/mpeg": "mp3", "audio/x-wav": "wav",
    "video/quicktime": "mov",
}  # fmt: skip
_CLOSED = {
    Scan.QUARANTINED: "The scanner found malicious code in this file; it stays quarantined.",
    Scan.WAITING: "The virus scan of this file is not done yet. It opens once nothing was found.",
}


def _open(ref: str, permission: str) -> tuple[Kept, bytes, ComplaintView]:
    """The attachment, its key and its complaint; only for who may see them.

    Raises:
        ForbiddenError: not on this platform.
        ConflictError: quarantined, waiting for the scanner, or erased.
    """
    with reading() as session:
        kept = attachments.kept(session, ref)
        complaint = queries.by_ref(session, kept.complaint)
    if not guard.current().may(permission, complaint.platform_id):
        raise ForbiddenError("You may not do this on this platform. Ask its supervisor.")
    if kept.view.scan in _CLOSED:
        raise ConflictError(_CLOSED[Scan(kept.view.scan)])
    key = sealing.key_of(kept.kid)
    if key is None:
        raise ConflictError("The content of this file was erased.")
    return kept, key, complaint


def _file(data: bytes | Iterator[bytes], media_type: str, name: str, *, inline: bool) -> Response:
    answer = Response(data, content_type=media_type)
    how = "inline" if inline else "attachment"
    answer.headers["Content-Disposition"] = f'{how}; filename="{name}"'
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _copy(kept: Kept, key: bytes) -> Response:
    """The copy without hidden data, piece by piece; only pictures and words open in the page."""
    assert kept.copy is not None
    media_type = kept.view.copy_type or ""
    content = sealed.pieces(vault.pieces(kept.copy), key, aad=f"{COPY_AAD}{kept.ref}")
    inline = media_type.startswith("image/") or media_type == "text/plain"
    shown = f"{media_type}; charset=utf-8" if media_type == "text/plain" else media_type
    return _file(content, shown, f"{kept.ref}.{_suffix(media_type)}", inline=inline)


def _suffix(media_type: str) -> str:
    known = {kind: suffix for suffix, kind in OFFICE.items()} | _SUFFIXES
    last = media_type.rpartition("/")[2]
    return known.get(media_type, last if last.isalnum() else "bin")


@pages.get("/desk/attachments/<ref>")
@requires("complaint.read")
def show(ref: str) -> Any:
    """The clean copy of what was scanned; else a picture or words made anew."""
    kept, key, complaint = _open(ref, "complaint.read")
    # 未成年人网络保护条例 36: only who is appointed to approve it opens a minor's data alone.
    if complaint.minor and not guard.current().may(
        "complaint.approve_unseal", complaint.platform_id
    ):
        raise ForbiddenError("A minor's data is opened only when a privacy approver agrees.")
    if kept.view.scan == Scan.CLEAN and kept.copy:
        return _copy(kept, key)
    with file_jobs.original(kept) as file:
        own = sealed.content_key(file, key, aad=f"attachment:{ref}")
        shown = uploads.rendition(kept.view.media_type, file, own)
    if shown is None:
        raise ConflictError(
            "The copy without hidden data is being made. Look again in a minute."
            if kept.view.scan == Scan.CLEAN and kept.view.copy == "wanted"
            else "There is no preview of this type. Ask for the copy or the original with a reason."
        )
    media_type, bare = shown
    words = media_type == "text/plain"
    named = "text/plain; charset=utf-8" if words else media_type
    return _file(bare, named, f"{ref}.{'txt' if words else 'png'}", inline=True)


@pages.post("/desk/attachments/<ref>")
@requires("complaint.unseal")
def download(ref: str) -> Any:
    """The original, or the copy of what no scanner looked at: reason, fresh code, audit entry.

    A minor's file needs the privacy approver beside (未成年人网络保护条例 36).
    """
    guard.demand_step_up()
    reason = request.form.get("reason", "").strip()[:_REASON_MAX]
    if not reason:
        raise InvalidError("Please say why you need it.")
    kept, key, complaint = _open(ref, "complaint.unseal")
    part = "copy" if request.form.get("part") == "copy" and kept.copy else "original"
    with transaction() as tx:
        approver = _approver(tx, complaint) if complaint.minor else None
        audit.record(
            tx, actor=guard.current().actor, action="attachment.opened", part=part,
            subject=f"complaint:{kept.complaint}", at=clock.now(), attachment=ref, reason=reason,
            sha256=kept.view.sha256, approved_by=approver,
        )  # fmt: skip
    if part == "copy":
        answer = _copy(kept, key)
        name = answer.headers["Content-Disposition"].partition(";")[2]
        answer.headers["Content-Disposition"] = f"attachment;{name}"
        return answer
    content = sealed.pieces(vault.pieces(kept.original), key, aad=f"attachment:{ref}")
    return _file(content, "application/octet-stream", f"{ref}.bin", inline=False)


def _approver(tx: Session, complaint: ComplaintView) -> str:
    """Who agrees to open a minor's file: another person, with a code of their own.

    Raises:
        ForbiddenError: nobody does.
    """
    found = guard.beside(tx, "complaint.approve_unseal", complaint.platform_id)
    if found is None or found == guard.current().actor:
        raise ForbiddenError("A minor's data is opened only when a privacy approver agrees.")
    return found
