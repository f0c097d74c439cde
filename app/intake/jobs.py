"""Promised work of intake: answers, originals into the evidence, forgetting what is over."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core import clock
from app.core.keystore import keys
from app.core.transaction import reading, transaction
from app.evidence import queries as evidence_queries
from app.evidence import service as evidence
from app.evidence import vault
from app.incidents import queries as incidents
from app.intake import (
    drafts,
    file_jobs,
    handoff,
    idempotency,
    pings,
    sealing,
    service,
    uploads,
)
from app.intake.models import Attachment, Complaint, Locator, Message
from app.intake.outcomes import ARTICLED, BY_STATE
from app.norm.book import BOOK
from app.notices.channel import RefusedError
from app.notices.channels import email


def tell_outcome(*, incident: str) -> None:
    """Tell everyone who complained what came of it; a merged incident answers in its target."""
    at = clock.now()
    with transaction() as tx:
        view = incidents.incident(tx, incident)
        key = BY_STATE.get(view.state)
        if key is None:
            return
        if view.mistaken_at is not None:
            key = "mistaken"
        elif key == "closed" and view.found_at is None:  # nothing was found: a counter-notice
            key = "countered"
        elif key == "found" and view.category == "underperformance":  # Art. 23 stops nothing yet
            key = "found_reminded"
        article = view.article if key in ARTICLED else None
        for complaint_id in view.complaint_ids:
            service.outcome(tx, complaint_id=complaint_id, key=key, article=article, at=at)


def keep_original(*, complaint_id: int, incident: str) -> None:
    """The sealed original and the files become evidence; they stay sealed."""
    with reading() as session:
        row = session.get_one(Complaint, complaint_id)
        key = sealing.key_of(row.kid)
        files = list(
            session.scalars(select(Attachment).where(Attachment.complaint_id == complaint_id))
        )
        places = session.scalars(select(Locator).where(Locator.complaint_id == complaint_id))
        ref, kid, received_at = row.ref, row.kid, row.received_at
        if key is None or _kept(session, incident, ref):
            return  # erased meanwhile, or done by an earlier attempt
        original = sealing.open_json(key, row.sealed_text, place=f"complaint.text:{ref}")
        said = {
            **original,
            "ref": ref,
            "received_at": received_at.isoformat(),
            "canonical_sha256": row.canonical_sha256,
            "kind": row.kind,
            "language": row.language,
            "locators": [{"kind": p.kind, "from": p.from_, "to": p.to} for p in places],
        }
    stored = vault.put_sealed(
        json.dumps(said, ensure_ascii=False, sort_keys=True).encode(), kid=kid, key=key
    )
    sizes = {f.ref: sum(len(p) for p in vault.pieces(f.vault_sha256)) for f in files}
    at = clock.now()
    with transaction() as tx:
        if _kept(tx, incident, ref):
            return
        evidence.record(
            tx, incident=incident, kind="complaint", title=f"投诉举报原件 {ref}", stored=stored,
            media_type="application/json", by="system:intake", at=at, kid=kid,
            facts={"complaint": ref, "received_at": received_at.isoformat()},
        )  # fmt: skip
        for file in files:
            evidence.record(
                tx, incident=incident, kind="attachment", title=f"投诉举报附件 {file.ref}",
                stored=vault.Stored(
                    file.vault_sha256, sizes[file.ref], kid=kid, aad=f"attachment:{file.ref}"
                ),
                media_type=file.media_type, by="system:intake", at=at, kid=kid,
                facts={"complaint": ref, "attachment": file.ref, "sha256": file.sha256,
                       "scan": file.scan},
            )  # fmt: skip


def _kept(session: Session, incident: str, ref: str) -> bool:
    """Whether an earlier attempt did it: every seal is new, so the digest cannot tell."""
    items = evidence_queries.items(session, incident)
    return any(i.kind == "complaint" and i.facts.get("complaint") == ref for i in items)


def _folder() -> Path:
    return Path(current_app.config["CHUKU"].folder)


def ping(*, message_id: int) -> None:
    """Mail that there is news, and nothing else: no word of what, where or about whom."""
    settings = current_app.config["CHUKU"]
    with reading() as session:
        message = session.get_one(Message, message_id)
        row = session.get_one(Complaint, message.complaint_id)
        complaint_id, key = row.id, sealing.key_of(row.kid)
        if key is None or row.sealed_ping is None:
            return  # erased, or no longer wanted
        place = f"complaint.ping:{row.ref}"
        address = sealing.open_json(key, row.sealed_ping, place=place)["address"]
        mail = pings.mail(
            address, sender=settings.mail_from, about=row.kid, n=message.id, at=message.at
        )
    try:
        email.hand_over(mail, address, server=settings.smtp_url)
    except RefusedError:  # that mailbox does not exist; the receipt page still says it all
        with transaction() as tx:
            service.stop_pings(tx, complaint_id=complaint_id, at=clock.now())


def expire_drafts() -> None:
    """Forget drafts after seven days and kept answers after one; keys and files go with them."""
    at = clock.now()
    with transaction() as tx:
        gone = drafts.expired(tx, at=at)
        unread = handoff.expired(tx, at=at)
        idempotency.forget(tx, at=at)
    for kid in unread:
        drafts.forget(kid, at=at)
    for kid in gone:
        uploads.remove_all(_folder(), kid)
        drafts.forget(kid, at=at)


def forget_source_keys() -> None:
    """2.7: day keys die after 48 h, a resource's source key 30 days after its last incident."""
    at = clock.now()
    house = BOOK.house.retention
    for name, made_at in keys().secrets_named("day:"):
        if made_at <= at - timedelta(hours=house.day_key_hours):
            keys().destroy_secret(name, at=at)
    old = at - timedelta(days=house.source_key_days)
    for name, made_at in keys().secrets_named("source:"):
        if made_at <= old and not _in_use(int(name.split(":")[1]), since=old):
            keys().destroy_secret(name, at=at)
            with transaction() as tx:
                audit.record(
                    tx, actor="system:intake", action="source_key.destroyed",
                    subject=f"resource:{name.split(':')[1]}", at=at,
                )  # fmt: skip


def _in_use(resource_id: int, *, since: datetime) -> bool:
    with reading() as session:
        if incidents.open_for(session, resource_id):
            return True
        latest = incidents.listing(session, resource_id=resource_id, limit=1).items
        return bool(latest and (latest[0].closed_at or latest[0].opened_at) > since)


JOBS: dict[str, Callable[..., None]] = {
    "intake.outcome": tell_outcome,
    "intake.keep_original": keep_original,
    "intake.expire_drafts": expire_drafts,
    "intake.ping": ping,
    "intake.forget_source_keys": forget_source_keys,
    "intake.files.scan": file_jobs.look_again,
    "intake.files.scan_waiting": file_jobs.look_at_waiting,
    "intake.files.copy": file_jobs.make_copy,
}
PERIODIC: dict[str, int] = {
    "intake.expire_drafts": 3600,
    "intake.forget_source_keys": 3600,
    "intake.files.scan_waiting": 60,
}
