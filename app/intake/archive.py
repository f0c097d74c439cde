"""The schema that a complaint was filed under stays readable for as long as the complaint."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from app.core.errors import NotFoundError
from app.intake import schema
from app.intake.models import ComplaintSchema


def keep(tx: Session, *, at: datetime) -> None:
    """Archive the schema in force, once per version."""
    if tx.get(ComplaintSchema, schema.VERSION) is not None:
        return
    insert = sqlite_insert if tx.get_bind().dialect.name == "sqlite" else pg_insert
    tx.execute(
        insert(ComplaintSchema)
        .values(
            version=schema.VERSION,
            sha256=schema.DIGEST,
            document=schema.DOCUMENT,
            first_used_at=at,
        )
        .on_conflict_do_nothing(index_elements=["version"])
    )


def document(session: Session, version: str) -> str:
    """The schema of this version as JSON.

    Raises:
        NotFoundError: no complaint was filed under it, and it is not the one in force.
    """
    if version == schema.VERSION:
        return schema.DOCUMENT
    row = session.get(ComplaintSchema, version)
    if row is None:
        raise NotFoundError("There is no complaint schema of this version.")
    return row.document
