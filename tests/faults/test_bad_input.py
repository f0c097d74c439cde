"""What cannot be taken is answered with a sentence that says what to do, never with a crash."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
import requests

from tests.faults.ground import Ground

pytestmark = [pytest.mark.fault, pytest.mark.timeout(900)]

GOOD: dict[str, Any] = {"text": "视频没有声音", "resource": {"id": "R0001"}, "locators": []}
DEEP = "[" * 10_000 + "]" * 10_000
BODIES: dict[str, bytes] = {
    "not JSON": b"{",
    "not an object": b"[]",
    "nothing": b"",
    "nested without end": DEEP.encode(),
    "not UTF-8": b'{"text": "\xff\xfe\xfa", "resource": {"id": "R0001"}}',
    "empty text": json.dumps({**GOOD, "text": " "}).encode(),
    "a NUL": json.dumps({**GOOD, "text": "a\0b"}).encode(),
    "half a surrogate pair": json.dumps({**GOOD, "text": "\ud83d"}).encode(),
    "far too long": json.dumps({**GOOD, "text": "长" * 200_000}).encode(),
    "one word of a megabyte": json.dumps({**GOOD, "text": "a" * 1_000_000}).encode(),
    "a number for a text": json.dumps({**GOOD, "text": 2**63}).encode(),
    "an unknown resource": json.dumps({**GOOD, "resource": {"id": "R9999"}}).encode(),
    "no resource": json.dumps({**GOOD, "resource": {}}).encode(),
    "an unknown field": json.dumps({**GOOD, "severity": "high"}).encode(),
    "an unknown place": json.dumps({**GOOD, "locators": [{"kind": "planet"}]}).encode(),
    "an unknown kind": json.dumps({**GOOD, "kind": "nothing_of_the_sort"}).encode(),
    "a broken address": json.dumps({**GOOD, "contact": {"email": "no"}}).encode(),
}


def _sentence(answer: requests.Response, what: str) -> str:
    assert 400 <= answer.status_code < 500, (what, answer.status_code, answer.text[:500])
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    body = answer.json()
    assert set(body) >= {"type", "title", "status", "detail"}
    assert len(body["detail"]) >= 6
    assert "Traceback" not in answer.text
    return str(body["detail"])


def test_a_complaint_that_cannot_be_taken_says_what_to_do(ground: Ground):
    before = ground.one("SELECT count(*) FROM complaint")
    for what, body in BODIES.items():
        answer = requests.post(
            f"{ground.product.portal}/api/v1/complaints", data=body,
            headers={"Content-Type": "application/json"}, timeout=60,
        )  # fmt: skip
        _sentence(answer, what)
    assert ground.one("SELECT count(*) FROM complaint") == before


def test_odd_text_is_taken_as_it_is(ground: Ground):
    odd = ["zalgo: Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢", "\u202e右至左\u202c", "👩🏽‍🏫 声音太小",
           "{{7*7}} ${7*7} <script>alert(1)</script>", "'; DROP TABLE complaint; --"]  # fmt: skip
    for text in odd:
        resource = ground.untouched()
        body, told = ground.letter(f"讲解听不清 {text}")
        ground.send(body | {"kind": "suitability"}, told, resource,
                    {"X-Forwarded-For": ground.source()})  # fmt: skip


def test_every_bad_receipt_is_answered_alike(ground: Ground):
    told = ground.complain(ground.untouched(), "讲解听不清")
    ref, secret = told.answer["ref"], str(told.answer["secret"])
    other = "0" if secret[0] != "0" else "1"
    tries = [
        (ref, other + secret[1:]), (ref, ""), (ref, "x" * 5000), (ref, "%00%ff"),
        ("ZZZZZZZZ", secret), ("..%2f..%2f", secret), ("a" * 300, secret),
    ]  # fmt: skip
    answers = set()
    for one, code in tries:
        answer = requests.get(
            f"{ground.product.portal}/api/v1/receipts/{one}",
            headers={"Receipt-Secret": code}, timeout=30,
        )  # fmt: skip
        assert answer.status_code == 404, (one, answer.text)
        if "%2f" not in one:
            answers.add(_sentence(answer, one))
    assert len(answers) == 1, "wrong, malformed and unknown cannot be told apart"
    page = requests.get(f"{ground.product.portal}/receipt", timeout=30)
    assert page.status_code == 200


def _zip_bomb() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("[Content_Types].xml", b"<x/>")
        out.writestr("word/document.xml", b"0" * 300_000_000)
    return made.getvalue()


FILES: dict[str, tuple[str, bytes]] = {
    "empty": ("截图.png", b""),
    "a program": ("工具.exe", b"MZ" + b"\0" * 500),
    "a picture that runs scripts": ("图.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
    "a page named picture": ("图.png", b"<html><script>alert(1)</script></html>"),
    "half a picture": ("图.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 30),
    "half a PDF": ("讲义.pdf", b"%PDF-1.7\n1 0 obj\n<<"),
    "half an Office file": ("讲义.docx", b"PK\x03\x04" + b"\0" * 60),
}


def _send_file(ground: Ground, name: str, content: bytes) -> requests.Response:
    return requests.post(
        f"{ground.product.portal}/api/v1/complaints",
        data={"complaint": json.dumps(GOOD)},
        files=[("files", (name, content, "application/octet-stream"))],
        headers={"X-Forwarded-For": ground.source()},
        timeout=90,
    )


def test_a_broken_upload_says_what_to_do(ground: Ground):
    before = ground.one("SELECT count(*) FROM complaint")
    for what, (name, content) in FILES.items():
        assert name in _sentence(_send_file(ground, name, content), what)
    assert ground.one("SELECT count(*) FROM complaint") == before


def test_a_file_that_unpacks_without_end_is_refused(ground: Ground):
    assert "讲义.docx" in _sentence(_send_file(ground, "讲义.docx", _zip_bomb()), "a bomb")


def test_a_bad_import_lists_its_lines_and_keeps_the_good_ones(ground: Ground):
    exported = [
        json.loads(line)
        for line in (ground.product.folder / "demo.jsonl").read_text("utf-8").splitlines()
    ]
    shape = next(row for row in exported if row.get("type", "resource") == "resource")
    good = json.loads(json.dumps(shape).replace(shape["ref"], "R7001"))
    good["addresses"] = [
        {name: value for name, value in address.items() if name != "digest"}
        for address in good["addresses"]
    ]
    lines = [json.dumps(good, ensure_ascii=False), "{", "[]", '{"type": "planet"}',
             json.dumps({**good, "ref": "R7002", "provider": "没有这个单位"}), "\x01\x02"]  # fmt: skip
    file = ground.product.folder.parent / "bad.jsonl"
    file.write_text("\n".join(lines), "utf-8")
    ground.leave_out("R7001")
    done = ground.product.chuku("catalogue", "import", str(file), "--json")
    assert done.returncode == 1, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert [one["line"] for one in report["errors"]] == [2, 3, 4, 5, 6]
    assert all(len(one["detail"]) > 10 for one in report["errors"])
    assert report["added"] == 1
    assert "Traceback" not in done.stderr
    again = json.loads(ground.product.chuku("catalogue", "import", str(file), "--json").stdout)
    assert (again["added"], again["changed"]) == (0, 0), "run twice is run once"
    for name, content in (("binary.csv", bytes(range(256))), ("empty.jsonl", b"")):
        other = ground.product.folder.parent / name
        other.write_bytes(content)
        done = ground.product.chuku("catalogue", "import", str(other))
        assert "Traceback" not in done.stderr
        assert done.returncode in {0, 1}
    missing = ground.product.chuku("catalogue", "import", "no-such-file.jsonl")
    assert missing.returncode == 1
    assert "no-such-file.jsonl" in missing.stderr


def test_an_unknown_page_address_and_method_have_a_sentence(ground: Ground):
    for path in ("/nothing", "/blocked/ZZZZ", "/letter/none", "/api/v1/resources/R9999",
                 "/api/v1/nothing"):  # fmt: skip
        answer = requests.get(f"{ground.product.portal}{path}", timeout=30)
        assert answer.status_code == 404, path
        assert len(answer.text) > 50
    answer = requests.delete(f"{ground.product.portal}/api/v1/complaints", timeout=30)
    assert answer.status_code == 405
