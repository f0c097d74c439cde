"""Attachments after filing: the sealed original, what the scanner says, the copy for viewing.

The original's SHA-256 is the evidence; officers look at the copy. Both lie in the vault, sealed
under the complaint's key: destroying that key erases both.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core import crypto
from app.core.errors import NotFoundError
from app.core.keystore import keys
from app.intake.models import Attachment, Complaint
from app.intake.values import AttachmentView, Scan, Upload
from app.outbox import service as outbox

COPY_AAD = "attachment.copy:"


@dataclass(frozen=True)
class Kept:
    """An attachment with what is needed to open it."""

    view: AttachmentView
    complaint: str
    kid: str
    original: str  # vault digests
    copy: str | None

    @property
    def ref(self) -> str:
        """Its public number."""
        return self.view.ref


def add(
    tx: Session, complaint: Complaint, upload: Upload, *, stored: str, key: bytes, at: datetime
) -> None:
    """Write one file down and promise what it waits for: the scanner, or its copy."""
    name = crypto.seal(key, upload.name.encode(), aad=f"attachment.name:{upload.ref}")
    bad = upload.scan == Scan.QUARANTINED
    tx.add(
        Attachment(
            ref=upload.ref,
            complaint_id=complaint.id,
            sealed_name=name,
            media_type=upload.media_type,
            size=upload.size,
            sha256=upload.sha256,
            vault_sha256=stored,
            kid=complaint.kid,
            scan=upload.scan,
            found=",".join(dict.fromkeys(key for key, _ in upload.found)),
            copy="none" if bad else "wanted",
            added_at=at,
        )
    )
    if upload.scan == Scan.WAITING:
        outbox.put(
            tx, topic="intake.files.scan", key=f"intake.files.scan:{upload.ref}", at=at,
            ref=upload.ref,
        )  # fmt: skip
    elif not bad:
        _want_copy(tx, upload.ref, at)


def _want_copy(tx: Session, ref: str, at: datetime) -> None:
    outbox.put(tx, topic="intake.files.copy", key=f"intake.files.copy:{ref}", at=at, ref=ref)


def scanned(tx: Session, *, ref: str, result: Scan, at: datetime) -> bool:
    """What the scanner said at last; False when it was known already."""
    done = tx.execute(
        update(Attachment)
        .where(Attachment.ref == ref, Attachment.scan == Scan.WAITING)
        .values(scan=result.value, copy="none" if result == Scan.QUARANTINED else "wanted")
    )
    if not isinstance(done, CursorResult) or done.rowcount != 1:
        return False
    audit.record(
        tx, actor="system:intake", action="attachment.scanned", at=at,
        subject=f"complaint:{kept(tx, ref).complaint}", attachment=ref, scan=result.value,
    )  # fmt: skip
    if result != Scan.QUARANTINED:
        _want_copy(tx, ref, at)
    return True


def copied(
    tx: Session, *, ref: str, media_type: str, size: int, sha256: str, stored: str, at: datetime
) -> None:
    """The copy is made; the log keeps both digests, so that nobody takes one for the other."""
    row = tx.scalars(select(Attachment).where(Attachment.ref == ref)).one()
    if row.copy == "made":
        return
    row.copy, row.copy_type, row.copy_size = "made", media_type, size
    row.copy_sha256, row.copy_vault_sha256 = sha256, stored
    audit.record(
        tx, actor="system:intake", action="attachment.copied",
        subject=f"complaint:{kept(tx, ref).complaint}", at=at, attachment=ref, original=row.sha256,
        sha256=sha256,
    )  # fmt: skip


def no_copy(tx: Session, *, ref: str) -> None:
    """No copy can be made that surely hides nothing: the original on request is what there is."""
    tx.execute(update(Attachment).where(Attachment.ref == ref).values(copy="none"))


def waiting(session: Session, *, limit: int = 50) -> list[str]:
    """Files that the scanner has not looked at, oldest first."""
    query = select(Attachment.ref).where(Attachment.scan == Scan.WAITING)
    return list(session.scalars(query.order_by(Attachment.id).limit(limit)))


def view(row: Attachment) -> AttachmentView:
    """The attachment without its bytes."""
    return AttachmentView(
        ref=row.ref,
        media_type=row.media_type,
        size=row.size,
        sha256=row.sha256,
        scan=row.scan,
        added_at=row.added_at,
        copy=row.copy,
        copy_type=row.copy_type,
        copy_size=row.copy_size,
        found=tuple(filter(None, row.found.split(","))),
    )


def attach(
    tx: Session, complaint_id: int, files: tuple[tuple[Upload, str], ...], *, by: str, at: datetime
) -> None:
    """Add files that came after filing, sealed under the complaint's own key."""
    row = tx.get_one(Complaint, complaint_id)
    for upload, stored in files:
        add(tx, row, upload, stored=stored, key=keys().data_key(row.kid), at=at)
        audit.record(
            tx, actor=by, action="attachment.added", subject=f"complaint:{row.ref}", at=at,
            attachment=upload.ref, sha256=upload.sha256,
        )  # fmt: skip
    tx.flush()


def kept(session: Session, ref: str) -> Kept:
    """One attachment.

    Raises:
        NotFoundError: there is none.
    """
    row = session.scalar(select(Attachment).where(Attachment.ref == ref))
    if row is None:
        raise NotFoundError("There is no such file.")
    complaint = session.get_one(Complaint, row.complaint_id)
    return Kept(view(row), complaint.ref, row.kid, row.vault_sha256, row.copy_vault_sha256)
