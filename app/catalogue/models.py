"""Resources, versions, addresses. Complaints, evidence and lifts refer to a version."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import DDL, ForeignKey, Index, UniqueConstraint, event
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Id


class Resource(Base):
    """数字教育资源: one thing that teachers and pupils use."""

    __tablename__ = "resource"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)  # public id, e.g. R0042
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id"), index=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("body.id"), index=True)
    title: Mapped[str]
    kind: Mapped[str]  # course textbook book slides case experiment research_video tool
    subject: Mapped[str]
    grade: Mapped[str]
    description: Mapped[str]
    thumbnail: Mapped[str]  # path on the edge, may be empty
    views_30d: Mapped[int] = mapped_column(default=0)
    protected_reason: Mapped[str | None]  # no precaution while protected …
    protected_until: Mapped[datetime | None]
    protected_document: Mapped[str | None]  # … by the authority's document
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]  # 出库

    __table_args__ = (Index("ix_resource_title", "title"),)


class ResourceVersion(Base):
    """One delivered state of a resource."""

    __tablename__ = "resource_version"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    resource_id: Mapped[int] = mapped_column(ForeignKey("resource.id"), index=True)
    n: Mapped[int]
    digest: Mapped[str]
    since: Mapped[datetime]

    __table_args__ = (UniqueConstraint("resource_id", "n"),)


class Address(Base):
    """Where a version is served. Darkness is per address."""

    __tablename__ = "address"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    resource_id: Mapped[int] = mapped_column(ForeignKey("resource.id"), index=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("resource_version.id"), index=True)
    host: Mapped[str]  # lower case, without port
    path: Mapped[str]  # percent-decoded, no dot segments, no double slashes
    mode: Mapped[str]  # exact | prefix
    role: Mapped[str]  # page | media | segment | attachment | listing
    hosting: Mapped[str]  # own | connected | external
    url: Mapped[str]  # as people write it, with scheme and port
    digest: Mapped[str | None]  # SHA-256 of the content; media, segment, attachment only
    connect_to: Mapped[str | None]  # host:port the probe dials instead of resolving ``host``
    rank: Mapped[int] = mapped_column(default=0)  # 0 = the first to show

    __table_args__ = (
        UniqueConstraint("host", "path"),
        Index("ix_address_digest", "digest"),
    )


class ResourceSearch(Base):
    """Our own tokens (characters, bigrams, pinyin syllables and initials), space-separated."""

    __tablename__ = "resource_search"

    resource_id: Mapped[int] = mapped_column(ForeignKey("resource.id"), primary_key=True)
    tokens: Mapped[str]


class ResourceUsage(Base):
    """Usage figures of a period (Art. 18), as a monitor or the platform delivers them."""

    __tablename__ = "resource_usage"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    resource_id: Mapped[int] = mapped_column(ForeignKey("resource.id"))
    period: Mapped[str]
    figures: Mapped[dict[str, Any]]

    __table_args__ = (UniqueConstraint("resource_id", "period"),)


# SQLite's trigram index finds nothing for two characters and PostgreSQL has no Chinese parser:
# both index our own tokens. ``resource_fts`` is kept by the service, not by triggers: under
# ``trusted_schema=OFF`` a trigger may not write to a virtual table.
SEARCH_SQLITE = (
    "CREATE VIRTUAL TABLE resource_fts USING fts5(tokens, content='resource_search', "
    "content_rowid='resource_id', tokenize=\"unicode61 remove_diacritics 0\")"
)
SEARCH_POSTGRESQL = (
    "CREATE INDEX ix_resource_search_tokens ON resource_search "
    "USING gin (to_tsvector('simple', tokens))"
)
for _statement, _dialect in ((SEARCH_SQLITE, "sqlite"), (SEARCH_POSTGRESQL, "postgresql")):
    event.listen(
        ResourceSearch.__table__,
        "after_create",
        DDL(_statement).execute_if(dialect=_dialect),
    )
