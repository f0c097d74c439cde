"""The rule texts in force, kept by digest: what incidents name when they freeze their rules."""

from __future__ import annotations

from datetime import datetime, time

from sqlalchemy.orm import Session

from app.authorities.service import keep_policy
from app.core.clock import SHANGHAI
from app.norm import book


def keep_in_force(tx: Session, *, by: str, at: datetime) -> list[str]:
    """Keep the texts of the norm and of the house's rules once; their digests."""
    norm, house = book.BOOK.articles, book.BOOK.house
    kept = (
        ("articles", norm.in_force_from, norm.document, norm.document_no),
        ("house", house.in_force_from, house.approved_by, house.document_no),
    )
    return [
        keep_policy(
            tx,
            kind=kind,
            text=book.read(f"{kind}.toml"),
            in_force_from=datetime.combine(since, time(), SHANGHAI),
            approved_by=approved_by,
            document_no=document_no,
            by=by,
            at=at,
        )
        for kind, since, approved_by, document_no in kept
    ]
