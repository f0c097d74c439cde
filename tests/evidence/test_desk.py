"""The desk's evidence page: who may read, that reading is recorded, and the dossier's download."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts import service as accounts
from app.core import clock
from app.core.keystore import keys
from app.core.transaction import reading, transaction
from app.evidence import queries, service, vault
from tests.incidents.make import make_incident, make_world


@dataclass
class Desk:
    client: FlaskClient
    actor: str
    incident: str
    item: str
    sealed: str


def sign_in(app: Flask, tx: object, login: str, role: str, platform_id: int) -> FlaskClient:
    at = clock.now()
    account_id, secret = accounts.add_account(
        tx, login=login, name=login, password="correct horse battery",
        memberships=[(platform_id, role)], at=at,
    )  # fmt: skip
    token = accounts.sign_in(
        tx, account_id=account_id, code=pyotp.TOTP(secret).at(at), password_ok=True, at=at
    )
    client = app.test_client()
    client.set_cookie("desk", str(token))
    client.account_id = account_id
    return client


@pytest.fixture
def desk(app: Flask) -> Desk:
    app.config["WTF_CSRF_ENABLED"] = False
    at = clock.now()
    kid, key = keys().new_data_key()
    clear, sealed = vault.put(b"warc"), vault.put_sealed(b"words", kid=kid, key=key)
    with transaction() as tx:
        world = make_world(tx, at)
        incident = make_incident(tx, world).ref
        client = sign_in(app, tx, "sun", "supervisor", world.resource.platform_id)
        refs = [
            service.record(
                tx, incident=incident, kind=kind, title="标题<b>", stored=stored,
                media_type="application/warc", by="system:evidence", at=at,
            ).ref
            for kind, stored in (("capture", clear), ("complaint", sealed))
        ]  # fmt: skip
    return Desk(client, f"account:{client.account_id}", incident, refs[0], refs[1])


def test_the_page_shows_items_and_custody(desk: Desk) -> None:
    page = desk.client.get(f"/desk/evidence/{desk.incident}")
    assert page.status_code == 200
    for text in (desk.item, desk.sealed, "保管链", "导出卷宗", "标题&lt;b&gt;"):
        assert text in page.text


def test_reading_needs_a_reason_and_is_recorded(desk: Desk) -> None:
    place = f"/desk/evidence/{desk.incident}/{desk.item}"
    assert desk.client.post(place, data={"reason": " "}).status_code == 422
    answer = desk.client.post(place, data={"reason": "核对内容"})
    assert (answer.status_code, answer.data) == (200, b"warc")
    assert "attachment" in answer.headers["Content-Disposition"]
    with reading() as session:
        last = queries.custody(session, ref=desk.item)[-1]
    assert (last.act, last.by, last.reason) == ("read", desk.actor, "核对内容")


def test_sealed_items_are_not_opened_here(desk: Desk) -> None:
    place = f"/desk/evidence/{desk.incident}/{desk.sealed}"
    assert desk.client.post(place, data={"reason": "想看"}).status_code == 422


def test_the_dossier_is_one_download(desk: Desk) -> None:
    place = f"/desk/evidence/{desk.incident}/dossier"
    assert desk.client.post(place, data={"reason": ""}).status_code == 422
    answer = desk.client.post(place, data={"reason": "移送公安机关"})
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(answer.data)) as bundle:
        assert f"dossier-{desk.incident}/verify.py" in bundle.namelist()


def test_another_platform_s_officer_sees_nothing(app: Flask, desk: Desk) -> None:
    assert app.test_client().get(f"/desk/evidence/{desk.incident}").status_code == 303
    assert desk.client.get("/desk/evidence/NOSUCH00").status_code == 404
