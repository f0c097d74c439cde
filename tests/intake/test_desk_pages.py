"""Attachments at the desk: a rendition without hidden data; the original with reason and code."""

from __future__ import annotations

import io
import json

import pyotp
import pytest
from sqlalchemy import text

from app.accounts import service as accounts
from app.core import clock, crypto
from app.core.keystore import keys
from app.core.transaction import reading, transaction
from app.intake import attachments, file_jobs, queries
from app.intake.values import Scan
from tests.catalogue.make import make_catalogue
from tests.intake import seeded
from tests.intake.make import STORY
from tests.intake.seeded import CANARY, WORDS

PASSWORD = "correct horse battery"


@pytest.fixture
def desk(app, client):
    at = clock.now()
    app.config["WTF_CSRF_ENABLED"] = False
    with transaction() as tx:
        make_catalogue(tx, at)
        _, secret = accounts.add_account(
            tx, login="wang", name="王值班", password=PASSWORD, memberships=[(1, "officer")], at=at
        )
    code = pyotp.TOTP(secret).at(at)
    client.post("/desk/sign-in", data={"login": "wang", "password": PASSWORD, "code": code})
    return client


def _file(client, make=seeded.jpeg, name="照片.jpg", **more) -> str:
    body = {"text": STORY, "resource": {"id": "R0001"}, **more}
    data = {"complaint": json.dumps(body), "files": (io.BytesIO(make()), name)}
    answer = client.post("/api/v1/complaints", data=data, content_type="multipart/form-data")
    assert answer.status_code == 201
    with reading() as session:
        return queries.for_triage(session, 1).attachments[0].ref


def test_officers_see_a_picture_without_hidden_data(desk):
    shown = desk.get(f"/desk/attachments/{_file(desk)}")
    assert shown.status_code == 200
    assert shown.mimetype == "image/png"
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    assert CANARY.encode() not in shown.data


def test_the_original_needs_a_reason_and_leaves_an_entry(desk):
    url = f"/desk/attachments/{_file(desk)}"
    assert desk.post(url, data={"reason": " "}).status_code == 422
    given = desk.post(url, data={"reason": "核对拍摄时间"})
    assert given.data == seeded.jpeg()
    assert given.headers["Content-Disposition"].startswith("attachment")
    assert given.mimetype == "application/octet-stream"
    with reading() as session:
        query = text("SELECT count(*) FROM audit_entry WHERE action = 'attachment.opened'")
        assert session.execute(query).scalar_one() == 1


def test_a_minors_files_are_not_for_every_officer(desk):
    ref = _file(desk, contact={"minor": True})
    assert desk.get(f"/desk/attachments/{ref}").status_code == 403


def test_a_minors_original_needs_the_approver_beside(desk):
    ref = _file(desk, contact={"minor": True})
    at = clock.now()
    with transaction() as tx:
        _, secret = accounts.add_account(
            tx, login="sun", name="孙审批", password=PASSWORD,
            memberships=[(1, "privacy_approver")], at=at,
        )  # fmt: skip
    url, asked = f"/desk/attachments/{ref}", {"reason": "核对", "part": "original"}
    assert desk.post(url, data=asked).status_code == 403
    wrong = {**asked, "approver": "sun", "approver_code": "000000"}
    assert desk.post(url, data=wrong).status_code == 403
    code = pyotp.TOTP(secret).at(at)
    given = desk.post(url, data={**asked, "approver": "sun", "approver_code": code})
    assert given.data == seeded.jpeg()
    with reading() as session:
        query = text("SELECT data FROM audit_entry WHERE action = 'attachment.opened'")
        [entry] = session.execute(query).scalars()
        assert "approved_by" in str(entry)


def _scanned(ref: str) -> None:
    with transaction() as tx:
        tx.execute(text("UPDATE attachment SET scan = 'waiting'"))
        attachments.scanned(tx, ref=ref, result=Scan.CLEAN, at=clock.now())


def test_a_scanned_paper_is_given_as_its_clean_copy(desk):
    paper = seeded.pdf()
    ref = _file(desk, lambda: paper, "通知.pdf")
    url = f"/desk/attachments/{ref}"
    assert desk.get(url).status_code == 409
    _scanned(ref)
    file_jobs.make_copy(ref=ref)
    file_jobs.make_copy(ref=ref)
    given = desk.get(url)
    assert given.mimetype == "application/pdf"
    assert given.headers["Content-Disposition"] == f'attachment; filename="{ref}.pdf"'
    assert CANARY.encode() not in given.data
    with reading() as session:
        kept = attachments.kept(session, ref)
        assert kept.view.sha256 == crypto.sha256_hex(paper)
        assert kept.view.copy_size == len(given.data)
        said = "SELECT count(*) FROM audit_entry WHERE action = 'attachment.copied'"
        assert session.execute(text(said)).scalar_one() == 1


def test_an_unscanned_copy_is_given_for_a_reason_only(desk):
    ref = _file(desk, seeded.docx, "教案.docx")
    file_jobs.make_copy(ref=ref)
    url = f"/desk/attachments/{ref}"
    words = desk.get(url)
    assert (words.mimetype, WORDS in words.get_data(as_text=True)) == ("text/plain", True)
    given = desk.post(url, data={"reason": "看版式", "part": "copy"})
    assert given.headers["Content-Disposition"] == f'attachment; filename="{ref}.docx"'
    assert CANARY.encode() not in given.data
    assert given.data[:2] == b"PK"


@pytest.mark.parametrize("scan", ["waiting", "quarantined"])
def test_what_is_not_known_to_be_harmless_opens_for_nobody(desk, scan):
    ref = _file(desk)
    with transaction() as tx:
        tx.execute(text("UPDATE attachment SET scan = :scan"), {"scan": scan})
    url = f"/desk/attachments/{ref}"
    assert desk.get(url).status_code == 409
    assert desk.post(url, data={"reason": "核对"}).status_code == 409


def test_an_erased_complaint_leaves_neither_original_nor_copy(desk):
    ref = _file(desk)
    file_jobs.make_copy(ref=ref)
    with reading() as session:
        kid = attachments.kept(session, ref).kid
    keys().destroy_data_key(kid, at=clock.now())
    assert desk.get(f"/desk/attachments/{ref}").status_code == 409
    file_jobs.make_copy(ref=ref)


def test_a_film_of_which_no_sure_copy_can_be_made_says_so(desk):
    ref = _file(desk, lambda: seeded.mp4() + seeded._box(b"moof"), "录像.mp4")
    file_jobs.make_copy(ref=ref)
    with reading() as session:
        complaint = queries.for_triage(session, 1)
    assert complaint.attachments[0].copy == "none"
    page = desk.get(f"/desk/complaints/{complaint.ref}").get_data(as_text=True)
    assert "无法制作确保不含隐藏信息的副本" in page
    assert "拍摄地点" in page
    assert "31.23" not in page


def test_strangers_see_nothing(desk, app):
    ref = _file(desk)
    stranger = app.test_client()
    assert stranger.get(f"/desk/attachments/{ref}").status_code == 303


def test_the_complaints_page_lists_its_files(desk):
    ref = _file(desk)
    with reading() as session:
        complaint = queries.for_triage(session, 1).ref
    assert ref in desk.get(f"/desk/complaints/{complaint}").get_data(as_text=True)


def test_resource_pages_of_other_sites_may_load_the_entry(client):
    answer = client.get("/embed.js")
    assert answer.mimetype == "text/javascript"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
