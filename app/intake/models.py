"""投诉举报: complaints, their sealed parts, receipts, messages, drafts and dialogues.

Identity, contact and original text are sealed under the complaint's own key (``kid``); officers
work on ``masked_text``. No address, no user agent stands beside a complaint.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Id
from app.intake.answered import demand_answers


class Complaint(Base):
    """One claim by one member of the public, a monitor or an officer on the phone."""

    __tablename__ = "complaint"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    platform_id: Mapped[int | None] = mapped_column(ForeignKey("platform.id"))
    source: Mapped[str]  # portal assistant api embed phone mail monitor inspection import
    entered_by: Mapped[str | None]
    resource_id: Mapped[int | None] = mapped_column(ForeignKey("resource.id"), index=True)
    version_id: Mapped[int | None] = mapped_column(ForeignKey("resource_version.id"))
    resource_hint: Mapped[str | None]  # masked words, when the resource is not known
    resource_url: Mapped[str | None]  # only when it equals a catalogue address
    kind: Mapped[str | None]  # what the complainant chose
    language: Mapped[str]
    schema_version: Mapped[str]
    kid: Mapped[str]
    alg: Mapped[str]
    sealed_text: Mapped[bytes]
    sealed_contact: Mapped[bytes | None]
    sealed_ping: Mapped[bytes | None]  # a mail address for pings that carry no content
    masked_text: Mapped[str]
    canonical_sha256: Mapped[str]
    secret_hash: Mapped[bytes] = mapped_column(unique=True)  # HMAC under the receipt pepper
    secret_kid: Mapped[str]
    source_tag: Mapped[str | None]
    joins_id: Mapped[int | None] = mapped_column(
        Id
    )  # whose problem it tells again, by the complainant's own word
    minor: Mapped[bool] = mapped_column(default=False)
    in_triage: Mapped[bool] = mapped_column(default=False)  # no incident took it
    wants_reply: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str]
    outcome: Mapped[str | None]  # what the complainant is told at the end
    received_at: Mapped[datetime]
    accept_by: Mapped[datetime]
    handle_by: Mapped[datetime]
    appealed_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    policy: Mapped[str]
    exercise: Mapped[bool] = mapped_column(default=False)
    retain_until: Mapped[datetime | None]
    legal_hold: Mapped[bool] = mapped_column(default=False)
    erased_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_complaint_state", "state", "received_at"),
        Index(
            "ix_complaint_in_triage",
            "accept_by",
            sqlite_where=text("in_triage = 1"),
            postgresql_where=text("in_triage"),
        ),
        Index(
            "ix_complaint_entered_by",
            "entered_by",
            "received_at",
            sqlite_where=text("entered_by IS NOT NULL"),
            postgresql_where=text("entered_by IS NOT NULL"),
        ),
    )


demand_answers(Complaint.__table__)


class Locator(Base):
    """Where in the resource; several per complaint."""

    __tablename__ = "locator"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaint.id"), index=True)
    kind: Mapped[str]  # time page slide exercise link whole
    from_: Mapped[str | None] = mapped_column("from")
    to: Mapped[str | None]


class Consent(Base):
    """Consent to one purpose, with the version of the text consented to."""

    __tablename__ = "consent"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaint.id"), index=True)
    purpose: Mapped[str]
    text_version: Mapped[str]
    by: Mapped[str]  # self | guardian
    at: Mapped[datetime]


class Attachment(Base):
    """An uploaded file; the original lies sealed in the vault under the complaint's key."""

    __tablename__ = "attachment"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaint.id"), index=True)
    sealed_name: Mapped[bytes]
    media_type: Mapped[str]
    size: Mapped[int] = mapped_column(Id)
    sha256: Mapped[str]  # of the original bytes
    vault_sha256: Mapped[str]  # of the sealed bytes in the vault
    kid: Mapped[str]
    scan: Mapped[str]  # waiting | clean | unscanned | quarantined
    found: Mapped[str] = mapped_column(default="")  # what hides in it: kinds only, no values
    copy: Mapped[str] = mapped_column(default="none")  # wanted | made | none
    copy_type: Mapped[str | None]
    copy_size: Mapped[int | None] = mapped_column(Id)
    copy_sha256: Mapped[str | None]  # of the copy's bytes
    copy_vault_sha256: Mapped[str | None]  # of its sealed bytes in the vault
    added_at: Mapped[datetime]
    retain_until: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "ix_attachment_waiting",
            "id",
            sqlite_where=text("scan = 'waiting'"),
            postgresql_where=text("scan = 'waiting'"),
        ),
    )


class Message(Base):
    """A word between complainant and officer, sealed under the complaint's key."""

    __tablename__ = "message"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaint.id"), index=True)
    direction: Mapped[str]  # in (complainant) | out (officer or system)
    kind: Mapped[str]  # message question outcome correction withdrawal confirm appeal state
    sealed_text: Mapped[bytes]
    kid: Mapped[str]
    masked_text: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]
    read_at: Mapped[datetime | None]


class IdempotentAnswer(Base):
    """The answer to a filing, kept 24 h, encrypted under HKDF(the caller's key)."""

    __tablename__ = "idempotent_answer"

    key_hash: Mapped[str] = mapped_column(primary_key=True)
    body_sha256: Mapped[str]
    sealed: Mapped[bytes | None]
    at: Mapped[datetime] = mapped_column(index=True)


class Arrival(Base):
    """A complaint that arrived in a file: brought twice, it is taken once."""

    __tablename__ = "arrival"

    digest: Mapped[str] = mapped_column(
        primary_key=True
    )  # of the row or mail, under the receipt pepper
    ref: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]


class Draft(Base):
    """A half-filled form or dialogue, sealed, found by a cookie's hash; gone after 7 days."""

    __tablename__ = "draft"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    skin: Mapped[str]  # form | assistant
    kid: Mapped[str]
    sealed: Mapped[bytes]  # JSON list of events; the state is a fold over them
    n: Mapped[int] = mapped_column(default=0)
    updated_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    resume_hash: Mapped[bytes | None] = mapped_column(unique=True)  # dies on use
    resume_until: Mapped[datetime | None]


class ComplaintSchema(Base):
    """The schema that complaints were filed under, whole, one row a version."""

    __tablename__ = "complaint_schema"

    version: Mapped[str] = mapped_column(primary_key=True)
    sha256: Mapped[str]
    document: Mapped[str]  # JSON
    first_used_at: Mapped[datetime]


class HandOff(Base):
    """Somebody at the assistant asked for a person: what was said, sealed, for an officer."""

    __tablename__ = "hand_off"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    platform_id: Mapped[int | None] = mapped_column(ForeignKey("platform.id"))  # once it is known
    kid: Mapped[str]
    sealed: Mapped[bytes]  # the masked transcript and what was filled by then
    sealed_replies: Mapped[bytes]
    language: Mapped[str]
    risk: Mapped[str | None]
    state: Mapped[str]  # open answered closed
    complaint_ref: Mapped[str | None]  # once it was filed
    asked_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    answered_by: Mapped[str | None]
    closed_by: Mapped[str | None]
