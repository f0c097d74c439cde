"""One schema, six doors: the same complaint through each is the same canonical JSON."""

from __future__ import annotations

import io
from email.message import EmailMessage

import pytest
import rfc8785

from app.accounts import service as accounts
from app.core import clock
from app.core.transaction import transaction
from app.intake import canonical, filing
from app.intake.values import Filing
from tests.intake.browser import Browser

TEXT = "1分05秒和第12页的插图和文字对不上。"  # two places: none is lost on the way
HINT = "七年级数学上册的电子书"
MAILBOX = "zhao@school.example"
NAME = "赵老师"
DOORS = ("form", "assistant", "api", "open311", "table", "mail", "phone")


@pytest.fixture
def filed(officer, monkeypatch) -> list[Filing]:
    monkeypatch.setattr("app.core.limits.hit", lambda *_, **__: None)
    found: list[Filing] = []
    real = canonical.document

    def document(one: Filing, **more):
        found.append(one)
        return real(one, **more)

    monkeypatch.setattr(filing.canonical, "document", document)
    return found


def _form(client, ref: str) -> None:
    if ref:
        client.post("/complain/resource", data={"resource": ref, "q": ref})
    else:
        client.post("/complain/roughly", data={"hint": HINT})
    client.post("/complain/where", data={"kind": "time", "time_from": "1:05", "more": "yes"})
    client.post("/complain/where", data={"kind": "page", "page_from": "12"})
    client.post("/complain/what", data={"text": TEXT, "kind": "normativity"})
    client.post("/complain/files", data={})
    contact = {"way": "email", "email_address": MAILBOX, "name": NAME}
    client.post("/complain/contact", data=contact)
    page = Browser(client)
    page.get("/complain/check")
    assert client.post("/complain/send", data={"once": page.once}).status_code == 200


def _api(client, ref: str) -> None:
    body = {
        "text": TEXT,
        "resource": {"id": ref} if ref else {"title": HINT},
        "locators": [{"kind": "time", "from": "1:05"}, {"kind": "page", "from": "12"}],
        "kind": "normativity",
        "contact": {"email": MAILBOX, "name": NAME},
        "lang": "zh",
    }
    assert client.post("/api/v1/complaints", json=body).status_code == 201


def _open311(client, ref: str) -> None:
    with transaction() as tx:
        key = accounts.create_key(tx, name="city", scope="open311", at=clock.now(), by="cli")
    body = {
        "api_key": key,
        "service_code": "normativity",
        "description": TEXT,
        "attribute[place]": ["time", "page"],
        "attribute[place_from]": ["1:05", "12"],
        "attribute[name]": NAME,
        "email": MAILBOX,
        **({"address_id": ref} if ref else {"address_string": HINT}),
    }
    answer = client.post("/api/open311/v2/requests.json", data=body)
    assert answer.status_code == 201, answer.data


def _bring(client, name: str, data: bytes) -> None:
    sent = {"files": (io.BytesIO(data), name)}
    client.post("/desk/import", data=sent, content_type="multipart/form-data")
    client.post("/desk/import/send")


def _table(client, ref: str) -> None:
    row = f"{ref or HINT},1:05 第12页,{TEXT},normativity,{MAILBOX},{NAME}"
    _bring(client, "案件.csv", f"资源,位置,内容,类别,邮箱,姓名\n{row}\n".encode("gb18030"))


def _mail(client, ref: str) -> None:
    mail = EmailMessage()
    mail["Subject"] = ref or HINT
    mail["From"] = f"{NAME} <{MAILBOX}>"
    mail["Message-ID"] = "<1@mail.example>"
    mail.set_content(TEXT)
    _bring(client, "来信.eml", mail.as_bytes())


def _phone(client, ref: str) -> None:
    sheet = {
        "once": "a call",
        "do": "send",
        "q": ref or HINT,
        "found": ref or HINT,
        "resource": ref,
        "text": TEXT,
        "sort": "normativity",
        "noted": '["time", "1:05", null]',
        "kind": "page",
        "page_from": "12",
        "way": "email",
        "email_address": MAILBOX,
        "name": NAME,
        "lang": "zh",
    }
    assert client.post("/desk/phone", data=sheet).status_code == 200


def _assistant(client, ref: str) -> None:
    shown = client.post("/api/v1/assistant", json={"text": TEXT}).get_json()
    url = f"/api/v1/assistant/{shown['session']}"
    named = False
    for _ in range(12):
        asked, values = shown["ask"], {o["value"] for o in shown["options"]}
        if asked == "confirm":
            break
        if shown["taken"]:
            turn = {"option": f"ok:{shown['taken'][0]}"}
        elif asked == "resource":
            offered = [v for v in values if v.startswith("r:")] or ["again"]
            turn = {"option": offered[0] if ref else "rough"} if named else {"text": ref or HINT}
            named = True
        elif asked == "kind":
            turn = {"option": next(v for v in values if v == "k:normativity")}
        elif asked == "contact":
            turn = {"text": MAILBOX}
        else:
            turn = {"option": "done" if "done" in values else "unknown"}
        shown = client.post(url, json=turn).get_json()
    assert shown["ask"] == "confirm", shown
    assert client.post(url, json={"option": "send"}).get_json()["receipt"]


def _canonical(one: Filing, *, known: dict) -> bytes:
    doc = canonical.document(one, ref="R", at=clock.now(), salted="")
    return rfc8785.dumps({**doc, **known})


@pytest.mark.parametrize("ref", ["", "R0001"])
def test_the_same_complaint_through_each_door_is_the_same_document(officer, filed, ref):
    documents = {}
    for door in DOORS:
        before = len(filed)
        globals()[f"_{door}"](officer, ref)
        assert len(filed) == before + 1, door
        last = filed[-1]
        # A dialogue asks for no name, and a mail says no kind: there the person is not asked.
        same: dict = {"minute": ""}
        if door == "assistant":
            same["contact"] = {"address": last.contact.address, "name": NAME, "way": "email"}
        if door == "mail":
            assert last.kind is None
            same["kind"] = "normativity"
        documents[door] = _canonical(last, known=same)
    other = {door: doc for door, doc in documents.items() if doc != documents["form"]}
    assert not other, (documents["form"].decode(), other)
