"""At the doors: never a bare refusal, nothing typed is lost, a class and its lesson get through."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from itertools import count

import pyotp
import pytest

from app.accounts import service as accounts
from app.audit.models import AuditEntry
from app.core import clock, limits
from app.core.transaction import reading, transaction
from app.intake import classroom, flood, queries, tickets
from tests.catalogue.make import make_catalogue
from tests.intake.browser import Browser
from tests.intake.make import STORY

HERE = "127.0.0.1"
BODY = {"text": STORY, "resource": {"id": "R0001"}, "locators": []}
PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def _world(app, monkeypatch):
    limits.configure(None)  # this process counts
    monkeypatch.setattr(flood, "EASIEST", 6)
    with transaction() as tx:
        make_catalogue(tx, clock.now())


@pytest.fixture
def browser(client) -> Browser:
    return Browser(client)


@pytest.fixture
def later(monkeypatch):
    """Move the clock on."""
    real, moved = clock.now, [timedelta()]
    monkeypatch.setattr(clock, "now", lambda: real() + moved[0])

    def move(seconds: int) -> None:
        moved[0] += timedelta(seconds=seconds)

    return move


def _busy(address: str = HERE) -> None:
    """As if a class had filed from this network just now."""
    names = [f"filing:{limits.tag(address, *more)}" for more in (("filing",), ("filing", "R0001"))]
    for _ in range(flood.CLASS):
        limits.take(names, seconds=flood.HOUR)


def _solve(text: str) -> str:
    ticket = tickets.parse(text)
    return next(str(n) for n in count() if tickets.solved(ticket, str(n)))


def _fields(page: str) -> dict[str, str]:
    return {
        n: unescape(v) for n, v in re.findall(r'name="(once|ticket|option)" value="(.*?)"', page)
    }


def _to_check(browser: Browser) -> None:
    browser.get("/complain/resource?q=R0001")
    browser.post("/complain/resource", resource="R0001")
    browser.post("/complain/where", kind="whole")
    browser.post("/complain/what", text=STORY, kind="")
    browser.post("/complain/files")
    browser.post("/complain/contact", way="none")


def _filed() -> int:
    with reading() as session:
        return session.query(queries.Complaint).count()


def test_without_scripts_one_waits_presses_again_and_nothing_is_lost(browser, later):
    _to_check(browser)
    _busy()
    browser.post("/complain/send", once=browser.once)
    assert (browser.status, browser.path) == (200, "/wait/form")
    assert "请等 8 秒" in browser.page
    fields = _fields(browser.page)
    browser.post("/complain/send", **fields)
    assert browser.path == "/wait/form", "too early"
    assert _fields(browser.page)["ticket"] == fields["ticket"]
    later(9)
    browser.get(f"/wait/form?ticket={fields['ticket']}")
    assert "现在可以提交了" in browser.page
    browser.post("/complain/send", **_fields(browser.page))
    assert browser.status == 200
    code = browser.code
    with reading() as session:
        view = queries.for_triage(session, queries.by_secret(session, code) or 0)
        assert STORY in view.masked_text


def test_with_the_work_done_it_goes_through_at_once(browser):
    _to_check(browser)
    _busy()
    browser.post("/complain/send", once=browser.once)
    fields = _fields(browser.page)
    browser.post("/complain/send", **fields, answer=_solve(fields["ticket"]))
    assert browser.code


def test_a_second_press_after_the_wait_shows_the_same_receipt(browser):
    _to_check(browser)
    _busy()
    browser.post("/complain/send", once=browser.once)
    page, fields = browser.page, _fields(browser.page)
    fields["answer"] = _solve(fields["ticket"])
    browser.post("/complain/send", **fields)
    first = browser.code
    browser.page = page
    browser.post("/complain/send", **fields)
    assert browser.code == first
    assert _filed() == 1


def test_the_assistants_dialogue_waits_in_the_same_way(browser):
    browser.get("/assistant")
    browser.post("/assistant", text=STORY)
    browser.post("/assistant", text="R0001")
    for _ in range(6):
        if 'value="send"' in browser.page:
            break
        option = re.findall(r'name="option" value="([^"]+)"', browser.page)[-1]
        browser.post("/assistant", option=option)
    _busy()
    browser.post("/assistant", option="send", once=browser.once)
    assert (browser.status, browser.path) == (200, "/wait/assistant")
    fields = _fields(browser.page)
    browser.post("/assistant", **fields, answer=_solve(fields["ticket"]))
    assert browser.code


def test_the_waiting_page_without_a_draft_or_ticket_leads_home(browser):
    browser.get("/wait/form?ticket=made-up")
    assert browser.status == 200
    assert browser.path.startswith("/complain")
    assert browser.client.get("/wait/elsewhere").status_code == 404


def test_forty_pupils_post_and_get_receipts_then_a_machine_is_told_what_to_do(client):
    here = {"REMOTE_ADDR": "198.51.100.7"}
    said = [
        client.post("/api/v1/complaints", json=BODY, environ_base=here).status_code
        for _ in range(40)
    ]
    assert said == [201] * 40
    told = [client.post("/api/v1/complaints", json=BODY, environ_base=here) for _ in range(40)]
    assert sum(answer.status_code == 201 for answer in told) == flood.CLASS - 40
    assert _filed() == flood.CLASS
    last = told[-1]
    assert (last.status_code, last.mimetype) == (429, "application/problem+json")
    assert last.headers["Retry-After"] == "8"
    problem = last.get_json()
    assert problem["type"] == "urn:chuku:problem:prove-or-wait"
    assert {"ticket", "bits", "how", "expires_at", "retry_after"} <= set(problem)
    headers = {"Filing-Ticket": problem["ticket"], "Filing-Proof": _solve(problem["ticket"])}
    again = {"json": BODY, "headers": headers, "environ_base": here}
    assert client.post("/api/v1/complaints", **again).status_code == 201
    assert client.post("/api/v1/complaints", **again).status_code == 429, "a ticket serves once"
    elsewhere = {"REMOTE_ADDR": "203.0.113.20"}
    assert client.post("/api/v1/complaints", json=BODY, environ_base=elsewhere).status_code == 201


def test_the_retry_of_a_filed_complaint_is_answered_in_the_middle_of_a_flood(client):
    key = {"Idempotency-Key": "k-1"}
    first = client.post("/api/v1/complaints", json=BODY, headers=key).get_json()
    _busy()
    assert client.post("/api/v1/complaints", json=BODY).status_code == 429
    again = client.post("/api/v1/complaints", json=BODY, headers=key)
    assert again.get_json()["secret"] == first["secret"]


def test_what_cannot_be_taken_uses_up_nothing(client):
    for _ in range(flood.CLASS + 5):
        assert client.post("/api/v1/complaints", json={**BODY, "text": ""}).status_code == 422
    assert client.post("/api/v1/complaints", json=BODY).status_code == 201


def test_a_teacher_opens_the_lesson_and_the_class_goes_on_without_waiting(browser, later):
    lesson = classroom.make(["R0001"], minutes=45, at=clock.now())
    _busy()
    browser.get(f"/classroom?code={lesson.code}")
    assert "在本网络启用" in browser.page
    browser.post("/classroom", code=lesson.code)
    assert (browser.path, browser.status) == ("/classroom", 200)
    assert "/complain?resource=R0001" in browser.page
    assert browser.client.post("/api/v1/complaints", json=BODY).status_code == 201
    later(46 * 60)
    browser.get(f"/classroom?code={lesson.code}")
    assert browser.status == 404
    assert "已过期" in browser.page


@pytest.fixture
def desk(browser) -> Browser:
    at = clock.now()
    with transaction() as tx:
        _, secret = accounts.add_account(
            tx, login="wang", name="王值班", password=PASSWORD, memberships=[(1, "officer")], at=at
        )
    browser.get("/desk/sign-in")
    browser.post("/desk/sign-in", login="wang", password=PASSWORD, code=pyotp.TOTP(secret).at(at))
    return browser


def test_an_officer_makes_a_code_and_the_log_knows(desk):
    desk.get("/desk/classroom")
    desk.post("/desk/classroom", resources="r0001, R0002", minutes="45")
    assert desk.status == 200
    [link] = set(re.findall(r'href="[^"]*/classroom\?code=([^"]+)"', desk.page))
    lesson = classroom.read(unescape(link), at=clock.now())
    assert lesson
    assert lesson.resources == ("R0001", "R0002")
    with reading() as session:
        found = session.execute(
            queries.select(AuditEntry).where(AuditEntry.action == "classroom.made")
        )
        assert found.scalar_one().subject == f"lesson:{lesson.salt}"


@pytest.mark.parametrize(
    ("resources", "minutes", "status"),
    [("", "45", 422), ("R0001", "1", 422), ("R0001", "x", 422), ("R9999", "45", 404)],
)
def test_a_code_for_nothing_or_for_ever_is_refused(desk, resources, minutes, status):
    desk.get("/desk/classroom")
    desk.post("/desk/classroom", resources=resources, minutes=minutes)
    assert desk.status == status
