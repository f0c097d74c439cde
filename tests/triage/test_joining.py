"""Joining instead of repeating: offered for the same problem at the same place, nothing leaks."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from app.core.transaction import reading, transaction
from app.incidents import queries as incidents
from app.intake import queries as intake
from app.intake import service as intake_service
from app.intake import views
from app.intake.values import Place
from app.triage import jobs, queries
from tests.catalogue.make import make_catalogue
from tests.intake.browser import Browser
from tests.intake.make import make_complaint

SILENT = "第二讲放到一半没有声音了，只看到老师张嘴"
SILENT_AGAIN = "老师张嘴但是听不到，第二讲后面没声音"
BLURRED = "第五讲画面特别模糊，黑板上的字看不清"


@pytest.fixture
def world(app, at, monkeypatch):
    monkeypatch.setattr("app.core.clock.now", lambda: at)
    with transaction() as tx:
        make_catalogue(tx, at)
    return at


def tell(at, words: str, **more: object):
    with transaction() as tx:
        filed = make_complaint(tx, at, text=words, **more)
    jobs.sort(filed.complaint_id)
    return filed


def offer(words: str, *places: Place, ref: str = "R0001"):
    with reading() as session:
        return queries.offer(session, ref, words, places)


def test_other_words_for_the_same_problem_are_offered_and_other_problems_are_not(world):
    first = tell(world, SILENT)
    found = offer(SILENT_AGAIN)
    assert found is not None
    assert found.complaint_id == first.complaint_id
    assert offer(BLURRED) is None
    assert offer(SILENT_AGAIN, ref="R0002") is None


def test_the_same_words_at_another_place_are_another_problem(world):
    tell(world, SILENT, places=(Place("time", "12:35"),))
    assert offer(SILENT, Place("time", "12:40")) is not None
    assert offer(SILENT, Place("time", "31:00")) is None
    assert offer(SILENT) is not None


def test_a_number_is_told_from_five_on(world):
    for n in range(4):
        tell(world, SILENT, network=f"192.0.2.{n}")
    assert offer(SILENT).times is None
    tell(world, SILENT_AGAIN)
    assert offer(SILENT).times == 5


def test_what_is_closed_withdrawn_or_an_exercise_is_not_offered(world):
    gone, practice = tell(world, SILENT), tell(world, BLURRED, exercise=True)
    with transaction() as tx:
        intake_service.withdraw(tx, complaint_id=gone.complaint_id, reason="", at=world)
    assert offer(SILENT) is None
    assert practice.complaint_id
    assert offer(BLURRED) is None


def fill(browser: Browser, words: str, **place: str) -> None:
    browser.get("/complain/resource?q=R0001")
    browser.post("/complain/resource", resource="R0001")
    browser.post("/complain/where", **place)
    browser.post("/complain/what", text=words, kind="")
    browser.post("/complain/files")
    browser.post("/complain/contact", way="none")
    assert browser.path == "/complain/check"


def test_one_press_joins_and_gives_an_own_receipt(world, client):
    first = tell(world, SILENT)
    browser = Browser(client)
    fill(browser, SILENT_AGAIN)
    assert "已有人反映同一问题" in browser.page
    browser.post("/complain/send", once=browser.once, join="yes")
    with reading() as session:
        mine = intake.by_secret(session, browser.code)
        assert mine is not None
        assert mine != first.complaint_id
        assert intake.for_triage(session, mine).joins == first.complaint_id
    jobs.sort(mine)
    with reading() as session:
        ours = incidents.incidents_of_complaint(session, first.complaint_id)
        theirs = incidents.incidents_of_complaint(session, mine)
        assert [i.ref for i in ours] == [i.ref for i in theirs] != []


def test_the_joiner_goes_where_the_joined_went_whatever_the_machine_reads(world, monkeypatch):
    first = tell(world, SILENT)
    with reading() as session:
        [target] = incidents.incidents_of_complaint(session, first.complaint_id)
    with transaction() as tx:
        mine = make_complaint(tx, world, text="就是这个", joins=first.complaint_id)
    jobs.sort(mine.complaint_id)
    with reading() as session:
        found = incidents.incidents_of_complaint(session, mine.complaint_id)
        assert [i.ref for i in found] == [target.ref]


def test_who_sends_anew_joins_nothing(world, client):
    tell(world, SILENT)
    browser = Browser(client)
    fill(browser, SILENT_AGAIN)
    browser.post("/complain/send", once=browser.once)
    with reading() as session:
        assert intake.for_triage(session, 2).joins is None


def test_nothing_of_the_others_is_on_any_page(world, client):
    canary = "金丝雀词语"
    theirs = tell(world, f"{SILENT}，{canary}", places=(Place("time", "11:47"),))
    browser = Browser(client)
    fill(browser, SILENT, kind="time", time_from="11:50")
    pages = [browser.page]
    pages.append(browser.post("/complain/send", once=browser.once, join="yes"))
    code = browser.code
    browser.get("/receipt")
    pages.append(browser.post("/receipt", code=code))
    for page in pages:
        assert canary not in page
        assert theirs.ref not in page
        assert "11:47" not in page
        assert not re.search(r"\d+ 份举报", page)


def test_the_offer_is_not_remembered_for_other_words(world, client):
    tell(world, SILENT)
    browser = Browser(client)
    fill(browser, SILENT)
    assert "已有人反映同一问题" in browser.page
    browser.get("/complain/what")
    browser.post("/complain/what", text=BLURRED, kind="")
    browser.get("/complain/check")
    assert "已有人反映同一问题" not in browser.page
    browser.post("/complain/send", once=browser.once, join="yes")  # a forged press
    with reading() as session:
        assert intake.for_triage(session, 2).joins is None


def test_who_asks_too_often_is_no_longer_told_and_can_still_send(world, client, monkeypatch):
    tell(world, SILENT)
    monkeypatch.setattr(views, "ASKS_ON_ONE", 0)
    browser = Browser(client)
    fill(browser, SILENT)
    assert "已有人反映同一问题" not in browser.page
    browser.post("/complain/send", once=browser.once)
    assert browser.code


def test_comparing_reads_no_language_model():
    asked = (
        "import sys; from app.classifier import likeness; "
        "p = likeness.fingerprint('没有声音', about='课'); likeness.same(p, {1: p}); "
        "sys.exit('spacy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", asked], check=False).returncode == 0
