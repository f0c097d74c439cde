"""The API describes itself: for machines as OpenAPI 3.1, for people as a page without scripts."""

from __future__ import annotations


def _spec(client):
    return client.get("/api/v1/openapi.json").get_json()


def test_every_call_says_what_it_takes_and_which_key_it_asks_for(client):
    spec = _spec(client)
    assert spec["openapi"].startswith("3.1")
    filing = spec["paths"]["/api/v1/complaints"]["post"]
    assert set(filing["requestBody"]["content"]) == {"application/json", "multipart/form-data"}
    assert "security" not in filing
    decide = spec["paths"]["/api/v1/incidents/{ref}/decisions"]["post"]
    assert decide["security"] == [{"key": []}]
    assert decide["x-scope"] == "desk"


def test_errors_are_described_as_problems(client):
    errors = _spec(client)["components"]["responses"]["DEFAULT_ERROR"]["content"]
    assert set(errors) == {"application/problem+json"}


def test_the_page_shows_every_call(client):
    page = client.get("/api/v1/docs")
    assert (page.status_code, page.mimetype) == (200, "text/html")
    for path in _spec(client)["paths"]:
        assert path in page.text
    assert "<script>" not in page.text
