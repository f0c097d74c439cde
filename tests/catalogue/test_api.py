"""The catalogue's part of /api/v1."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.catalogue import queries, service
from app.core.db import db
from app.core.transaction import transaction
from tests.catalogue.make import bodies, bring, make_catalogue, platform_row, resource_row
from tests.make import make_key

REFS = ("R0001", "R0002", "R0003")


@pytest.fixture
def key(client: FlaskClient, at: datetime) -> dict[str, str]:
    with transaction() as tx:
        make_catalogue(tx, at, refs=REFS)
        token = make_key(tx, at, scope="catalogue")
    return {"Authorization": f"Bearer {token}"}


def refs(answer: Any) -> list[str]:
    return [item["id"] for item in answer.json["items"]]


def test_an_empty_search_pages_through_everything(client: FlaskClient, key: Any) -> None:
    first = client.get("/api/v1/resources?limit=2")
    assert refs(first) == ["R0001", "R0002"]
    second = client.get(f"/api/v1/resources?limit=2&next={first.json['next']}")
    assert refs(second) == ["R0003"]
    assert second.json["next"] is None


def test_a_card_has_the_promised_shape(client: FlaskClient, key: Any) -> None:
    card = client.get("/api/v1/resources/R0001").json
    assert card["state"] == "online"
    assert card["addresses"][0] == {
        "url": "http://127.0.0.1:8090/r/R0001/index.html", "role": "page", "state": "online",
    }  # fmt: skip
    assert {"id", "title", "kind", "subject", "grade", "provider", "thumbnail"} <= set(card)
    assert refs(client.get("/api/v1/resources?q=单调性 R0002")) == ["R0002"]


def test_a_removed_resource_is_delisted_but_answers_by_name(
    client: FlaskClient, key: Any, at: datetime
) -> None:
    with transaction() as tx:
        service.mark_removed(tx, queries.resource(tx, "R0002").id, at)
    assert refs(client.get("/api/v1/resources?limit=2")) == ["R0001", "R0003"]
    assert refs(client.get("/api/v1/resources?q=r0002")) == ["R0002"]
    assert client.get("/api/v1/resources/R0002").json["state"] == "removed"


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "next=-1", "limit=101"])
def test_a_bad_question_names_the_field(client: FlaskClient, key: Any, query: str) -> None:
    answer = client.get(f"/api/v1/resources?{query}")
    assert answer.status_code == 422
    assert query.split("=", maxsplit=1)[0] in json.dumps(answer.json)


def test_unknown_resources_and_platforms_are_problems(client: FlaskClient, key: Any) -> None:
    for path in ("/api/v1/resources/R9999", "/api/v1/resources?platform=mars"):
        answer = client.get(path)
        assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")


def test_writing_needs_a_catalogue_key(client: FlaskClient, key: Any) -> None:
    for call, path in (
        (client.put, "/api/v1/resources/R0009"),
        (client.post, "/api/v1/resources:import"),
        (client.post, "/api/v1/metrics:import"),
    ):
        assert call(path, json={}).status_code == 401


def test_put_writes_once(client: FlaskClient, key: Any) -> None:
    body = resource_row("R0009")
    outcomes = [
        client.put("/api/v1/resources/R0009", json=body, headers=key).json["outcome"]
        for _ in range(2)
    ]
    assert outcomes == ["added", "same"]


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"title": 1}', b"\xff\xfe"])
def test_put_refuses_what_it_cannot_read(client: FlaskClient, key: Any, body: bytes) -> None:
    answer = client.put(
        "/api/v1/resources/R0009", data=body, headers={**key, "Content-Type": "application/json"}
    )
    assert answer.status_code == 422
    assert answer.json["detail"]


def test_import_lists_bad_lines_and_keeps_good_ones(client: FlaskClient, key: Any) -> None:
    lines = [json.dumps(resource_row("R0010")), "{no", json.dumps(bodies()[0])]
    answer = client.post("/api/v1/resources:import", data="\n".join(lines), headers=key)
    assert answer.json["added"] == 1
    assert [e["line"] for e in answer.json["errors"]] == [2, 3]


def test_import_refuses_what_is_not_text(client: FlaskClient, key: Any) -> None:
    for data in (b"", b"\xff\xfe\x00"):
        answer = client.post("/api/v1/resources:import", data=data, headers=key)
        assert answer.status_code == 422


def test_a_key_of_one_platform_writes_only_there(
    client: FlaskClient, key: Any, at: datetime
) -> None:
    with transaction() as tx:
        bring(tx, [platform_row("other", name="另一平台")], at)
        token = make_key(
            tx, at, scope="catalogue", platform_id=queries.resource(tx, "R0001").platform_id
        )
        bring(tx, [resource_row("R0020", platform="other")], at)
    own = {"Authorization": f"Bearer {token}"}
    put = "/api/v1/resources/"
    assert client.put(put + "R0030", json=resource_row("R0030"), headers=own).status_code == 200
    foreign = resource_row("R0031", platform="other")
    assert client.put(put + "R0031", json=foreign, headers=own).status_code == 403
    # neither may it pull another platform's resource over to its own
    assert client.put(put + "R0020", json=resource_row("R0020"), headers=own).status_code == 403
    figures = {"items": [{"id": "R0020", "period": "2026-10", "views_30d": 1}]}
    answer = client.post("/api/v1/metrics:import", json=figures, headers=own)
    assert len(answer.json["errors"]) == 1


def test_usage_figures_come_in_and_bad_ones_are_named(client: FlaskClient, key: Any) -> None:
    items = [
        {"id": "R0001", "period": "2026-10", "views_30d": 321, "rating": 4.5},
        {"id": "R9999", "period": "2026-10", "views_30d": 1},
        {"id": "R0001", "period": "October", "views_30d": 1},
        {"id": "R0001", "period": "2026-10", "views_30d": -1},
        {"id": "R0001", "period": "2026-10", "likes": 1},
    ]
    answer = client.post("/api/v1/metrics:import", json={"items": items}, headers=key)
    assert (answer.json["added"], [e["line"] for e in answer.json["errors"]]) == (1, [2, 3, 4, 5])
    assert queries.resource(db.session(), "R0001").views_30d == 321
