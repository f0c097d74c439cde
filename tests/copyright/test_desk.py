"""What an officer sees of a notice, and the one check between a counter-notice and restoration."""

from __future__ import annotations

import pytest
from flask import Flask

from app.accounts import service as accounts
from app.core import clock
from app.core.transaction import reading, transaction
from app.incidents import queries as incidents
from app.intake import jobs as intake_jobs
from app.intake import queries as complaints
from app.suspension import queries as stops
from tests.copyright.make import answer, incident_of, ref_of, send
from tests.incidents.test_desk import PASSWORD, Desk, desk  # noqa: F401 - a fixture

PAPER = {
    "name": "云川示例中学", "phone": "0871-65111111", "address": "云川市学府路2号",
    "what": "课件，全部地址", "proof": "本校教师自行编写。", "true": "yes",
}  # fmt: skip


@pytest.fixture
def case(desk: Desk) -> tuple[str, str, int]:  # noqa: F811
    with transaction() as tx:
        filed = send(tx, clock.now())
        return incident_of(tx, filed), ref_of(tx, filed), filed.complaint_id


def standing(ref: str) -> list[str]:
    with reading() as session:
        return [h.kind for h in stops.holds(session, incident=ref) if h.standing]


def test_the_notice_stands_on_its_incidents_page_without_a_review_clock(desk: Desk, case):  # noqa: F811
    page = desk.ada.get(f"/desk/incidents/{case[0]}").get_data(as_text=True)
    assert case[1] in page
    assert "第十四条要求的内容齐全" in page
    assert "没有复核时限" in page
    assert "《信息网络传播权保护条例》" in page
    assert f"/desk/copyright/{case[1]}/restore" not in page  # nothing to restore yet
    english = desk.ada.get(f"/desk/incidents/{case[0]}?lang=en").status_code
    assert english == 200


def test_one_officer_restores_and_the_claimant_is_told_why(desk: Desk, case):  # noqa: F811
    with transaction() as tx:
        answer(tx, case[1], clock.now())
    page = desk.ada.get(f"/desk/incidents/{case[0]}").get_data(as_text=True)
    assert f"/desk/copyright/{case[1]}/restore" in page
    path = f"/desk/copyright/{case[1]}/restore"
    empty = desk.ada.post(path, data={}, follow_redirects=True).get_data(as_text=True)
    assert "请说明理由" in empty or "原因" in empty
    assert standing(case[0]) == ["notice"]
    done = desk.ada.post(path, data={f"reason-{case[1]}": "内容齐全"}, follow_redirects=True)
    assert "已恢复" in done.get_data(as_text=True)
    assert standing(case[0]) == []
    with reading() as session:
        assert incidents.incident(session, case[0]).state == "closed"
    intake_jobs.tell_outcome(incident=case[0])
    with reading() as session:
        assert complaints.holder_view(session, case[2]).outcome == "countered"


def test_a_counter_notice_on_paper_counts_like_one_under_the_link(desk: Desk, case):  # noqa: F811
    path = f"/desk/copyright/{case[1]}/counter"
    assert desk.ada.get(path).status_code == 200
    lacking = desk.ada.post(path, data={**PAPER, "proof": ""})
    assert lacking.status_code == 422
    assert "第一千一百九十六条" in lacking.get_data(as_text=True)
    done = desk.ada.post(path, data=PAPER, follow_redirects=True).get_data(as_text=True)
    assert "已登记并转送" in done
    with reading() as session:
        assert "云川示例中学" in complaints.holder_view(session, case[2]).messages[-1].text


def test_an_officer_of_another_platform_restores_nothing(app: Flask, desk: Desk, case):  # noqa: F811
    import pyotp

    at = clock.now()
    with transaction() as tx:
        answer(tx, case[1], at)
        stranger, secret = accounts.add_account(
            tx, login="eve", name="伊芙", password=PASSWORD, memberships=[], at=at
        )
        token = accounts.sign_in(
            tx, account_id=stranger, code=pyotp.TOTP(secret).at(at), password_ok=True, at=at
        )
    client = app.test_client()
    client.set_cookie("desk", str(token))
    path = f"/desk/copyright/{case[1]}/restore"
    assert client.post(path, data={f"reason-{case[1]}": "x"}).status_code == 403
    assert app.test_client().post(path).status_code in {302, 303, 401}
    assert standing(case[0]) == ["notice"]
