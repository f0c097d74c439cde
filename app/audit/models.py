"""The audit log: entries, the leaves that order them, the tree's nodes, signed checkpoints.

``audit_entry`` and ``audit_leaf`` refuse UPDATE and DELETE by trigger on both databases
(``app/audit/triggers.py``).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from sqlalchemy import ForeignKey, Index, Table, text
from sqlalchemy.orm import Mapped, mapped_column

from app.audit import triggers
from app.core.db import Base, Id

# The one kind of entry that is looked up by its subject: a receipt's proof names a complaint.
FILED = "action = 'complaint.filed'"


class AuditEntry(Base):
    """One act, written in the act's own transaction."""

    __tablename__ = "audit_entry"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str]  # account:3 · policy:precaution · system:probe · complainant · contact:7
    action: Mapped[str]  # incident.open, hold.place, notice.send …
    subject: Mapped[str]  # incident:AB12CD34 …
    incident: Mapped[str | None] = mapped_column(index=True)  # incident ref, for the dossier
    data: Mapped[dict[str, Any]]  # plain facts; personal data only as salted commitments

    __table_args__ = (
        Index(
            "ix_audit_entry_filed",
            "subject",
            sqlite_where=text(FILED),
            postgresql_where=text(FILED),
        ),
    )


class AuditLeaf(Base):
    """The entry's place in the tree (RFC 6962 leaf hash), given by the one sequencer."""

    __tablename__ = "audit_leaf"

    seq: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    entry_id: Mapped[int] = mapped_column(ForeignKey("audit_entry.id"), unique=True)
    leaf_hash: Mapped[bytes]


class AuditNode(Base):
    """Root of the complete subtree of 2**level leaves at ``index``; makes proofs cheap."""

    __tablename__ = "audit_node"

    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    index: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    hash: Mapped[bytes]


class AuditCheckpoint(Base):
    """A signed statement: the log had ``size`` leaves and this root at that moment."""

    __tablename__ = "audit_checkpoint"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    size: Mapped[int] = mapped_column(Id)
    root: Mapped[str]  # hex
    at: Mapped[datetime]
    kid: Mapped[str]
    signature: Mapped[str]  # base64 Ed25519 over RFC 8785 bytes of {size, root, at}

    __table_args__ = (Index("ix_audit_checkpoint_size", "size"),)


for _model in (AuditEntry, AuditLeaf, AuditCheckpoint):
    triggers.refuse_changes(cast(Table, _model.__table__))
