"""Finding rows, for the modules of this package."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import NotFoundError
from app.intake.models import Complaint


def by_ref(session: Session, ref: str) -> Complaint:
    """The complaint with this public reference.

    Raises:
        NotFoundError: there is none.
    """
    row = session.scalar(select(Complaint).where(Complaint.ref == ref))
    if row is None:
        raise NotFoundError("There is no such complaint.")
    return row
