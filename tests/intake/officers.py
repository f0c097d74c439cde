"""Somebody signed in at the desk."""

from __future__ import annotations

from typing import Any

import pyotp

from app.accounts import service as accounts
from app.core import clock
from app.core.transaction import transaction

PASSWORD = "correct horse battery"


def sign_in(client: Any, role: str = "officer") -> None:
    """An account of this role on the first platform, signed in with this client."""
    at = clock.now()
    with transaction() as tx:
        _, secret = accounts.add_account(
            tx, login=role, name="王值班", password=PASSWORD, memberships=[(1, role)], at=at
        )
    code = pyotp.TOTP(secret).at(at)
    answer = client.post("/desk/sign-in", data={"login": role, "password": PASSWORD, "code": code})
    assert answer.status_code == 303
