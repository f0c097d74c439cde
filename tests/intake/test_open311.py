"""Open311 GeoReport v2: services, filing once, and only one's own requests without their words."""

from __future__ import annotations

import io
from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest

from app.accounts import queries as accounts_queries
from app.accounts import service as accounts
from app.core import clock
from app.core.errors import InvalidError
from app.core.transaction import reading, transaction
from app.intake import open311_pages, queries
from app.intake.models import Complaint
from app.intake.schema import KINDS
from tests.catalogue.make import make_catalogue

BASE = "/api/open311/v2"
ASKED = {"service_code": "normativity", "description": "第3题答案错了。", "address_id": "R0001"}


def _key(name: str, scope: str = "open311") -> str:
    with transaction() as tx:
        return accounts.create_key(tx, name=name, scope=scope, at=clock.now(), by="cli")


@pytest.fixture
def city(app) -> str:
    with transaction() as tx:
        make_catalogue(tx, clock.now())
    return _key("city")


def _bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def test_the_services_are_the_kinds_in_plain_words(client, city):
    found = client.get(f"{BASE}/services.json").get_json()
    assert [one["service_code"] for one in found] == list(KINDS)
    told = client.get(f"{BASE}/services/legal.json").get_json()
    assert [one["code"] for one in told["attributes"]][:3] == ["place", "place_from", "place_to"]
    top = ET.fromstring(client.get(f"{BASE}/services.xml").data)
    assert [one.findtext("service_code") for one in top] == list(KINDS)


def _send(client, key: str, headers=None, **more):
    answer = client.post(
        f"{BASE}/requests.json", data={**ASKED, "api_key": key, **more}, headers=headers
    )
    assert answer.status_code == 201, answer.data
    return answer.get_json()[0]


def test_a_retry_with_its_key_is_filed_once_and_its_code_opens_the_answer(client, city):
    first, second = (_send(client, city, {"Idempotency-Key": "call-7"}) for _ in range(2))
    assert first == second
    with reading() as session:
        found = queries.by_secret(session, first["receipt_code"].replace("-", ""))
        row = session.get(Complaint, found)
        assert (row.source, row.entered_by, row.kind) == ("api", "key:1", "normativity")
        assert row.source_tag is not None


def test_the_same_words_of_two_people_are_two_complaints_with_codes_of_their_own(client, city):
    first, second = (_send(client, city) for _ in range(2))
    assert first["service_request_id"] != second["service_request_id"]
    assert first["receipt_code"] != second["receipt_code"]


def test_several_places_are_taken_and_what_no_definition_names_is_refused(client, city):
    places = {"attribute[place]": ["page", "time"], "attribute[place_from]": ["12", "1:05"],
              "attribute[place_to]": ["", "1:30"]}  # fmt: skip
    _send(client, city, **places)
    with reading() as session:
        found = queries.for_triage(session, 1).locators
    assert {(p.kind, p.start, p.end) for p in found} == {
        ("page", "12", None),
        ("time", "1:05", "1:30"),
    }
    for lost in ({"attribute[colour]": "red"}, {"attribute[place_from]": "12"}):
        sent = {**ASKED, "api_key": city, **lost}
        assert client.post(f"{BASE}/requests.json", data=sent).status_code == 400


@pytest.mark.parametrize(
    "more",
    [
        {"address_id": "R\0001"},
        {"address_id": "", "address_string": "题" * 501},
        {"media": (io.BytesIO(b"x"), "a.png")},
    ],
)
def test_what_would_be_cut_or_lost_is_refused(client, city, more):
    answer = client.post(f"{BASE}/requests.json", data={**ASKED, "api_key": city, **more})
    assert answer.status_code == 400
    assert answer.get_json()[0]["code"] == 400


def test_a_machine_sees_its_requests_with_its_next_key_and_counts_alone(client, city, monkeypatch):
    ref = _send(client, city)["service_request_id"]
    own = _bearer(_key("city"))
    assert client.get(f"{BASE}/requests/{ref}.json", headers=own).status_code == 200
    monkeypatch.setattr(open311_pages, "AN_HOUR", 1)
    assert client.get(f"{BASE}/requests.json", headers=_bearer(_key("a"))).status_code == 200
    other = _bearer(_key("b"))
    assert client.get(f"{BASE}/requests.json", headers=other).status_code == 200
    assert client.get(f"{BASE}/requests.json", headers=other).status_code == 429
    with reading() as session:
        used = {key.name: key.last_used_at for key in accounts_queries.api_keys(session)}
    assert all(used.values())


def test_a_key_for_open311_carries_the_name_of_its_machine(app):
    with pytest.raises(InvalidError, match="name of its machine"):
        _key("open311")


def test_the_definition_is_the_root_of_its_xml(client, city):
    top = ET.fromstring(client.get(f"{BASE}/services/legal.xml").data)
    assert (top.tag, top.findtext("service_code")) == ("service_definition", "legal")
    assert top.findtext("attributes/attribute/code") == "place"


def test_one_sees_ones_own_requests_and_never_their_words(client, city):
    told = client.post(f"{BASE}/requests.json", data={**ASKED, "api_key": city}).get_json()[0]
    ref = told["service_request_id"]
    own = client.get(f"{BASE}/requests/{ref}.json", headers=_bearer(city))
    assert own.get_json()[0]["status"] == "open"
    assert "第3题" not in own.get_data(as_text=True)
    assert [
        r["service_request_id"]
        for r in client.get(f"{BASE}/requests.json", headers=_bearer(city)).get_json()
    ] == [ref]
    other = _bearer(_key("other city"))
    assert client.get(f"{BASE}/requests/{ref}.json", headers=other).status_code == 404
    assert client.get(f"{BASE}/requests.json", headers=other).get_json() == []
    top = ET.fromstring(client.get(f"{BASE}/requests/{ref}.xml", headers=_bearer(city)).data)
    assert top.findtext("request/service_request_id") == ref


def test_requests_are_chosen_by_state_service_and_dates(client, city):
    client.post(f"{BASE}/requests.json", data={**ASKED, "api_key": city})

    def count(**asked) -> int:
        found = client.get(f"{BASE}/requests.json", query_string=asked, headers=_bearer(city))
        return len(found.get_json())

    assert count(status="open") == 1
    assert count(status="closed") == 0
    assert count(service_code="legal,normativity") == 1
    assert count(service_code="legal") == 0
    past = (clock.now() - timedelta(days=1)).isoformat()
    assert count(end_date=past) == 0


@pytest.mark.parametrize(
    ("change", "code", "sentence"),
    [
        ({"api_key": "nonsense"}, 403, "open311"),
        ({"description": ""}, 400, "description"),
        ({"address_id": ""}, 400, "address_id"),
        ({"address_id": "R9999"}, 404, ""),
        ({"service_code": "pothole"}, 400, "service_code"),
        ({"media_url": "https://a.example/x.jpg"}, 400, "media_url"),
        ({"attribute[place]": "time", "attribute[place_from]": "soon"}, 400, "attribute[place]"),
        ({"jurisdiction_id": "elsewhere.example"}, 404, "jurisdiction_id"),
    ],
)
@pytest.mark.parametrize("form", ["json", "xml"])
def test_refusals_have_the_shape_of_georeport(client, city, change, code, sentence, form):
    answer = client.post(f"{BASE}/requests.{form}", data={**ASKED, "api_key": city, **change})
    assert answer.status_code == code
    if form == "json":
        [error] = answer.get_json()
        found = (error["code"], error["description"])
    else:
        top = ET.fromstring(answer.data)
        found = (int(top.findtext("error/code")), top.findtext("error/description"))
    assert found[0] == code
    assert sentence in found[1]


def test_a_key_of_another_scope_and_a_wrong_moment_are_refused(client, city):
    read = _key("reader", "read")
    assert client.get(f"{BASE}/requests.json", headers=_bearer(read)).status_code == 403
    assert client.get(f"{BASE}/requests.json?api_key={city}").status_code == 403
    asked = client.get(f"{BASE}/requests.json?start_date=yesterday", headers=_bearer(city))
    assert asked.status_code == 400
    asked = client.get(f"{BASE}/requests.json?end_date=0001-01-01T00:00:00Z", headers=_bearer(city))
    assert asked.status_code == 400
    many = ",".join(f"X{n}" for n in range(51))
    asked = client.get(f"{BASE}/requests.json?service_request_id={many}", headers=_bearer(city))
    assert asked.status_code == 400
