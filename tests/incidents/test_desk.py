"""The desk's pages and the API: who may, what is shown, what a refusal says."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts import service as accounts
from app.core import clock
from app.core.transaction import reading, transaction
from app.incidents import queries, rows
from app.suspension import queries as stops
from tests.incidents.make import World, make_found, make_incident, make_precaution, make_world

PASSWORD = "correct horse battery"


@dataclass
class Desk:
    """Two officers with browsers and one key."""

    world: World
    ada: FlaskClient
    ben: FlaskClient
    ada_actor: str
    key: str


@pytest.fixture
def desk(app: Flask) -> Desk:
    app.config["WTF_CSRF_ENABLED"] = False
    at = clock.now()
    clients, actors = [], []
    with transaction() as tx:
        world = make_world(tx, at)
        for login, name in (("ada", "安达"), ("ben", "贝恩")):
            account_id, secret = accounts.add_account(
                tx, login=login, name=name, password=PASSWORD,
                memberships=[(world.resource.platform_id, "officer")], at=at,
            )  # fmt: skip
            token = accounts.sign_in(
                tx, account_id=account_id, code=pyotp.TOTP(secret).at(at), password_ok=True, at=at
            )
            client = app.test_client()
            client.set_cookie("desk", str(token))
            clients.append(client)
            actors.append(f"account:{account_id}")
        key = accounts.create_key(
            tx, name="night", scope="desk", at=at, account_id=int(actors[0][8:])
        )
    return Desk(world, clients[0], clients[1], actors[0], key)


def _precaution(desk: Desk) -> str:
    with transaction() as tx:
        return make_precaution(tx, desk.world).ref


def _found(desk: Desk, **more: str) -> str:
    with transaction() as tx:
        return make_found(tx, desk.world, **more).ref  # type: ignore[arg-type]


def test_nobody_sees_the_desk_without_signing_in(app: Flask, desk: Desk) -> None:
    assert app.test_client().get("/desk/").status_code == 303


def test_the_queue_shows_what_is_due_and_what_calls(desk: Desk) -> None:
    ref = _precaution(desk)
    page = desk.ada.get("/desk/").text
    assert ref in page
    assert desk.world.resource.title in page
    assert "先行停传" in page


def test_one_screen_shows_red_addresses_duties_and_why(desk: Desk) -> None:
    ref = _precaution(desk)
    page = desk.ada.get(f"/desk/incidents/{ref}").text
    for address in ("index.html", "video.webm", "hls/"):
        assert address in page
    assert "chip red" in page  # still served: no probe has looked
    assert "平台主管单位" in page
    assert page.count("data-live") > 5


def test_the_screen_is_whole_in_both_languages(desk: Desk) -> None:
    ref = _found(desk)
    for language in ("zh_Hans", "en"):
        desk.ada.set_cookie("lang", language)
        for path in ("/desk/", f"/desk/incidents/{ref}", "/desk/calls", "/desk/parts",
                     "/desk/closed", "/desk/closed?state=found"):  # fmt: skip
            assert desk.ada.get(path).status_code == 200, path


def test_release_by_one_officer_from_the_page(desk: Desk) -> None:
    ref = _precaution(desk)
    answer = desk.ada.post(
        f"/desk/incidents/{ref}/release", data={"release-reason": "二维码为班级群"}
    )
    assert answer.status_code == 303
    with reading() as session:
        assert queries.incident(session, ref).state == "released"


def test_a_refusal_keeps_what_was_typed_and_names_the_article(desk: Desk) -> None:
    ref = _found(desk)
    answer = desk.ben.post(
        f"/desk/incidents/{ref}/request_lift", data={"request_lift-reason": "误报，请恢复传输"}
    )
    assert answer.status_code == 409
    assert "第20条" in answer.text or "第二十条" in answer.text or "Article 20" in answer.text
    assert "误报，请恢复传输" in answer.text


def test_the_lift_follows_the_authoritys_decision_and_two_persons(desk: Desk) -> None:
    ref = _found(desk)  # found by 901, who is neither 安达 nor 贝恩
    document = (io.BytesIO(b"%PDF-1.7 decision"), "decision.pdf")
    answer = desk.ada.post(
        f"/desk/incidents/{ref}/authority_decision",
        data={
            "authority_decision-document_no": "示例〔2026〕9号",
            "authority_decision-document_date": "2026-11-22",
            "authority_decision-file": document,
            "authority_decision-reason": "收文",
        },
    )
    assert answer.status_code == 303
    asked = desk.ada.post(
        f"/desk/incidents/{ref}/request_lift", data={"request_lift-reason": "依决定"}
    )
    assert asked.status_code == 303
    own = desk.ada.post(f"/desk/incidents/{ref}/approve_lift", data={"approve_lift-reason": "同意"})
    assert own.status_code == 409
    done = desk.ben.post(
        f"/desk/incidents/{ref}/approve_lift", data={"approve_lift-reason": "同意"}
    )
    assert done.status_code == 303
    with reading() as session:
        assert queries.incident(session, ref).state == "lifted"
        assert not any(hold.standing for hold in stops.holds(session, incident=ref))


def test_the_authoritys_decision_without_its_file_is_refused(desk: Desk) -> None:
    ref = _found(desk)
    answer = desk.ada.post(
        f"/desk/incidents/{ref}/authority_decision",
        data={
            "authority_decision-document_no": "示例〔2026〕9号",
            "authority_decision-document_date": "2026-11-22",
            "authority_decision-reason": "收文",
        },
    )
    assert answer.status_code == 422
    assert "示例〔2026〕9号" in answer.text


def test_article_22_comes_back_only_through_a_complete_re_entry_case(desk: Desk) -> None:
    ref = _found(desk, category="suitability", kind="timeliness", routing_kind="timeliness")
    refused = desk.ada.post(
        f"/desk/incidents/{ref}/request_lift", data={"request_lift-reason": "已修复"}
    )
    assert refused.status_code == 409
    opened = desk.ada.post(
        f"/desk/incidents/{ref}/open_reentry", data={"open_reentry-reason": "已修复"}
    )
    assert opened.status_code == 303
    for step in ("self_review", "content_review", "metadata", "technical_review", "agreement"):
        assert (
            desk.ada.post(
                f"/desk/incidents/{ref}/request_lift", data={"request_lift-reason": "已修复"}
            ).status_code
            == 409
        )
        signed = desk.ada.post(
            f"/desk/incidents/{ref}/sign_reentry",
            data={
                "sign_reentry-step": step,
                "sign_reentry-signatory": "李审核，内容主管",
                "sign_reentry-file": (io.BytesIO(f"%PDF-1.7 {step}".encode()), "record.pdf"),
            },
        )
        assert signed.status_code == 303
    for client, action in ((desk.ada, "request_lift"), (desk.ben, "approve_lift")):
        done = client.post(
            f"/desk/incidents/{ref}/{action}", data={f"{action}-reason": "重新入库完成"}
        )
        assert done.status_code == 303
    with reading() as session:
        assert queries.incident(session, ref).state == "lifted"


def test_two_officers_at_once_one_wins_the_other_is_told(desk: Desk) -> None:
    ref = _precaution(desk)
    with reading() as session:
        version = queries.incident(session, ref).version
    first = desk.ada.post(
        f"/desk/incidents/{ref}/release",
        data={"release-reason": "不属实", "release-version": str(version)},
    )
    second = desk.ben.post(
        f"/desk/incidents/{ref}/confirm",
        data={
            "confirm-category": "legal",
            "confirm-kind": "gambling",
            "confirm-summary": "二维码指向赌博网站",
            "confirm-reason": "已核实",
            "confirm-version": str(version),
        },
    )
    assert (first.status_code, second.status_code) == (303, 409)
    assert "二维码指向赌博网站" in second.text


def test_letting_go_asks_for_a_fresh_code(app: Flask, desk: Desk) -> None:
    from sqlalchemy import update  # noqa: PLC0415

    from app.accounts.models import SignIn  # noqa: PLC0415

    ref = _found(desk)
    with transaction() as tx:
        tx.execute(update(SignIn).values(stepped_up_at=clock.now() - timedelta(hours=1)))
    answer = desk.ben.post(
        f"/desk/incidents/{ref}/approve_lift", data={"approve_lift-reason": "同意"}
    )
    assert answer.status_code == 303
    assert "/desk/step-up" in answer.headers["Location"]


def test_an_officer_of_another_platform_sees_nothing(app: Flask, desk: Desk) -> None:
    at = clock.now()
    with transaction() as tx:
        account_id, secret = accounts.add_account(
            tx, login="eve", name="外人", password=PASSWORD, memberships=[], at=at
        )
        token = accounts.sign_in(
            tx, account_id=account_id, code=pyotp.TOTP(secret).at(at), password_ok=True, at=at
        )
    ref = _precaution(desk)
    client = app.test_client()
    client.set_cookie("desk", str(token))
    assert client.get(f"/desk/incidents/{ref}").status_code == 403
    assert client.post(f"/desk/incidents/{ref}/stop").status_code == 403


def test_bulk_release_answers_for_each(desk: Desk) -> None:
    ref = _precaution(desk)
    with transaction() as tx:
        other = make_incident(tx, desk.world, routing_kind="timeliness", kind=None).ref
    desk.ada.post("/desk/release", data={"ref": [ref, other], "reason": "刷量举报"})
    with reading() as session:
        assert rows.by_ref(session, ref).state == "released"
        assert rows.by_ref(session, other).state == "alleged"


def test_the_api_lists_with_cursor_and_etag(app: Flask, desk: Desk) -> None:
    ref = _precaution(desk)
    head = {"Authorization": f"Bearer {desk.key}"}
    client = app.test_client()
    listed = client.get("/api/v1/incidents?limit=1", headers=head)
    assert listed.json is not None
    assert [one["ref"] for one in listed.json["items"]] == [ref]
    assert listed.json["next"] is None
    again = client.get(
        "/api/v1/incidents?limit=1", headers=head | {"If-None-Match": listed.headers["ETag"]}
    )
    assert again.status_code == 304
    one = client.get(f"/api/v1/incidents/{ref}", headers=head)
    assert one.json is not None
    assert one.json["holds"][0]["standing"] is True
    assert one.headers["ETag"]
    assert client.get(f"/api/v1/incidents/{ref}").status_code == 401


def test_the_api_decides_and_answers_409_with_the_fresh_state(app: Flask, desk: Desk) -> None:
    ref = _precaution(desk)
    head = {"Authorization": f"Bearer {desk.key}"}
    client = app.test_client()
    version = client.get(f"/api/v1/incidents/{ref}", headers=head).json["version"]  # type: ignore[index]
    body = {
        "action": "confirm",
        "category": "legal",
        "kind": "gambling",
        "reason": "已核实",
        "summary": "二维码指向违法网站",
        "version": version,
    }
    done = client.post(f"/api/v1/incidents/{ref}/decisions", json=body, headers=head)
    assert done.status_code == 201
    assert done.json is not None
    assert done.json["state"] == "found"
    assert done.json["found_by"] == desk.ada_actor
    late = client.post(f"/api/v1/incidents/{ref}/decisions", json=body, headers=head)
    assert late.status_code == 409
    assert late.json is not None
    assert late.json["incident"]["state"] == "found"
    assert late.mimetype == "application/problem+json"


def test_the_api_stops_and_lets_go(app: Flask, desk: Desk, at: datetime) -> None:
    ref = _precaution(desk)
    head = {"Authorization": f"Bearer {desk.key}"}
    client = app.test_client()
    twice = client.post(f"/api/v1/incidents/{ref}/holds", json={"reason": "x"}, headers=head)
    assert twice.status_code == 409
    hold = client.get(f"/api/v1/incidents/{ref}", headers=head).json["holds"][0]["id"]  # type: ignore[index]
    freed = client.post(
        f"/api/v1/incidents/{ref}/holds/{hold}/lift", json={"reason": "不属实"}, headers=head
    )
    assert freed.status_code == 201
    assert freed.json is not None
    assert freed.json["state"] == "released"
    unknown = client.post(
        f"/api/v1/incidents/{ref}/decisions", json={"action": "explode"}, headers=head
    )
    assert unknown.status_code == 422


def test_the_answers_next_is_the_next_pages_cursor(app: Flask, desk: Desk) -> None:
    with transaction() as tx:
        for kind in ("legal", "politics", "scientific"):
            make_incident(tx, desk.world, routing_kind=kind, kind=None)
    head, client, seen = {"Authorization": f"Bearer {desk.key}"}, app.test_client(), []
    cursor: str | None = ""
    while cursor is not None and len(seen) < 9:
        query = {"limit": "2", **({"next": cursor} if cursor else {})}
        page = client.get("/api/v1/incidents", headers=head, query_string=query).json
        assert page is not None
        seen += [one["ref"] for one in page["items"]]
        cursor = page["next"]
    assert len(seen) == len(set(seen)) == 3
