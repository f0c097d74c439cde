"""The desk's complaint page: who answers has read, who only looks has changed nothing."""

from __future__ import annotations

import pyotp
import pytest
from sqlalchemy import select

from app.accounts import service as accounts
from app.core import clock
from app.core.db import db
from app.core.transaction import reading, transaction
from app.incidents import queries as incidents
from app.intake import queries as intake_queries
from app.intake import service as intake
from app.intake.models import Message
from app.intake.values import Place
from app.suspension import queries as stops
from app.triage import jobs
from tests.incidents.make import make_world
from tests.intake.make import make_complaint
from tests.make import make_officer


@pytest.fixture
def complaint(app, client):
    app.config["WTF_CSRF_ENABLED"] = False
    at = clock.now()
    with transaction() as tx:
        world = make_world(tx, at)
        account_id, secret = make_officer(tx, at, platform_id=world.resource.platform_id)
        code = pyotp.TOTP(secret).at(at)
        token = accounts.sign_in(tx, account_id=account_id, code=code, password_ok=True, at=at)
        filed = make_complaint(tx, at)
        intake.add_message(tx, complaint_id=filed.complaint_id, text="第十页也有。", at=at)
    client.set_cookie("desk", str(token))
    return filed.ref


def _unread() -> int:
    with reading() as session:
        query = select(Message).where(Message.direction == "in", Message.read_at.is_(None))
        return len(list(session.scalars(query)))


def test_looking_changes_nothing_and_asking_marks_as_read(client, complaint):
    assert client.get(f"/desk/complaints/{complaint}").status_code == 200
    assert _unread() == 1
    asked = client.post(f"/desk/complaints/{complaint}/ask", data={"text": "是第几讲？"})
    assert asked.status_code == 303
    assert _unread() == 0


def test_an_incident_shows_one_problem_once_and_says_how_often(client, complaint):
    at = clock.now()
    words = ("课件末页扫码进了赌博网站", "最后一页那个二维码是赌钱的网站")
    with transaction() as tx:
        more = [make_complaint(tx, at, text=text) for text in words]
        filed = [intake_queries.by_ref(tx, complaint).id, *(one.complaint_id for one in more)]
    for complaint_id in filed:
        jobs.sort(complaint_id)
    with reading() as session:
        ref = incidents.incidents_of_complaint(session, filed[0])[0].ref
    page = client.get(f"/desk/incidents/{ref}").text
    assert "同一问题，共 3 件" in page
    assert (
        page.index(complaint) < page.index("<summary>再次反映的最近 2 件") < page.index(more[0].ref)
    )


def test_a_place_of_a_claim_is_a_link_that_opens_the_resource_there(client, complaint):
    with transaction() as tx:
        told = make_complaint(tx, clock.now(), places=(Place("time", "12:35", "13:00"),))
    jobs.sort(told.complaint_id)
    with reading() as session:
        ref = incidents.incidents_of_complaint(session, told.complaint_id)[0].ref
        dark = bool(stops.standing(session, 1))
    for page in (f"/desk/complaints/{told.ref}", f"/desk/incidents/{ref}"):
        shown = client.get(page).text
        assert "12:35" in shown
        assert ("#t=754,781" in shown) is not dark


def test_who_decided_reads_the_appeal_but_is_not_asked_to_answer_it(client, complaint):
    answer = {"text": "已核实，不属实。"}
    assert client.post(f"/desk/complaints/{complaint}/answer", data=answer).status_code == 303
    with transaction() as tx:
        filed = intake_queries.by_ref(tx, complaint)
        intake.appeal(tx, complaint_id=filed.id, text="请换个人看看。", at=clock.now())
    db.session.remove()  # the test's own context outlives the request
    page = client.get(f"/desk/complaints/{complaint}").text
    assert "请换个人看看" in page
    assert "申诉须由其他工作人员答复" in page
    assert "answer-text" not in page
    refused = client.post(f"/desk/complaints/{complaint}/answer", data={"text": "维持"})
    assert refused.status_code == 403
    assert "申诉" in client.get("/desk/triage").text


def test_the_desk_says_what_a_complaint_was_added_to(client, complaint):
    with transaction() as tx:
        first = intake_queries.by_ref(tx, complaint)
        joined = make_complaint(tx, clock.now(), joins=first.id)
    page = client.get(f"/desk/complaints/{joined.ref}").text
    assert f'href="/desk/complaints/{complaint}"' in page
