"""kill -9 of the web in the middle of a POST (page 6 J2)."""

from __future__ import annotations

import signal
import socket
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tests.faults.ground import Ground
from tests.running import eventually

pytestmark = [pytest.mark.fault, pytest.mark.timeout(900)]


def _post(ground: Ground, body: dict[str, Any], key: str) -> requests.Response | None:
    try:
        return requests.post(
            f"{ground.product.portal}/api/v1/complaints", json=body,
            headers={"Idempotency-Key": key, "X-Forwarded-For": "198.19.0.1"}, timeout=60,
        )  # fmt: skip
    except requests.ConnectionError:
        return None


@pytest.mark.parametrize("point", ["F1", "F2"])
def test_a_retry_after_the_web_died_in_the_post_gives_one_complaint(ground: Ground, point: str):
    body, told = ground.letter("视频第三分钟的公式写错了")
    body |= {"resource": {"id": ground.untouched()}, "kind": "scientific"}
    key = f"retry-{point}-{told.word}"
    ground.product.arm(point)

    assert _post(ground, body, key) is None, "the web died before it answered"
    answer = eventually(lambda: _post(ground, body, key), within=90)

    assert answer.status_code == 201, answer.text
    assert ground.product.fired(point)
    again = _post(ground, body, key)
    assert again is not None
    assert again.json()["ref"] == answer.json()["ref"]
    assert again.json()["secret"] == answer.json()["secret"]
    told.answer = answer.json()
    ground.filed.append(told)
    assert ground.one(
        "SELECT count(*) FROM complaint WHERE masked_text LIKE :word", word=f"%{told.word}%"
    ) == 1  # fmt: skip


def test_the_web_killed_in_the_middle_of_an_upload_leaves_no_half_file(ground: Ground):
    before = ground.one("SELECT count(*) FROM complaint")
    where = urlsplit(ground.product.portal)
    with socket.create_connection((str(where.hostname), int(where.port or 80))) as link:
        link.sendall(
            b"POST /api/v1/complaints HTTP/1.1\r\nHost: " + where.netloc.encode() + b"\r\n"
            b"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 4000000\r\n\r\n"
            b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'
            + b"\x89PNG"
            * 100_000
        )
        gone = set(ground.product.pids(" web "))
        assert ground.product.kill(" web ") == 1
    ground.part_back(" web ", gone=gone)
    eventually(lambda: ground.product.resources(limit=1), within=90)
    assert ground.one("SELECT count(*) FROM complaint") == before
    uploads = ground.product.folder / "uploads"
    assert not [file for file in uploads.rglob("*") if file.is_file()] if uploads.exists() else True


def test_an_officers_click_that_died_before_its_commit_did_nothing_and_works_again(ground: Ground):
    resource = ground.fresh()
    ground.complain(resource)
    ground.stopped(resource)
    ref = ground.incident(resource)["ref"]
    ground.seat()
    ground.product.arm("F5")

    with pytest.raises(requests.ConnectionError):
        ground.confirm(ref)

    eventually(lambda: ground.product.resources(limit=1), within=90)
    assert ground.product.fired("F5")
    assert ground.incident(resource)["state"] == "precaution"
    assert ground.notices(ref) == []
    assert ground.dark(resource)
    assert ground.confirm(ref).status_code == 200
    eventually(ground.all_sent(ref, 3), within=120)


def test_with_the_whole_centre_silent_what_is_dark_stays_dark_and_the_rest_is_served(
    ground: Ground,
):
    resource, bystander = ground.fresh(), ground.untouched()
    ground.complain(resource)
    ground.stopped(resource)
    for part in (" web ", " feed "):
        assert ground.product.kill(part, sig=signal.SIGSTOP) == 1
    gone = set(ground.product.pids("edge/agent"))
    ground.product.kill("edge/agent")
    ground.product.kill("nginx: master")
    ground.part_back("edge/agent", gone=gone)
    eventually(lambda: ground.served(bystander), within=90)
    eventually(lambda: ground.dark(resource), within=10)
    for part in (" web ", " feed "):
        ground.product.kill(part, sig=signal.SIGCONT)
    assert ground.confirm(ground.incident(resource)["ref"]).status_code == 200
