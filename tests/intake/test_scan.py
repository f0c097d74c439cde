"""The virus scanner over its own protocol: what it found stays shut, what it has not seen waits."""

from __future__ import annotations

import io
import json
import socket
from dataclasses import replace

import pytest
from sqlalchemy import text

from app.core import clock
from app.core.errors import UnavailableError
from app.core.transaction import reading, transaction
from app.intake import attachments, file_jobs, queries, uploads
from app.intake.scan import answers, scan
from app.intake.values import Scan
from tests.catalogue.make import make_catalogue
from tests.intake import seeded
from tests.intake.clamd import clamd, url_of
from tests.intake.make import STORY


def _nobody() -> str:
    """An address where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"tcp://127.0.0.1:{free.getsockname()[1]}"


def test_what_the_scanner_says_is_what_counts():
    with clamd() as server:
        assert scan([b"harmless", b"", b"words"], url_of(server)) is Scan.CLEAN
        assert scan([seeded.EICAR[:20], seeded.EICAR[20:]], url_of(server)) is Scan.QUARANTINED
        assert server.seen == [13, len(seeded.EICAR)]
        assert answers(url_of(server))


def test_without_a_scanner_nothing_is_called_clean():
    assert scan([b"words"], "") is Scan.UNSCANNED
    assert scan([b"words"], _nobody()) is Scan.WAITING
    assert scan([b"words"], "unix:///nowhere/clamd.ctl") is Scan.WAITING
    assert not answers(_nobody())


def test_what_is_too_large_for_the_scanner_is_unscanned_not_clean():
    with clamd() as server:
        server.most = 1_000
        assert scan((bytes(1 << 20) for _ in range(8)), url_of(server)) is Scan.UNSCANNED


def test_a_scanner_that_hangs_up_is_asked_again_later():
    with socket.create_server(("127.0.0.1", 0)) as rude:
        import threading

        def hang_up() -> None:
            link, _ = rude.accept()
            link.recv(10)
            link.close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        url = f"tcp://127.0.0.1:{rude.getsockname()[1]}"
        assert scan([b"words"] * 50, url) is Scan.WAITING
        thread.join()


@pytest.fixture
def filed(app, client):
    """File a complaint with this file while the scanner's address is this; answers the file."""
    with transaction() as tx:
        make_catalogue(tx, clock.now())

    def act(data: bytes, name: str, url: str):
        app.config["CHUKU"] = replace(app.config["CHUKU"], clamd_url=url)
        body = {"text": STORY, "resource": {"id": "R0001"}}
        sent = {"complaint": json.dumps(body), "files": (io.BytesIO(data), name)}
        answer = client.post("/api/v1/complaints", data=sent, content_type="multipart/form-data")
        assert answer.status_code == 201, answer.get_data(as_text=True)
        return _file()

    return act


def _file():
    with reading() as session:
        [found] = queries.for_triage(session, 1).attachments
        return found


def _promised() -> list[str]:
    with reading() as session:
        query = text("SELECT topic FROM outbox WHERE topic LIKE 'intake.files.%' ORDER BY id")
        return list(session.execute(query).scalars())


def test_a_clean_file_gets_its_copy(filed):
    with clamd() as server:
        file = filed(seeded.jpeg(), "照片.jpg", url_of(server))
    assert (file.scan, file.copy) == ("clean", "wanted")
    assert _promised() == ["intake.files.copy"]


def test_malware_is_quarantined_and_never_copied(filed):
    with clamd() as server:
        file = filed(b"text " + seeded.EICAR, "说明.txt", url_of(server))
    assert (file.scan, file.copy, file.opens) == ("quarantined", "none", False)
    assert not _promised()
    file_jobs.make_copy(ref=file.ref)
    assert _file().copy == "none"


def test_a_gone_scanner_is_seen_and_asked_again(filed, app):
    url = _nobody()
    file = filed(b"text " + seeded.EICAR, "说明.txt", url)
    assert (file.scan, file.opens) == ("waiting", False)
    assert _promised() == ["intake.files.scan"]
    with pytest.raises(UnavailableError, match="Start clamd"):
        file_jobs.look_again(ref=file.ref)
    file_jobs.look_at_waiting()
    assert _file().scan == "waiting"
    with clamd(int(url.rpartition(":")[2])):
        file_jobs.look_at_waiting()
    assert _file().scan == "quarantined"
    with reading() as session:
        assert not attachments.waiting(session)
        said = "SELECT count(*) FROM audit_entry WHERE action = 'attachment.scanned'"
        assert session.execute(text(said)).scalar_one() == 1
        assert queries.holder_view(session, 1).malicious == 1


def test_the_desk_sees_that_the_scanner_is_gone(filed, app):
    from app.oversight.queries import checks

    app.config["CHUKU"] = replace(app.config["CHUKU"], clamd_url=_nobody())
    with reading() as session:
        found = {c.name: c for c in checks(session, app.config["CHUKU"], at=clock.now())}
    assert not found["scanner"].good
    assert not found["scanner"].needed


def test_a_large_file_is_scanned_after_sending(filed, monkeypatch):
    monkeypatch.setattr(uploads, "SCAN_AT_ONCE", 100)
    with clamd() as server:
        file = filed(seeded.jpeg(), "照片.jpg", url_of(server))
        assert file.scan == "waiting"
        assert server.seen == []
        file_jobs.look_again(ref=file.ref)
        assert server.seen == [len(seeded.jpeg())]
    assert (_file().scan, _promised()) == ("clean", ["intake.files.scan", "intake.files.copy"])
