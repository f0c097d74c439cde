"""The statutory access log (Art. 19): one writer, pseudonyms, sealed days, kept long enough."""

from __future__ import annotations

import json
import stat
import threading
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from app.audit import accessdays, accesslog, queries
from app.audit.accesswriter import Writer, day_of, parse
from app.core.errors import AppError, ConflictError, NotFoundError
from app.core.keystore import keys
from app.core.settings import Settings
from app.core.transaction import reading

EDGE_LINE = (
    '<190>Nov 22 21:39:28 edge: {"t":"2026-11-22T13:39:28+00:00","a":"203.0.113.9",'
    '"m":"GET","h":"res.example","p":"/r/R0042/video.mp4","s":451,"b":612,"d":0.001,"ref":"AB12"}'
)


def lines(settings: Settings) -> list[dict[str, object]]:
    found = []
    for file in sorted((settings.folder / "access").glob("*.jsonl")):
        found += [json.loads(line) for line in file.read_text().splitlines()]
    return found


def writer(settings: Settings) -> Writer:
    return Writer(settings.folder, keys().secret)


def test_a_request_is_logged_by_route_template_and_pseudonym(
    app: Flask, settings: Settings
) -> None:
    made, ready = writer(settings), threading.Event()
    thread = threading.Thread(target=made.run, args=(ready.set,))
    thread.start()
    assert ready.wait(10)
    client = app.test_client()
    client.get("/lang/en?secret=1", environ_base={"REMOTE_ADDR": "198.51.100.7"})
    client.get("/no/such/page/K7QW-2ZJ9", environ_base={"REMOTE_ADDR": "198.51.100.7"})
    made.stop()
    thread.join()
    first, second = lines(settings)
    assert (first["route"], first["method"], first["status"]) == ("/lang/<code>", "GET", 303)
    assert first["at"][-4:] == ":00Z"  # the minute: a log must not single out who filed when
    assert second["route"] == accesslog.UNKNOWN
    assert first["who"] == second["who"]
    raw = b"".join(f.read_bytes() for f in (settings.folder / "access").iterdir())
    assert b"198.51.100.7" not in raw
    assert b"K7QW" not in raw
    assert b"secret" not in raw


def test_a_request_never_waits_for_the_writer_nor_fails_without_it(
    app: Flask, settings: Settings
) -> None:
    client = app.test_client()
    assert client.get("/lang/en").status_code == 303
    sender: accesslog.Sender = app.extensions["chuku-access"]
    made, ready = writer(settings), threading.Event()
    thread = threading.Thread(target=made.run, args=(ready.set,))
    thread.start()
    assert ready.wait(10)
    client.get("/lang/en")  # the writer is back: what waited goes with it
    made.stop()
    thread.join()
    assert len(lines(settings)) == 2
    assert sender.lost == 0


def test_what_is_lost_is_counted_and_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accesslog, "_PATIENCE", 3)
    sender = accesslog.Sender(tmp_path / "nobody.sock")
    for _ in range(5):
        sender.send(route="/", method="GET", status=200, address="198.51.100.7")
    assert sender.lost == 2
    assert parse(b'{"lost":2}') == {"src": "web", "lost": 2}


def test_the_edge_s_syslog_lines_are_understood() -> None:
    line = parse(EDGE_LINE.encode())
    assert line == {
        "src": "edge",
        "route": "res.example/r/R0042/video.mp4",
        "method": "GET",
        "status": 451,
        "bytes": 612,
        "a": "203.0.113.9",
        "block": "AB12",
    }
    combined = (
        b"<190>Nov 22 21:39:28 edge1 nginx: 203.0.113.9 - - [22/Nov/2026:21:39:28 +0800] "
        b'"GET /a/b?token=x HTTP/1.1" 200 17 "-" "curl"'
    )
    parsed = parse(combined)
    assert parsed is not None
    assert (parsed["route"], parsed["status"], parsed["a"]) == ("/a/b", 200, "203.0.113.9")
    assert [parse(bad) for bad in (b"", b"{", b"[1]", b'{"x":1}', b"\xff\x00", b"<190>a: {x")] == [
        None
    ] * 6


def test_a_long_data_folder_still_has_a_socket(tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 120)
    folder.mkdir()
    made, ready = Writer(folder, lambda _name: b"k" * 32), threading.Event()
    thread = threading.Thread(target=made.run, args=(ready.set,))
    thread.start()
    assert ready.wait(10)
    sender = accesslog.Sender(folder / accesslog.SOCKET)
    sender.send(route="/", method="GET", status=200, address="::1")
    made.stop()
    thread.join()
    assert len(list((folder / "access").glob("*.jsonl"))) == 1


@pytest.fixture
def written(app: Flask, settings: Settings) -> str:
    """A day's log with one line."""
    writer(settings).write([EDGE_LINE.encode()])
    return next((settings.folder / "access").glob("*.jsonl")).name[:10]


def moment(day: str, days: int) -> datetime:
    return datetime.fromisoformat(f"{day}T12:00:00+08:00") + timedelta(days=days)


def sealed(settings: Settings, day: str) -> Path:
    at = moment(day, 1)
    assert accessdays.seal_finished_days(settings, keys(), at=moment(day, 0)) == []
    assert accessdays.seal_finished_days(settings, keys(), at=at) == [day]
    assert accessdays.seal_finished_days(settings, keys(), at=at) == []
    return settings.folder / "access" / f"{day}{accessdays.SEALED}"


def test_a_day_is_sealed_and_its_digest_stands_in_the_audit_log(
    settings: Settings, written: str
) -> None:
    file = sealed(settings, written)
    assert b"R0042" not in file.read_bytes()
    assert stat.S_IMODE(file.stat().st_mode) == 0o440
    assert not file.with_name(f"{written}.jsonl").exists()
    (day,) = accessdays.listing(settings)
    assert (day.sealed, day.lines) == (True, 1)
    assert b"R0042" in accessdays.read_day(settings, keys(), written)


def test_sealing_cut_short_is_taken_up_again(settings: Settings, written: str) -> None:
    plain = settings.folder / "access" / f"{written}.jsonl"
    before = plain.read_bytes()
    file = sealed(settings, written)
    plain.write_bytes(before)  # killed between the entry and the removal
    assert accessdays.seal_finished_days(settings, keys(), at=moment(written, 1)) == [written]
    assert not plain.exists()
    with reading() as session:
        assert len(queries.entries(session, subject=f"access:{written}")) == 1
    assert file.exists()


def test_article_19_refuses_deletion_before_190_days(settings: Settings, written: str) -> None:
    file = sealed(settings, written)
    for days in (1, 100, 190):
        with pytest.raises(ConflictError, match="must be kept until"):
            accessdays.delete(settings, keys(), written, by="account:1", at=moment(written, days))
        assert accessdays.drop_expired(settings, keys(), at=moment(written, days)) == []
    assert accessdays.drop_expired(settings, keys(), at=moment(written, 191)) == [written]
    assert not file.exists()
    with pytest.raises(NotFoundError):
        accessdays.read_day(settings, keys(), written)


def test_an_export_reads_the_days_and_is_itself_an_act(
    settings: Settings, written: str, tmp_path: Path, at: datetime
) -> None:
    sealed(settings, written)
    out = tmp_path / "access.jsonl"
    count = accessdays.export(
        settings,
        keys(),
        first=written,
        last=written,
        out=out,
        by="account:1",
        reason="公安机关调取，编号 12",
        at=at,
    )
    assert count == 1
    assert json.loads(out.read_text())["route"].endswith("video.mp4")
    with reading() as session:
        entry = queries.entries(session, subject=f"access:{written}")[-1]
    assert (entry.action, entry.data["reason"]) == ("access.export", "公安机关调取，编号 12")


def test_a_changed_day_is_noticed(settings: Settings, written: str) -> None:
    file = sealed(settings, written)
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.chmod(0o600)
    file.write_bytes(data)
    with pytest.raises(AppError, match="was changed"):
        accessdays.read_day(settings, keys(), written)
    with pytest.raises(NotFoundError):
        accessdays.read_day(settings, keys(), "../../etc/passwd")


def test_days_are_those_of_shanghai() -> None:
    assert day_of(datetime.fromisoformat("2026-11-22T16:30:00+00:00")) == "2026-11-23"
