"""处置单: incidents, their complaints, duties, decisions and re-entry cases."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Id

OPEN = ("alleged", "precaution", "found", "reentry")


class Incident(Base):
    """One problem of one resource: from allegation to the article's end."""

    __tablename__ = "incident"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id"))
    resource_id: Mapped[int] = mapped_column(ForeignKey("resource.id"), index=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("resource_version.id"))
    routing_kind: Mapped[str]
    kind: Mapped[str | None]  # finer kind of page 1
    category: Mapped[str]
    state: Mapped[str]
    open: Mapped[bool] = mapped_column(default=True)  # one open per (resource, routing kind)
    opened_at: Mapped[datetime]
    accept_by: Mapped[datetime]
    handle_by: Mapped[datetime]
    review_by: Mapped[datetime | None]  # the precaution's review clock
    due_at: Mapped[datetime]  # earliest clock that runs: what the queue sorts by
    rank: Mapped[int] = mapped_column(default=5)  # 0 = proposal or page at the top
    found_at: Mapped[datetime | None]
    found_by: Mapped[str | None]
    severe_impact: Mapped[bool] = mapped_column(default=False)  # 造成严重影响, a person's finding
    severe_reason: Mapped[str | None]
    severe_by: Mapped[str | None]
    severe_at: Mapped[datetime | None]
    policy: Mapped[dict[str, Any] | None]  # digests frozen with the first duty, anew at the finding
    summary: Mapped[str] = mapped_column(default="")  # the officer's words, for letters
    accepted_at: Mapped[datetime | None]  # a person took it up: the acceptance clock ends
    review_ended_at: Mapped[datetime | None]  # nobody decided within the review clock
    mistaken_at: Mapped[datetime | None]  # 认定有误, agreed by a second person
    pending: Mapped[dict[str, Any] | None]  # what waits for a second person (law 4)
    claimed_by: Mapped[str | None]
    claimed_until: Mapped[datetime | None]
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("incident.id"))
    closed_at: Mapped[datetime | None]
    exercise: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (
        Index(
            "uq_incident_open",
            "resource_id",
            "routing_kind",
            "exercise",
            unique=True,
            sqlite_where=text("open = 1"),
            postgresql_where=text("open"),
        ),
        Index(
            "ix_incident_queue",
            "rank",
            "due_at",
            "id",
            sqlite_where=text("open = 1"),
            postgresql_where=text("open"),
        ),
    )


class IncidentComplaint(Base):
    """Journal of which complaint belongs to which incident: joins, moves, merges, splits."""

    __tablename__ = "incident_complaint"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"), index=True)
    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaint.id"), index=True)
    kind: Mapped[str]
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    by: Mapped[str]

    __table_args__ = (
        Index(
            "uq_incident_complaint_now",
            "complaint_id",
            "kind",
            unique=True,
            sqlite_where=text("until IS NULL"),
            postgresql_where=text("until IS NULL"),
        ),
    )


class Duty(Base):
    """One act the article (or a house rule) demands of us."""

    __tablename__ = "duty"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"))
    seq: Mapped[int]
    step: Mapped[str]
    role: Mapped[str]  # "" where the step has no recipient
    after_seq: Mapped[int | None]
    due_at: Mapped[datetime | None]
    not_later_than: Mapped[datetime | None]
    state: Mapped[str]  # open running done failed cancelled not_applicable
    article: Mapped[int]
    source: Mapped[str]  # article | house | law
    severe: Mapped[bool] = mapped_column(default=False)  # the second report
    wording: Mapped[str] = mapped_column(default="found")  # found | precaution | correct
    limit_seq: Mapped[int | None]  # the limit counts from that row's end …
    limit_minutes: Mapped[int | None]  # … so many minutes; None: waits without limit
    duty_key: Mapped[str | None] = mapped_column(index=True)  # the letter that does it
    notice_id: Mapped[int | None] = mapped_column(ForeignKey("notice.id"))
    facts: Mapped[dict[str, Any] | None]  # what this letter alone says: a copyright claim
    started_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    note: Mapped[str | None]

    __table_args__ = (UniqueConstraint("incident_id", "seq"),)


class Decision(Base):
    """A person's (or the authority's) signed decision on an incident; sealed as evidence."""

    __tablename__ = "decision"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"), index=True)
    kind: Mapped[
        str
    ]  # stop confirm severe reject release reclassify lift_request lift remove authority_decision
    category: Mapped[str | None]
    routing_kind: Mapped[str | None]
    reason: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]
    document_no: Mapped[str | None]  # the authority's written decision
    document_date: Mapped[str | None]
    evidence_ref: Mapped[str | None]
    facts: Mapped[dict[str, Any]]


class ReentryCase(Base):
    """重新入库: the steps of Arts. 13–16 for one version; only a complete one puts it back."""

    __tablename__ = "reentry_case"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"), index=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("resource_version.id"))
    way: Mapped[str]  # rectify | repair | intake | authority
    opened_by: Mapped[str]
    opened_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]


class ReentryStep(Base):
    """One step, signed by the role that owns it, with its file."""

    __tablename__ = "reentry_step"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("reentry_case.id"), index=True)
    seq: Mapped[int]
    step: Mapped[str]  # self_review content_review metadata technical_review agreement
    article: Mapped[int]
    role: Mapped[str]
    state: Mapped[str]  # open | signed
    signed_by: Mapped[str | None]
    signed_at: Mapped[datetime | None]
    signatory: Mapped[str | None]  # name and position of who answers for the step
    note: Mapped[str | None]
    evidence_ref: Mapped[str | None]

    __table_args__ = (UniqueConstraint("case_id", "step"),)
