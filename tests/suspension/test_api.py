"""The deny feed, acks and the gate, as edges and gates meet them."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from datetime import datetime

import flask_babel
import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from flask import Flask
from flask.testing import FlaskClient

from app.accounts import service as accounts
from app.core.db import db
from app.core.keystore import keys
from app.core.transaction import reading, transaction
from app.suspension import enforcement, queries, service
from tests.catalogue.make import address_row
from tests.suspension.make import ANNA, make_resource, place, placed

INCIDENT = "I0000001"
PAGE = "/r/R0001/index.html"


@pytest.fixture
def resource(app: Flask, at: datetime):
    with transaction() as tx:
        return make_resource(tx, at)


@pytest.fixture
def bearer(app: Flask, at: datetime) -> dict[str, str]:
    with transaction() as tx:
        token = accounts.create_key(tx, name="edge one", scope="edge", at=at)
        enforcement.add_target(tx, kind="edge", name="edge-1", must=True, at=at, api_key_id=1)
    return {"Authorization": f"Bearer {token}"}


def new_request() -> None:
    """The fixture's application context outlives a request: forget what it kept."""
    flask_babel.refresh()
    db.session.remove()


def release(at: datetime) -> None:
    with transaction() as tx:
        service.release(tx, incident=INCIDENT, by=ANNA, reason="unfounded", at=at)


def lines(answer) -> tuple[list[dict], dict]:
    assert answer.status_code == 200, answer.text
    found = [json.loads(line) for line in answer.data.splitlines()]
    return found[:-1], found[-1]


def digest(entries: list[dict]) -> tuple[int, str]:
    """As an edge works it out from a snapshot, with nothing of ours."""
    rules = sorted(
        (
            {**m, "resource": e["resource"], "generation": e["generation"],
             "block_ref": e["block_ref"]}
            for e in entries if e["dark"] for m in e["match"]
        ),
        key=lambda r: (r["host"], r["path"]),
    )  # fmt: skip
    return len(rules), hashlib.sha256(b"".join(rfc8785.dumps(r) + b"\n" for r in rules)).hexdigest()


def test_only_an_edge_key_reads_the_feed(client: FlaskClient, bearer, at) -> None:
    assert client.get("/edge/v1/deny").status_code == 401
    assert client.get("/edge/v1/deny/snapshot").status_code == 401
    assert client.post("/edge/v1/ack", json={}).status_code == 401
    with transaction() as tx:
        other = accounts.create_key(tx, name="reader", scope="read", at=at)
    wrong = {"Authorization": f"Bearer {other}"}
    assert client.get("/edge/v1/deny", headers=wrong).status_code == 403


def test_increment_then_signed_checkpoint(client, bearer, resource, at) -> None:
    hold = placed(resource, at)
    entries, last = lines(client.get("/edge/v1/deny?since=0", headers=bearer))
    assert [(e["epoch"], e["seq"], e["generation"], e["resource"]) for e in entries] == [
        (1, 1, 1, "R0001")
    ]  # fmt: skip
    assert entries[0]["dark"]
    assert entries[0]["block_ref"] == hold.ref
    assert {"host": "127.0.0.1", "path": "/r/R0001/hls/", "mode": "prefix"} in entries[0]["match"]
    assert (last["epoch"], last["seq"]) == (1, 1)
    assert (last["count"], last["sha256"]) == digest(entries)
    published = {k.kid: k.public for k in keys().public_keys()}
    signature = base64.b64decode(last.pop("signature"))
    Ed25519PublicKey.from_public_bytes(published[last["kid"]]).verify(
        signature, rfc8785.dumps(last)
    )


def test_feed_replays_reproduce_the_snapshot_digest(client, bearer, resource, at) -> None:
    placed(resource, at)
    placed(resource, at, incident="I0000002", by=ANNA)
    release(at)
    entries, last = lines(client.get("/edge/v1/deny?since=0", headers=bearer))
    whole, checkpoint = lines(client.get("/edge/v1/deny/snapshot", headers=bearer))
    assert digest(entries) == digest(whole) == (last["count"], last["sha256"])
    assert (checkpoint["sha256"], checkpoint["seq"]) == (last["sha256"], 3)
    nothing, after = lines(client.get("/edge/v1/deny?since=3", headers=bearer))
    assert (nothing, after["sha256"]) == ([], last["sha256"])


def test_a_freed_resource_is_an_increment_with_dark_false(client, bearer, resource, at) -> None:
    placed(resource, at)
    release(at)
    (entry,), last = lines(client.get("/edge/v1/deny?since=1", headers=bearer))
    assert (entry["dark"], entry["block_ref"], entry["generation"]) == (False, None, 2)
    assert (last["count"], last["sha256"]) == (0, hashlib.sha256(b"").hexdigest())


def test_snapshot_with_etag(client, bearer, resource, at) -> None:
    placed(resource, at)
    first = client.get("/edge/v1/deny/snapshot", headers=bearer)
    etag = first.headers["ETag"]
    again = {**bearer, "If-None-Match": etag}
    assert client.get("/edge/v1/deny/snapshot", headers=again).status_code == 304
    release(at)
    assert client.get("/edge/v1/deny/snapshot", headers=again).status_code == 200


def test_long_poll_wakes_when_a_hold_is_placed(app, bearer, resource, at) -> None:
    answers = []

    def wait() -> None:
        answers.append(app.test_client().get("/edge/v1/deny?since=0&wait=20", headers=bearer))

    waiting = threading.Thread(target=wait)
    waiting.start()
    _until_waiting(app, 1)
    assert not answers
    placed(resource, at)
    waiting.join(10)
    entries, _ = lines(answers[0])
    assert [e["resource"] for e in entries] == ["R0001"]


def test_more_waiters_than_allowed_are_answered_at_once(app, bearer, resource, at) -> None:
    app.config["FEED_WAITERS"] = 1
    waiting = threading.Thread(
        target=lambda: app.test_client().get("/edge/v1/deny?since=0&wait=20", headers=bearer)
    )
    waiting.start()
    _until_waiting(app, 1)
    entries, last = lines(app.test_client().get("/edge/v1/deny?since=0&wait=20", headers=bearer))
    assert (entries, last["seq"]) == ([], 0)
    assert waiting.is_alive()
    placed(resource, at)
    waiting.join(10)
    assert not waiting.is_alive()


def _until_waiting(app: Flask, n: int) -> None:
    waiters = app.extensions["suspension"][1]
    for _ in range(500):
        if waiters._waiting == n:
            return
        threading.Event().wait(0.01)
    raise AssertionError("nobody waits")


def test_an_edge_ahead_of_a_restored_feed_is_answered_at_once(client, bearer, resource, at) -> None:
    placed(resource, at)
    entries, last = lines(client.get("/edge/v1/deny?since=99&wait=20", headers=bearer))
    assert (entries, last["seq"]) == ([], 1)


def test_bad_since_is_a_sentence(client, bearer) -> None:
    for query in ("since=x", "since=-1", "since=nan", "wait=inf"):
        answer = client.get(f"/edge/v1/deny?{query}", headers=bearer)
        assert answer.status_code == 422
        assert answer.mimetype == "application/problem+json"


def ack(client, bearer, **more):
    body = {"target": "edge-1", "epoch": 1, "seq": 1, "applied_at": "2026-11-22T03:00:01Z", **more}
    return client.post("/edge/v1/ack", json=body, headers=bearer)


def applied(resource) -> list[tuple[int, int]]:
    with reading() as session:
        return [(t.desired, t.applied) for t in queries.stop_state(session, resource.id).targets]


def test_ack_moves_applied_and_never_back(client, bearer, resource, at) -> None:
    placed(resource, at)
    assert applied(resource) == [(1, 0)]
    assert ack(client, bearer).status_code == 204
    assert applied(resource) == [(1, 1)]
    release(at)
    assert applied(resource) == [(2, 1)]
    assert ack(client, bearer).status_code == 204  # a late repeat of the first
    assert applied(resource) == [(2, 1)]
    assert ack(client, bearer, seq=2).status_code == 204
    assert applied(resource) == [(2, 2)]


def test_ack_promises_a_look_and_is_not_itself_darkness(client, bearer, resource, at) -> None:
    placed(resource, at)
    ack(client, bearer)
    with reading() as session:
        assert queries.stop_state(session, resource.id).stopped_at is None
        from app.outbox.models import OutboxRow

        found = session.query(OutboxRow).filter(OutboxRow.key.contains("applied")).all()
        assert [r.topic for r in found] == ["suspension.probe"]


LIES = (
    ({"target": "edge-2"}, 403),
    ({"seq": 9}, 422),  # it cannot have applied what was never written
    ({"epoch": 2}, 422),
    ({"seq": "1"}, 422),
    ({"seq": True}, 422),
    ({"applied_at": "yesterday"}, 422),
)


def test_lying_acks_are_refused(client, bearer, resource, at) -> None:
    placed(resource, at)
    for more, status in LIES:
        assert ack(client, bearer, **more).status_code == status, more
    assert applied(resource) == [(1, 0)]


def check(client, uri=PAGE, host="127.0.0.1:8090", query="", **headers):
    head = headers or {"X-Original-URI": uri, "X-Original-Host": host}
    return client.get(f"/gate/v1/check{query}", headers=head)


def soon(app: Flask) -> None:
    """The gate trusts its copy for 50 ms; tests do not wait."""
    app.extensions["suspension"][0]._checked = -1.0


def test_gate_answers_204_403_451(app, client, resource, at) -> None:
    assert check(client).status_code == 204
    hold = placed(resource, at)
    soon(app)
    denied = check(client)
    assert (denied.status_code, denied.headers["X-Block-Ref"]) == (403, hold.ref)
    assert denied.headers["Cache-Control"] == "no-store"
    page = check(client, query="?answer=451")
    assert page.status_code == 451
    assert page.headers["Link"].endswith(f'/blocked/{hold.ref}>; rel="blocked-by"')
    assert "已暂停提供服务" in page.text
    assert check(client, uri="/r/R0001/other.html").status_code == 204
    release(at)
    soon(app)
    assert check(client).status_code == 204


SPELLINGS = (
    "/r/R0001/index.html?x=1",
    "/r//R0001/./index.html",
    "/r/x/../R0001/index.html",
    "/r/R0001/%69ndex.html",
    "/r/R0001/",
    "/r/R0001/hls/0001.ts",
    "/r/R0001/hls",
)


def test_gate_sees_through_spellings(client, resource, at) -> None:
    placed(resource, at)
    for uri in SPELLINGS:
        assert check(client, uri=uri).status_code == 403, uri


def test_gate_reads_raw_utf8_paths(app, client, at) -> None:
    with transaction() as tx:
        row = address_row("R0001", "%E8%AF%BE.html", "page")
        held = make_resource(tx, at, addresses=[row])
    placed(held, at)
    assert check(client, uri="/r/R0001/%E8%AF%BE.html").status_code == 403
    raw = "/r/R0001/课.html".encode().decode("latin-1")
    assert check(client, uri=raw).status_code == 403


def test_gate_never_allows_a_path_it_cannot_read(client, resource, at) -> None:
    for uri in ("/../x", "/r/%zz", "/r/%00"):
        assert check(client, uri=uri).status_code == 422


def test_gate_takes_forwarded_names_and_refuses_silence(client, resource, at) -> None:
    placed(resource, at)
    forwarded = {"X-Forwarded-Uri": PAGE, "X-Forwarded-Host": "127.0.0.1"}
    assert check(client, **forwarded).status_code == 403
    assert client.get("/gate/v1/check").status_code == 422


def test_gate_keeps_denying_when_the_database_is_gone(app, client, resource, at) -> None:
    placed(resource, at)
    assert check(client).status_code == 403
    mirror = app.extensions["suspension"][0]

    class Gone:
        dialect = mirror._engine.dialect

        def connect(self):
            raise OSError("gone")

    mirror._engine = Gone()
    soon(app)
    assert check(client).status_code == 403
    soon(app)
    assert check(client, uri="/r/R0001/other.html").status_code == 204


def test_blocked_page_says_that_and_how_to_ask_and_nothing_else(client, resource, at) -> None:
    hold = placed(resource, at, reason="SECRETREASON")
    page = client.get(f"/blocked/{hold.ref}")
    assert page.status_code == 200
    assert "该资源已暂停提供服务" in page.text
    assert hold.ref in page.text
    for word in ("SECRETREASON", "I0000001", resource.title, "policy:precaution"):
        assert word not in page.text
    new_request()
    assert "This resource is suspended" in client.get(f"/blocked/{hold.ref}?lang=en").text
    release(at)
    new_request()
    assert "不再暂停" in client.get(f"/blocked/{hold.ref}").text
    assert client.get("/blocked/ZZZZZZZZ").status_code == 404


def test_blocked_page_stays_while_another_hold_stands(client, resource, at) -> None:
    hold = placed(resource, at)
    placed(resource, at, incident="I0000002", by=ANNA)
    release(at)
    assert "不再暂停" not in client.get(f"/blocked/{hold.ref}").text


def test_a_uncommitted_hold_is_not_in_the_feed(client, bearer, resource, at) -> None:
    class Stop(Exception):
        pass

    with pytest.raises(Stop):
        with transaction() as tx:
            place(tx, resource, at)
            raise Stop
    entries, last = lines(client.get("/edge/v1/deny?since=0", headers=bearer))
    assert (entries, last["seq"]) == ([], 0)
