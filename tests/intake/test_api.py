"""POST /api/v1/complaints and the receipt's calls, as page 3.4 promises them."""

from __future__ import annotations

import io
import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.core import clock
from app.core.transaction import reading, transaction
from app.intake import queries, receipt
from tests.catalogue.make import make_catalogue
from tests.intake.make import STORY

BODY = {
    "text": STORY,
    "resource": {"id": "R0001"},
    "locators": [{"kind": "page", "from": "12", "to": None}],
}


@pytest.fixture
def api(app, client):
    with transaction() as tx:
        make_catalogue(tx, clock.now())
    return client


def _count() -> int:
    with reading() as session:
        return session.execute(
            queries.select(queries.func.count(queries.Complaint.id))
        ).scalar_one()


def test_filing_answers_201_with_the_receipt(api):
    answer = api.post("/api/v1/complaints", json=BODY)
    assert answer.status_code == 201
    filed = answer.get_json()
    assert {"ref", "secret", "status_url", "received_at", "proof"} <= set(filed)
    assert receipt.read(filed["secret"]).wrong is None
    assert filed["proof"]["ref"] == filed["ref"]
    assert filed["secret"] not in filed["status_url"]


def test_the_receipt_opens_with_its_header_only(api):
    filed = api.post("/api/v1/complaints", json=BODY).get_json()
    url = f"/api/v1/receipts/{filed['ref']}"
    shown = api.get(url, headers={"Receipt-Secret": filed["secret"]})
    assert shown.status_code == 200
    assert shown.get_json()["state"] == "received"
    misses = [
        api.get(url),
        api.get(url, headers={"Receipt-Secret": "nonsense"}),
        api.get(url, headers={"Receipt-Secret": receipt.new_secret()}),
        api.get("/api/v1/receipts/00000000", headers={"Receipt-Secret": filed["secret"]}),
    ]
    assert {m.status_code for m in misses} == {404}
    assert len({m.get_data() for m in misses}) == 1


def test_the_holder_adds_withdraws_and_cannot_go_on(api):
    filed = api.post("/api/v1/complaints", json=BODY).get_json()
    url, key = f"/api/v1/receipts/{filed['ref']}", {"Receipt-Secret": filed["secret"]}
    assert api.post(f"{url}/messages", json={"text": "右下角"}, headers=key).status_code == 201
    assert api.post(f"{url}/withdraw", headers=key).status_code == 201
    assert api.post(f"{url}/messages", json={"text": "再说"}, headers=key).status_code == 409
    shown = api.get(url, headers=key).get_json()
    assert shown["state"] == "withdrawn"
    assert shown["messages"][0]["text"] == "右下角"
    assert api.post(f"{url}/confirm", json={"still_there": True}, headers=key).status_code == 409


def test_a_retry_with_the_same_key_shows_the_same_receipt(api):
    key = {"Idempotency-Key": "k-1"}
    first = api.post("/api/v1/complaints", json=BODY, headers=key).get_json()
    again = api.post("/api/v1/complaints", json=BODY, headers=key)
    assert again.status_code == 201
    assert again.get_json() == first
    assert _count() == 1
    other = api.post("/api/v1/complaints", json={**BODY, "text": "另一件事"}, headers=key)
    assert other.status_code == 409


def test_a_refused_filing_does_not_burn_its_key(api):
    key = {"Idempotency-Key": "k-2"}
    refused = {**BODY, "resource": {"id": "R9999"}}
    assert api.post("/api/v1/complaints", json=refused, headers=key).status_code == 422
    assert api.post("/api/v1/complaints", json=BODY, headers=key).status_code == 201


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "text"),
        ({"text": STORY}, "resource"),
        ({"text": STORY, "resource": {}}, "resource"),
        ({"text": STORY, "resource": {"id": "R9999"}}, "resource"),
        ({"text": "", "resource": {"id": "R0001"}}, "text"),
        ({"text": "长" * 10_001, "resource": {"id": "R0001"}}, "text"),
        ({**BODY, "locators": [{"kind": "nowhere"}]}, "locators.0.kind"),
        ({**BODY, "locators": [{"kind": "page", "from": 12}]}, "locators.0.from"),
        ({**BODY, "kind": "nonsense"}, "kind"),
        ({**BODY, "contact": {"email": "no"}}, "contact.email"),
        ({**BODY, "severity": 9}, "severity"),
        ({**BODY, "text": 5}, "text"),
    ],
)
def test_422_names_every_field(api, body, field):
    answer = api.post("/api/v1/complaints", json=body)
    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"
    assert field in answer.get_json()["errors"]


@pytest.mark.parametrize(
    "raw",
    [b"", b"nonsense", b"[]", b"null", b"[" * 100_000, b'{"text": NaN}', b'{"text": "\\ud800"}',
     b"\xff\xfe", b'{"text": "a\\u0000b", "resource": {"id": "R0001"}}'],
)  # fmt: skip
def test_broken_bodies_are_refused_and_never_crash(api, raw):
    answer = api.post("/api/v1/complaints", data=raw, content_type="application/json")
    assert answer.status_code == 422


def test_an_unknown_address_is_taken_and_waits_in_triage(api):
    body = {**BODY, "resource": {"url": "http://nowhere.example/course/1"}}
    assert api.post("/api/v1/complaints", json=body).status_code == 201
    with reading() as session:
        view = queries.for_triage(session, 1)
        assert view.resource_id is None
        assert view.resource_hint == "http://nowhere.example/course/1"


def test_files_come_as_multipart(api):
    data = {"complaint": json.dumps(BODY), "files": (io.BytesIO("证据".encode()), "说明.txt")}
    answer = api.post("/api/v1/complaints", data=data, content_type="multipart/form-data")
    assert answer.status_code == 201
    with reading() as session:
        [file] = queries.for_triage(session, 1).attachments
        assert file.media_type == "text/plain"
        assert file.size == len("证据".encode())


def test_the_assistant_answers_json(api):
    begun = api.post("/api/v1/assistant", json={"text": "《无此课》里有赌博二维码"}).get_json()
    assert begun["ask"] == "resource"
    url = f"/api/v1/assistant/{begun['session']}"
    assert api.post(url, json={"text": "R0001"}).get_json()["ask"] == "kind"
    api.post(url, json={"option": "k:legal"})
    api.post(url, json={"option": "done"})
    check = api.post(url, json={"option": "none"}).get_json()
    assert check["ask"] == "confirm"
    assert "send" in [o["value"] for o in check["options"]]
    assert check["answers"]["resource"].endswith("(R0001)")
    back = api.post(url, json={"undo": True}).get_json()
    assert back["ask"] == "contact"
    assert api.post(url, json={"redo": True}).get_json()["ask"] == "confirm"
    assert api.post(url, json={"option": "none", "after": 4}).get_json()["n"] == 5
    sent = api.post(url, json={"option": "send"}).get_json()
    assert sent["receipt"]["ref"]
    assert api.post(url, json={"text": "还在吗"}).status_code == 404


def test_the_schema_of_a_complaint_stays_readable(api):
    now = api.get("/api/v1/complaints/schema").get_json()
    assert [q["key"] for q in now["question"]]
    api.post("/api/v1/complaints", json=BODY)
    with reading() as session:
        version = session.scalar(queries.select(queries.Complaint.schema_version))
    assert version == now["version"]
    assert api.get(f"/api/v1/complaints/schema/{version}").get_json() == now
    assert api.get("/api/v1/complaints/schema/1999-01").status_code == 404


def test_twenty_at_once_with_one_key_are_one_complaint(api):
    def file(_: int) -> tuple[int, str]:
        client = api.application.test_client()
        answer = client.post("/api/v1/complaints", json=BODY, headers={"Idempotency-Key": "k-20"})
        return answer.status_code, answer.get_json()["ref"]

    with ThreadPoolExecutor(max_workers=10) as pool:
        answers = list(pool.map(file, range(20)))
    assert {status for status, _ in answers} == {201}
    assert len({ref for _, ref in answers}) == 1
    assert _count() == 1
