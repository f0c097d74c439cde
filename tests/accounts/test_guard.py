"""Sign-in, codes that work once, sessions that end, keys and their scopes."""

from __future__ import annotations

import pyotp
import pytest
from sqlalchemy import select, text

from app.accounts import queries, service
from app.accounts.models import Account, SignIn
from app.core import clock
from app.core.db import db
from app.core.errors import InvalidError
from app.core.transaction import transaction

PASSWORD = "correct horse battery"


@pytest.fixture
def officer(app):
    at = clock.now()
    with transaction() as tx:
        tx.execute(
            text(
                "INSERT INTO platform (id, code, name, name_en, level, region, operated,"
                " letter_prefix, hosts) VALUES (1,'demo','演示','Demo','national','全国',true,'演','[]')"
            )
        )
        account_id, secret = service.add_account(
            tx, login="wang", name="王值班", password=PASSWORD,
            memberships=[(1, "officer")], at=at,
        )  # fmt: skip
    return account_id, secret


def _code(secret: str) -> str:
    return pyotp.TOTP(secret).at(clock.now())


def _post(client, secret, **form):
    values = {"login": "wang", "password": PASSWORD, "code": _code(secret), **form}
    client.application.config["WTF_CSRF_ENABLED"] = False
    return client.post("/desk/sign-in", data=values)


def test_right_password_and_code_open_the_desk(client, officer):
    answer = _post(client, officer[1])
    assert answer.status_code == 303
    assert "HttpOnly" in answer.headers["Set-Cookie"]


def test_a_code_works_once(client, officer):
    assert _post(client, officer[1]).status_code == 303
    assert _post(client, officer[1]).status_code == 403


def test_unknown_login_and_wrong_password_answer_alike(client, officer):
    wrong = _post(client, officer[1], password="not this one at all")
    unknown = _post(client, officer[1], login="nobody")
    assert wrong.status_code == unknown.status_code == 403
    assert wrong.text.replace("wang", "") == unknown.text.replace("nobody", "")


def test_many_failures_slow_down_but_never_lock(app, client, officer):
    for _ in range(6):
        _post(client, officer[1], password="not this one at all")
    account = db.session.scalar(select(Account))
    assert account.slow_until is not None
    assert (account.slow_until - clock.now()).total_seconds() <= 900


def test_session_idles_out_and_ends_with_the_account(app, officer):
    at = clock.now()
    with transaction() as tx:
        token = service.sign_in(
            tx, account_id=officer[0], code=_code(officer[1]), password_ok=True, at=at
        )
    assert queries.by_session_token(db.session(), token, at=at)
    assert queries.by_session_token(db.session(), token, at=at + service.IDLE) is None
    db.session.rollback()
    with transaction() as tx:
        service.disable(tx, login="wang", at=at, by="system:test")
    assert queries.by_session_token(db.session(), token, at=at) is None
    assert db.session.scalar(select(SignIn.ended_at)) is not None


def test_keys_are_stored_hashed_and_scoped(app, officer):
    at = clock.now()
    with transaction() as tx:
        token = service.create_key(tx, name="edge 1", scope="edge", at=at)
    assert token.startswith("chk_")
    assert queries.by_key(db.session(), token, at=at).scope == "edge"
    assert queries.by_key(db.session(), token + "x", at=at) is None


def test_administrators_of_system_and_audit_are_never_one_person(tx, at):
    tx.execute(
        text(
            "INSERT INTO platform (id, code, name, name_en, level, region, operated,"
            " letter_prefix, hosts) VALUES (1,'demo','演示','Demo','national','全国',true,'演','[]')"
        )
    )
    with pytest.raises(InvalidError):
        service.add_account(
            tx, login="li", name="李", password=PASSWORD, at=at,
            memberships=[(1, "system_admin"), (1, "auditor")],
        )  # fmt: skip


def test_calling_a_person_twice_is_calling_once(tx, at):
    assert service.page(tx, key="k", why="Somebody must look", at=at)
    assert not service.page(tx, key="k", why="Somebody must look", at=at)


def test_a_stolen_session_cannot_try_all_codes(client, officer):
    assert _post(client, officer[1]).status_code == 303
    tries = [client.post("/desk/step-up", data={"code": "000000"}).status_code for _ in range(8)]
    assert tries[:6] == [403] * 6
    assert tries[6:] == [429] * 2
