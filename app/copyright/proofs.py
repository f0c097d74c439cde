"""Files that come with a counter-notice or the word of a lawsuit: checked, sealed, into the vault.

They are sealed under the key of the notice's complaint and stand beside its files, so that they are
scanned, copied and opened like those. Nothing is staged: the page asks again when it is refused.
"""

from __future__ import annotations

from typing import BinaryIO, cast

from flask import request

from app.copyright.values import CaseView
from app.core import limits, web
from app.core.errors import ConflictError
from app.evidence import vault
from app.intake import doors, sealing, uploads
from app.intake.values import Upload

Files = tuple[tuple[Upload, str], ...]


def take(case: CaseView) -> Files:
    """The request's files, safely in the vault before any transaction opens.

    Raises:
        InvalidError: one of the nine refusals.
        ConflictError: the notice was erased.
    """
    sent = [f for f in request.files.getlist("files") if f.filename]
    if not sent:
        return ()
    limits.hit("upload", web.client_address(), limit=doors.DRAFTS, seconds=doors.WINDOW)
    if len(sent) > uploads.MAX_FILES:
        raise uploads.refuse("many", uploads.plain_name(sent[uploads.MAX_FILES].filename or ""))
    key = sealing.key_of(case.kid)
    if key is None:
        raise ConflictError("This complaint was erased; nothing can be added to it.")
    folder, taken = web.settings().folder, []
    for file in sent:
        upload = uploads.stage(
            data_folder=folder, kid=case.kid, key=key, name=file.filename or "",
            stream=cast("BinaryIO", file.stream), clamd_url=web.settings().clamd_url,
        )  # fmt: skip
        stored = vault.put(uploads.sealed_path(folder, case.kid, upload.ref)).sha256
        uploads.remove(folder, case.kid, upload.ref)
        taken.append((upload, stored))
    return tuple(taken)
