"""Open311 GeoReport v2: services, filing once, and only one's own requests without their words."""

from __future__ import annotations

from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest

from app.accounts import service as accounts
from app.core import clock
from app.core.transaction import reading, transaction
from app.intake import queries
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


def test_a_request_is_filed_once_and_its_code_opens_the_answer(client, city):
    sent = [client.post(f"{BASE}/requests.json", data={**ASKED, "api_key": city}) for _ in range(2)]
    first, second = (answer.get_json()[0] for answer in sent)
    assert first["service_request_id"] == second["service_request_id"]
    with reading() as session:
        found = queries.by_secret(session, first["receipt_code"].replace("-", ""))
        row = session.get(Complaint, found)
        assert (row.source, row.entered_by, row.kind) == ("api", "key:1", "normativity")
        assert row.source_tag is not None


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
