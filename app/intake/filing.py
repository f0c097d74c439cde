"""Filing a complaint: one transaction writes the row, its log entry and the promise to sort it."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.audit import service as audit
from app.catalogue import queries as catalogue
from app.catalogue.values import ResourceView
from app.core import crypto
from app.core.errors import InvalidError, NotFoundError
from app.core.failpoint import failpoint
from app.core.ids import new_ref
from app.core.keystore import keys
from app.intake import archive, attachments, canonical, parse, receipt, sealing
from app.intake.masking import mask
from app.intake.models import Complaint, Consent, Locator
from app.intake.safety import risk
from app.intake.schema import CONSENT_VERSION, HINT_LIMIT, VERSION, text_fault
from app.intake.states import State
from app.intake.values import Filed, Filing
from app.norm import deadlines
from app.norm.book import BOOK
from app.norm.errors import NormError
from app.norm.kinds import category_of
from app.outbox import service as outbox


def resource_named(
    session: Session, *, url: str | None = None, title: str | None = None
) -> str | None:
    """The ref of the resource that an address or an exact title names beyond doubt."""
    if url:
        hit = catalogue.by_url(session, url)
        if hit is not None:
            return catalogue.resource(session, hit.resource_id).ref
    if title:
        wanted = _plain(title)
        same = [c for c in catalogue.search(session, title, limit=10) if _plain(c.title) == wanted]
        if len(same) == 1:
            return same[0].ref
    return None


def _plain(title: str) -> str:
    kept = unicodedata.normalize("NFKC", title).casefold()
    return "".join(c for c in kept if c.isalnum())


def tie(session: Session, filing: Filing) -> Filing:
    """The filing with the resource that its own words name beyond doubt, when none is given.

    Only strict readings count: one catalogue address pasted anywhere, or the exact title.
    """
    if filing.resource_ref:
        return filing
    named = filing.resource_url or next(iter(parse.urls(filing.resource_hint)), None)
    found = resource_named(session, url=named, title=filing.resource_hint)
    url = named if found and named and catalogue.by_url(session, named) else filing.resource_url
    if found is None:
        refs = {
            (ref, u)
            for u in parse.urls(filing.text)
            if (ref := resource_named(session, url=u)) is not None
        }
        if len({ref for ref, _ in refs}) == 1:
            found, url = min(refs)
    return replace(filing, resource_ref=found, resource_url=url) if found else filing


def check(session: Session, filing: Filing) -> ResourceView | None:
    """The resource that is named, if any; refuses what cannot be taken, naming every field.

    Raises:
        InvalidError: with one sentence per field.
    """
    fields: dict[str, str] = {}
    found: ResourceView | None = None
    fault = text_fault(filing.text)
    if fault:
        fields["text"] = fault
    if len(filing.resource_hint) > HINT_LIMIT:
        fields["resource"] = "That is too long. A title and where you found it are enough."
    if filing.resource_ref:
        try:
            found = catalogue.resource(session, filing.resource_ref)
        except NotFoundError:
            fields["resource"] = "There is no resource with that number. Search for its title."
    if filing.kind:
        try:
            category_of(filing.kind)
        except NormError:
            fields["kind"] = "There is no such kind. Leave it out if you are not sure."
    if fields:
        raise InvalidError("Some fields need another look.", fields=fields)
    return found


def file_complaint(tx: Session, *, filing: Filing, at: datetime) -> Filed:
    """Take a complaint; the receipt is shown only after the caller's commit.

    Raises:
        InvalidError: naming every field that cannot be taken.
    """
    found = check(tx, filing)
    filing = tie(tx, filing)
    if found is None and filing.resource_ref:
        found = catalogue.resource(tx, filing.resource_ref)
    ref, secret = new_ref(), receipt.new_secret()
    kid, key = (filing.kid, keys().data_key(filing.kid)) if filing.kid else keys().new_data_key()
    salted = canonical.salt(secret)
    digest = canonical.digest(canonical.document(filing, ref=ref, at=at, salted=salted))
    row = _row(filing, found, ref, kid, at)
    row.secret_hash, row.secret_kid = sealing.secret_hash(secret), sealing.PEPPER
    row.canonical_sha256 = digest
    row.sealed_text = sealing.seal_json(
        key, _original(filing, salted), place=f"complaint.text:{ref}"
    )
    if filing.contact.address:
        row.sealed_contact = sealing.seal_json(
            key, _contact(filing), place=f"complaint.contact:{ref}"
        )
    tx.add(row)
    archive.keep(tx, at=at)
    tx.flush()
    _parts(tx, row, filing, key, at)
    audit.record(
        tx, actor=filing.entered_by or "complainant", action="complaint.filed",
        subject=f"complaint:{ref}", at=at, digest=digest, source=filing.source,
        files=len(filing.files), policy=BOOK.digest,
        exercise=filing.exercise,
    )  # fmt: skip
    later = timedelta() if risk(filing.text) else filing.sort_after  # danger waits for nothing
    outbox.put(
        tx, topic="triage.sort", key=f"triage.sort:{row.id}", at=at, due_at=at + later,
        complaint_id=row.id, day_tag=filing.day_tag,
    )  # fmt: skip
    failpoint("F1")
    proof = canonical.proof(
        ref=ref, at=at, doc_digest=digest, policy=BOOK.digest, signer=keys().signer("receipt")
    )
    return Filed(ref, secret, proof, row.id, at, row.accept_by, row.handle_by)


def _row(filing: Filing, found: ResourceView | None, ref: str, kid: str, at: datetime) -> Complaint:
    category = category_of(filing.kind) if filing.kind else "other"
    known = found is not None and filing.resource_url is not None
    return Complaint(
        ref=ref,
        platform_id=found.platform_id if found else None,
        source=filing.source,
        entered_by=filing.entered_by,
        resource_id=found.id if found else None,
        version_id=found.version_id if found else None,
        resource_hint=None if found else mask(filing.resource_hint or filing.resource_url or ""),
        resource_url=filing.resource_url if known else None,
        kind=filing.kind,
        language=filing.language,
        schema_version=VERSION,
        kid=kid,
        alg=crypto.ALG,
        masked_text=mask(filing.text),
        source_tag=sealing.source_tag(found.id, filing.network) if found else None,
        joins_id=filing.joins,
        minor=filing.contact.minor,
        wants_reply=bool(filing.contact.address),
        state=State.RECEIVED.value,
        received_at=at,
        accept_by=deadlines.acceptance_due(at).at,
        handle_by=deadlines.handling_due(category, at).at,
        policy=BOOK.digest,
        exercise=filing.exercise,
        legal_hold=False,
    )


def _original(filing: Filing, salted: str) -> dict[str, Any]:
    return {
        "text": filing.text,
        "hint": filing.resource_hint,
        "url": filing.resource_url,
        "salt": salted,
    }


def _contact(filing: Filing) -> dict[str, str]:
    contact = filing.contact
    return {"way": contact.way, "address": contact.address, "name": contact.name}


def _parts(tx: Session, row: Complaint, filing: Filing, key: bytes, at: datetime) -> None:
    for place in filing.places:
        # A link is compared with the catalogue; what else was typed may name a person.
        start, end = (
            text if text is None or place.kind == "link" else mask(text)
            for text in (place.start, place.end)
        )
        tx.add(Locator(complaint_id=row.id, kind=place.kind, from_=start, to=end))
    by = "guardian" if filing.contact.minor and filing.contact.guardian else "self"
    for purpose in ("handling", *(["contact"] if filing.contact.address else [])):
        tx.add(
            Consent(
                complaint_id=row.id, purpose=purpose, text_version=CONSENT_VERSION, by=by, at=at
            )
        )
    for upload, stored in filing.files:
        attachments.add(tx, row, upload, stored=stored, key=key, at=at)
    tx.flush()
