"""Who gives a command: account and one-time code, as at the desk."""

from __future__ import annotations

import click

from app.accounts import queries as accounts
from app.accounts import service as account_service
from app.accounts.queries import Person
from app.core import clock
from app.core.errors import ForbiddenError
from app.core.transaction import transaction

CODE = "A code works once; it is asked for when left out."


def prove(login: str, code: str | None, *, who: str) -> Person:
    """The person behind a sign-in name, after a code that was not used before.

    Raises:
        ForbiddenError: no such person, or the code is wrong.
    """
    given = code or click.prompt(who, hide_input=True)
    with transaction() as tx:  # by itself: a code is used up also when the act is refused
        found = accounts.by_login(tx, login)
        person = accounts.person(tx, found[0]) if found else None
        good = person is not None and account_service.use_code(
            tx, account_id=person.account_id, code=given, at=clock.now()
        )
    if person is None or not good:
        raise ForbiddenError("That code is wrong or was used before. Wait for the next one.")
    return person
