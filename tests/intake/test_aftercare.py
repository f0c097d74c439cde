"""After filing: the receipt as a file, corrections, pings, one appeal to somebody else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.core import clock
from app.core.db import db
from app.core.errors import ConflictError, ForbiddenError, InvalidError
from app.core.transaction import reading, transaction
from app.intake import jobs, pings, queries, receipt, service
from app.intake.models import Complaint
from app.intake.outcomes import read
from app.intake.values import Contact, Place
from app.notices.channel import RefusedError
from app.outbox.models import OutboxRow
from tests.catalogue.make import make_catalogue
from tests.intake.browser import Browser
from tests.intake.make import STORY, make_complaint

WANG, LI = "account:1", "account:2"
MAILBOX = "someone@mail.example"


@pytest.fixture
def filed(app, at):
    with transaction() as tx:
        make_catalogue(tx, at)
        return make_complaint(tx, at)


@pytest.fixture
def browser(filed, client) -> Browser:
    found = Browser(client)
    found.get("/receipt")
    found.post("/receipt", code=receipt.grouped(filed.secret))
    return found


def answered(filed, by: str = WANG) -> None:
    with transaction() as tx:
        service.answer(tx, ref=filed.ref, text="已核实，属实。", by=by, at=clock.now(), close=True)


def view(filed):
    with reading() as session:
        return queries.holder_view(session, filed.complaint_id)


def test_the_receipt_is_saved_as_a_file_with_dates_and_proof(app, at, client):
    with transaction() as tx:
        make_catalogue(tx, at)
    browser = Browser(client)
    browser.get("/complain/resource?q=R0001")
    browser.post("/complain/resource", resource="R0001")
    browser.post("/complain/where")
    browser.post("/complain/what", text=STORY, kind="")
    browser.post("/complain/files")
    browser.post("/complain/contact", way="none")
    browser.post("/complain/send", once=browser.once)
    code, once = browser.code, browser.once
    browser.post("/complain/receipt.txt", once=once)
    assert browser.headers["Content-Type"].startswith("text/plain")
    assert browser.headers["Cache-Control"] == "no-store"
    assert code in browser.page
    assert '"kid"' in browser.page
    assert STORY not in browser.page
    with reading() as session:
        assert session.query(Complaint).count() == 1


def test_the_timeline_says_what_happened_and_by_when_the_rest(browser, filed):
    assert "已收到您的举报" in browser.page
    assert "最迟此时受理" in browser.page
    assert "最迟此时答复您" in browser.page
    local = filed.handle_by.astimezone(clock.SHANGHAI)
    assert f"{local:%H:%M}" in browser.page


def test_a_correction_adds_its_place_and_keeps_the_first_words(browser, filed):
    browser.post("/receipt/correct", correction="不是第3页", kind="page", page_from="5")
    assert browser.path == "/receipt"
    assert "不是第3页" in browser.page
    with reading() as session:
        seen = queries.for_triage(session, filed.complaint_id)
        assert [p.start for p in seen.locators] == ["5"]
        assert seen.masked_text == STORY
        assert queries.has_messages(session, filed.complaint_id) == 1


def test_a_wrong_place_in_a_correction_keeps_what_was_typed(browser, filed):
    browser.post("/receipt/correct", correction="时间不对", kind="time", time_from="晚上")
    assert browser.status == 422
    assert "时间不对" in browser.page
    assert view(filed).messages == ()


def test_withdrawing_says_first_what_it_means(browser):
    assert "已停止传输的不会因此恢复" in browser.page
    browser.post("/receipt/withdraw", why="")
    assert "邮件提醒" not in browser.page


def test_who_wants_it_is_pinged_by_a_mail_without_content(browser, filed, monkeypatch, at):
    browser.post("/receipt/ping", ping="not mail")
    assert browser.status == 422
    browser.post("/receipt/ping", ping=MAILBOX)
    assert "已开启邮件提醒" in browser.page
    assert MAILBOX not in browser.page
    answered(filed)
    with reading() as session:
        payload = session.query(OutboxRow).filter_by(topic="intake.ping").one().payload
        stored = session.execute(text("SELECT * FROM complaint")).mappings().one()
    assert MAILBOX.encode() not in b"".join(v for v in stored.values() if isinstance(v, bytes))
    assert MAILBOX not in str(payload)
    sent = []
    monkeypatch.setattr(
        "app.notices.channels.email.hand_over",
        lambda mail, to, *, server: sent.append((mail, to)) or "250 ok",
    )
    jobs.ping(**payload)
    jobs.ping(**payload)
    [(mail, to), (again, _)] = sent
    assert to == MAILBOX
    assert mail["Message-ID"] == again["Message-ID"]
    said = str(mail["Subject"]) + mail.get_content()
    for word in (filed.ref, "举报", "投诉", "属实", "http", "R0001", "Chuku", "出库", "complain"):
        assert word not in said


def test_a_ping_is_stopped_by_the_holder_by_withdrawing_and_by_a_dead_mailbox(
    browser, filed, monkeypatch, at
):
    browser.post("/receipt/ping", ping=MAILBOX)
    browser.post("/receipt/ping", stop="yes")
    assert not view(filed).pinged
    browser.post("/receipt/ping", ping=MAILBOX)
    with transaction() as tx:
        service.ask(tx, ref=filed.ref, text="是哪一讲？", by=WANG, at=at)
    with reading() as session:
        payload = session.query(OutboxRow).filter_by(topic="intake.ping").one().payload

    def refuse(*_: object, **__: object) -> str:
        raise RefusedError("550 no such user")

    monkeypatch.setattr("app.notices.channels.email.hand_over", refuse)
    jobs.ping(**payload)
    assert not view(filed).pinged
    browser.post("/receipt/ping", ping=MAILBOX)
    browser.post("/receipt/withdraw", why="")
    assert not view(filed).pinged


def test_under_fourteen_a_guardian_agrees_to_the_ping(app, at):
    with transaction() as tx:
        make_catalogue(tx, at)
        child = make_complaint(tx, at, contact=Contact(minor=True))
    for guardian in (False, True):
        with transaction() as tx:
            if guardian:
                service.ping_by_mail(
                    tx, complaint_id=child.complaint_id, address=MAILBOX, guardian=True, at=at
                )
                continue
            with pytest.raises(InvalidError):
                service.ping_by_mail(
                    tx, complaint_id=child.complaint_id, address=MAILBOX, guardian=False, at=at
                )
    assert view(child).pinged


def test_the_ping_is_the_same_for_everybody(at):
    one = pings.mail(MAILBOX, sender="a@b.example", about="k1", n=1, at=at)
    two = pings.mail("other@mail.example", sender="a@b.example", about="k2", n=9, at=at)
    assert one.get_content() == two.get_content()
    assert one["Subject"] == two["Subject"]


def test_an_appeal_is_possible_once_and_goes_to_another_officer(browser, filed):
    answered(filed)
    browser.get("/receipt")
    assert "不同意这个答复" in browser.page
    browser.post("/receipt/appeal", appeal="第5讲还在放，请再看看。")
    assert "另一位工作人员正在重新核查" in browser.page
    with reading() as session:
        seen = queries.by_ref(session, filed.ref)
        assert seen.state == "handling"
        assert [c.ref for c in queries.in_triage(session, [])] == [] or seen.appealed_at
        assert queries.barred(session, filed.ref) == {WANG}
    with transaction() as tx, pytest.raises(ForbiddenError, match="another officer"):
        service.answer(tx, ref=filed.ref, text="维持。", by=WANG, at=clock.now(), close=True)
    answered(filed, by=LI)
    seen = view(filed)
    assert seen.state == "closed"
    assert seen.may == {"confirm"}
    with transaction() as tx, pytest.raises(ConflictError):
        service.appeal(tx, complaint_id=filed.complaint_id, text="再来", at=clock.now())


def test_the_machine_does_not_close_an_appeal(filed, at):
    with transaction() as tx:
        service.outcome(tx, complaint_id=filed.complaint_id, key="rejected", at=at)
        service.appeal(tx, complaint_id=filed.complaint_id, text="请再看看", at=at)
    with transaction() as tx:
        told = service.outcome(tx, complaint_id=filed.complaint_id, key="closed", at=at)
    assert told
    assert view(filed).state == "handling"
    assert view(filed).outcome is None


def test_an_appeal_has_its_own_clock(filed, at):
    later = at + timedelta(days=40)
    with transaction() as tx:
        service.outcome(tx, complaint_id=filed.complaint_id, key="rejected", at=at)
        service.appeal(tx, complaint_id=filed.complaint_id, text="请再看看", at=later)
    assert view(filed).handle_by > later


@pytest.mark.parametrize("values", ["state = 'closed'", "state = 'closed', outcome = 'found'"])
def test_the_database_closes_no_complaint_without_an_answer(filed, values):
    with pytest.raises(DBAPIError, match="unanswered"), db.engine.begin() as connection:
        connection.execute(text(f"UPDATE complaint SET {values}"))


def test_the_answer_quotes_its_article(filed, client, at):
    with transaction() as tx:
        service.outcome(tx, complaint_id=filed.complaint_id, key="found", article=20, at=at)
    browser = Browser(client)
    browser.get("/receipt")
    browser.post("/receipt", code=receipt.grouped(filed.secret))
    assert "第二十条" in browser.page
    assert "应当立即停止传输该资源" in browser.page


@pytest.mark.parametrize(
    ("kept", "article"),
    [("outcome:found:20", 20), ("outcome:found", None), ("outcome:closed:x", None)],
)
def test_an_answer_is_read_with_its_article(kept, article):
    said, number = read(kept)
    assert not said.startswith("outcome")
    assert number == article
    assert read("outcome:unheard") == ("outcome:unheard", None)
    assert read("第20条: 不属实") == ("第20条: 不属实", None)


def test_a_place_of_a_claim_knows_how_it_is_opened(app, at):
    with transaction() as tx:
        make_catalogue(tx, at)
        told = make_complaint(tx, at, places=(Place("time", "12:35", "13:00"), Place("page", "4")))
    with reading() as session:
        [claim] = queries.claims(session, [told.complaint_id])
    assert [p.fragment for p in claim.locators] == ["t=754,781", "page=4"]
    assert claim.locators[1] == replace(claim.locators[1], fragment="")
