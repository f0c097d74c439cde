"""Captures: through the origin, into WARC, retried for ten minutes, then recorded as failed."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from warcio.archiveiterator import ArchiveIterator

from app.audit import queries as audit
from app.core import clock
from app.core.crypto import sha256_hex
from app.core.transaction import reading, transaction
from app.evidence import capture as fetching
from app.evidence import jobs, queries, service, vault, warc
from app.outbox.models import OutboxRow
from tests.evidence.make import Site, make_resource, site

INCIDENT = "AB12CD34"


@pytest.fixture
def host() -> Iterator[Site]:
    with site() as made:
        yield made


def address(host: Site, path: str, role: str = "page", **more: Any) -> dict[str, Any]:
    return {
        "url": f"http://127.0.0.1:{host.port}{path}",
        "role": role,
        "hosting": "own",
        "mode": "prefix" if path.endswith("/") else "exact",
        **more,
    }


def due(topic: str) -> list[OutboxRow]:
    with reading() as session:
        rows = session.scalars(
            select(OutboxRow)
            .where(OutboxRow.topic == topic, OutboxRow.done_at.is_(None))
            .order_by(OutboxRow.id)
        ).all()
        session.expunge_all()
        return list(rows)


def finish(row: OutboxRow) -> None:
    with transaction() as tx:
        tx.get_one(OutboxRow, row.id).done_at = clock.now()


def run() -> None:
    """Run the captures that are promised now, once each."""
    for row in due("evidence.capture"):
        jobs.capture(**row.payload)
        finish(row)


def promise(at: datetime, addresses: list[dict[str, Any]]) -> int:
    version = make_resource(at, addresses)
    with transaction() as tx:
        return service.promise_capture(tx, incident=INCIDENT, version_id=version, at=at)


def states() -> list[tuple[str, str | None]]:
    with reading() as session:
        return [(one.state, one.error) for one in queries.captures(session, INCIDENT)]


def records(sha256: str) -> list[Any]:
    found = []
    for record in ArchiveIterator(io.BytesIO(vault.get(sha256)), check_digests="raise"):
        found.append((record.rec_type, record.rec_headers, record.content_stream().read()))
    return found


def test_each_address_becomes_a_warc_with_request_response_and_sha256(
    app: Flask, at: datetime, host: Site
) -> None:
    page = "<h1>函数的单调性</h1>".encode()
    media = b"\x1aE\xdf\xa3" * 1000
    host.put("/r/R0001/index.html", page, Content_Type="text/html; charset=utf-8")
    host.put("/r/R0001/video.webm", media, Content_Type="video/webm")
    rows = [
        address(host, "/r/R0001/index.html"),
        address(host, "/r/R0001/video.webm", "media", digest=sha256_hex(media)),
    ]
    assert promise(at, rows) == 2
    assert due("incidents.capture_settled") == []
    run()
    assert states() == [("done", None), ("done", None)]
    (settled,) = due("incidents.capture_settled")
    assert settled.payload == {"incident": INCIDENT}
    with reading() as session:
        first, second = queries.items(session, INCIDENT)
    kinds = [(kind, body) for kind, _headers, body in records(first.sha256)]
    assert [kind for kind, _ in kinds] == ["warcinfo", "response", "request"]
    assert kinds[1][1] == page
    _, headers, _ = records(first.sha256)[1]
    assert headers.get_header(warc.FIELD) == sha256_hex(page) == first.facts["payload_sha256"]
    assert headers.get_header("WARC-IP-Address") == "127.0.0.1"
    assert headers.get_header("WARC-Payload-Digest").startswith("sha1:")
    assert (first.facts["as_catalogued"], second.facts["as_catalogued"]) == (None, True)
    with reading() as session:
        sealed = [e for e in audit.entries(session, incident=INCIDENT) if e.action.endswith("seal")]
    assert [entry.data["sha256"] for entry in sealed] == [first.sha256, second.sha256]


def test_a_held_resource_is_captured_through_the_origin(
    app: Flask, at: datetime, host: Site
) -> None:
    host.put("/r/R0001/index.html", b"stopped", status=451)
    with site() as origin:
        origin.put("/r/R0001/index.html", b"the page")
        settings = app.config["CHUKU"]
        object.__setattr__(settings, "origin_url", f"http://127.0.0.1:{origin.port}")
        promise(at, [address(host, "/r/R0001/index.html")])
        run()
        assert origin.asked[0][1]["Host"] == f"127.0.0.1:{host.port}"
    assert states() == [("done", None)]
    with reading() as session:
        (item,) = queries.items(session, INCIDENT)
    assert item.facts["via"] == "origin"


def test_promising_twice_is_promising_once_and_tells_when_all_is_settled(
    app: Flask, at: datetime, host: Site
) -> None:
    host.put("/r/R0001/index.html", b"page")
    assert promise(at, [address(host, "/r/R0001/index.html")]) == 1
    assert promise(at, [address(host, "/r/R0001/index.html")]) == 0
    assert due("incidents.capture_settled") == []
    run()
    for row in due("incidents.capture_settled"):
        finish(row)
    assert promise(at + timedelta(minutes=1), [address(host, "/r/R0001/index.html")]) == 0
    assert len(due("incidents.capture_settled")) == 1
    jobs.capture(queries_first())  # a second delivery changes nothing
    with reading() as session:
        assert len(queries.items(session, INCIDENT)) == 1


def queries_first() -> int:
    with reading() as session:
        return queries.captures(session, INCIDENT)[0].id


def test_a_failing_capture_is_tried_for_ten_minutes_then_recorded_as_failed(
    app: Flask, at: datetime, host: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.put("/r/R0001/index.html", b"", status=503)
    promise(at, [address(host, "/r/R0001/index.html")])
    moment, tries = at, 0
    monkeypatch.setattr(clock, "now", lambda: moment)
    while rows := due("evidence.capture"):
        (row,) = rows
        moment = max(moment, row.due_at)
        assert states()[0][0] == "open"
        jobs.capture(**row.payload)
        finish(row)
        tries += 1
    assert moment == at + timedelta(minutes=10)
    assert 5 < tries < 15
    assert states() == [("failed", "the address answered 503")]
    assert len(due("incidents.capture_settled")) == 1
    with reading() as session:
        assert audit.entries(session, incident=INCIDENT)[-1].action == "evidence.capture_failed"


def test_our_own_451_is_no_capture(
    app: Flask, at: datetime, host: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: at)
    host.put("/r/R0001/index.html", b"stopped", status=451)
    promise(at, [address(host, "/r/R0001/index.html")])
    run()
    assert states() == [("open", "the address answered 451")]


@pytest.mark.parametrize("hosting", ["own", "external"])
def test_what_is_gone_is_kept_as_it_answered(
    app: Flask, at: datetime, host: Site, hosting: str
) -> None:
    promise(at, [address(host, "/r/R0001/index.html", hosting=hosting)])
    run()
    assert states() == [("partial", "the address answered 404")]


def test_a_large_medium_is_cut_and_says_so(
    app: Flask, at: datetime, host: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "MAX_BYTES", 1000)
    host.put("/r/R0001/video.webm", b"v" * 5000)
    promise(at, [address(host, "/r/R0001/video.webm", "media", digest="a" * 64)])
    run()
    assert states() == [("partial", "only the first 1000 bytes were kept")]
    with reading() as session:
        (item,) = queries.items(session, INCIDENT)
    assert item.facts["as_catalogued"] is False
    assert records(item.sha256)[1][1].get_header("WARC-Truncated") == "length"


def test_a_medium_that_was_too_slow_is_asked_for_its_beginning_only(
    app: Flask, at: datetime, host: Site
) -> None:
    path = "/r/R0001/video.webm"
    host.put(path, b"v" * 800, status=206, Content_Range="bytes 0-799/90000000")
    promise(at, [address(host, path, "media", digest="a" * 64)])
    with transaction() as tx:
        (row,) = queries.captures(tx, INCIDENT)
        service.capture_failed(tx, capture_id=row.id, error="x: deadline passed", at=at)
    run()
    assert host.asked[-1][1]["Range"] == f"bytes=0-{fetching.RANGE_BYTES - 1}"
    assert states() == [("partial", "only the first 800 of 90000000 bytes were asked for")]


def test_a_folder_of_segments_is_captured_by_its_playlist(
    app: Flask, at: datetime, host: Site
) -> None:
    base = "/r/R0001/hls/"
    host.put(base, b"listing")
    host.put(
        f"{base}index.m3u8", b"#EXTM3U\nseg0.ts\nseg1.ts\n/elsewhere.ts\nhttp://x.example/a.ts"
    )
    host.put(f"{base}seg0.ts", b"0" * 100)
    host.put(f"{base}seg1.ts", b"1" * 100)
    promise(at, [address(host, base, "segment")])
    run()
    assert states() == [("done", None)]
    assert [path for path, _ in host.asked] == [
        base,
        f"{base}index.m3u8",
        f"{base}seg0.ts",
        f"{base}seg1.ts",
    ]
    with reading() as session:
        (item,) = queries.items(session, INCIDENT)
    assert [one["size"] for one in item.facts["records"]][2:] == [100, 100]


def test_a_redirect_is_followed_on_the_same_host_only(app: Flask, at: datetime, host: Site) -> None:
    host.put("/r/R0001/a", b"", status=302, Location="/r/R0001/b")
    host.put("/r/R0001/b", b"", status=302, Location="http://169.254.169.254/latest/")
    promise(at, [address(host, "/r/R0001/a")])
    run()
    assert [path for path, _ in host.asked] == ["/r/R0001/a", "/r/R0001/b"]
    assert states() == [("partial", "the address answered 302")]
