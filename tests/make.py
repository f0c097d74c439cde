"""Test data through services: nothing here inserts a row by itself."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.accounts import service as accounts
from tests.catalogue.make import make_catalogue, resource_row

__all__ = ["PASSWORD", "make_catalogue", "make_key", "make_officer", "resource_row"]

PASSWORD = "correct horse battery"


def make_officer(
    tx: Session, at: datetime, *, platform_id: int, login: str = "wang", role: str = "officer"
) -> tuple[int, str]:
    """A person with one role on one platform: (account id, TOTP secret)."""
    return accounts.add_account(
        tx, login=login, name=login, password=PASSWORD, memberships=[(platform_id, role)], at=at
    )


def make_key(tx: Session, at: datetime, *, scope: str, platform_id: int | None = None) -> str:
    """A machine's bearer key."""
    return accounts.create_key(tx, name=scope, scope=scope, at=at, platform_id=platform_id)
