"""Bringing complaints in files: looked at first, filed once, the receipts kept until handed on."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from app.cli import complaints as command
from app.core.transaction import reading
from app.intake import batch, batch_filing, batch_pages, queries
from app.intake.models import Arrival, Attachment, Complaint
from tests.intake import seeded
from tests.intake.officers import sign_in

HEAD = "resource,url,place,text,kind,phone,email,name,lang\n"
TABLE = f"{HEAD}R0001,,第3题,答案错了。,scientific,,,,zh\n,,,没有资源,,,,,\nR0001,,,=1+1 图不清楚,,,,,\n"


def _bring(client, data: bytes | str = TABLE, name: str = "表.csv"):
    raw = data.encode() if isinstance(data, str) else data
    sent = {"files": (io.BytesIO(raw), name)}
    return client.post(
        "/desk/import", data=sent, content_type="multipart/form-data", follow_redirects=True
    )


def _filed() -> list[Any]:
    with reading() as session:
        rows = session.query(Complaint.source, Complaint.entered_by, Complaint.kid)
        return list(rows.order_by(Complaint.id))


def test_nothing_is_filed_before_it_was_looked_at(officer):
    page = _bring(officer).text
    assert not _filed()
    assert "答案错了。" in page
    assert "表.csv:3" in page
    page = officer.post("/desk/import/send", follow_redirects=True).text
    assert [(row.source, row.entered_by) for row in _filed()] == [("import", "account:1")] * 2
    assert page.count("<code>") == 3


def test_whatever_a_row_says_it_is_shown_with_its_fault(officer):
    odd = f"{HEAD}R0001,,,讲错了,不知道的类别,12,nobody,{'名' * 61},xx\nR0001,,第3题,{'字' * 10001},,,,,\n"
    answer = _bring(officer, odd)
    assert answer.status_code == 200
    assert answer.text.count('class="error own-line"') >= 3


def test_the_receipts_open_the_complaints_and_no_cell_is_a_formula(officer):
    _bring(officer, TABLE, "=a.csv")
    officer.post("/desk/import/send")
    raw = officer.post("/desk/import/receipts.csv").data.decode("utf-8-sig")
    _, first, bad, _ = csv.reader(io.StringIO(raw, newline=""))
    assert first[0].startswith("'=a.csv")
    with reading() as session:
        found = queries.by_secret(session, first[2].replace("-", ""))
        assert session.get(Complaint, found).ref == first[1]
    assert bad[1] == ""
    assert bad[3]
    assert officer.post("/desk/import/receipts.csv").status_code == 409
    assert first[2] not in officer.get("/desk/import").text
    officer.post("/desk/import/forget")
    assert "答案错了。" not in officer.get("/desk/import").text


def test_brought_again_it_is_left_out(officer):
    for _ in range(2):
        _bring(officer)
        officer.post("/desk/import/send")
    assert len(_filed()) == 2


def test_what_was_interrupted_goes_on_where_it_stopped(officer, monkeypatch):
    rows = "".join(f"R0001,,,第{n}处写错了字,,,,,\n" for n in range(45))
    _bring(officer, HEAD + rows)
    real, calls = batch_pages._file, []

    def dies(entries, by, first):
        calls.append(len(entries))
        if len(calls) == 2:
            raise KeyboardInterrupt
        real(entries, by, first)

    monkeypatch.setattr(batch_pages, "_file", dies)
    with pytest.raises(KeyboardInterrupt):
        officer.post("/desk/import/send")
    assert len(_filed()) == batch_pages.AT_ONCE
    assert officer.post("/desk/import/receipts.csv").status_code == 409
    monkeypatch.setattr(batch_pages, "_file", real)
    officer.post("/desk/import/send")
    assert len(_filed()) == 45


def test_what_takes_long_says_how_far_it_is_and_goes_on(officer, monkeypatch):
    rows = "".join(f"R0001,,,第{n}处写错了字,,,,,\n" for n in range(25))
    _bring(officer, HEAD + rows)
    monkeypatch.setattr(batch_pages, "PATIENCE", timedelta(seconds=-1))
    page = officer.post("/desk/import/send", follow_redirects=True).text
    assert '<progress value="20" max="25"' in page
    assert "<progress" not in officer.post("/desk/import/send", follow_redirects=True).text
    assert len(_filed()) == 25


def test_the_button_pressed_twice_at_once_lists_nothing_twice(officer, monkeypatch):
    _bring(officer)
    real = batch_filing.attach

    def meanwhile(entry, **more):
        monkeypatch.setattr(batch_filing, "attach", real)
        officer.post("/desk/import/send")
        return real(entry, **more)

    monkeypatch.setattr(batch_filing, "attach", meanwhile)
    page = officer.post("/desk/import/send", follow_redirects=True).text
    assert len(_filed()) == 2
    assert page.count("<code>") == 3


def test_nobody_else_at_the_same_desk_sees_the_files_or_the_codes(app, officer):
    _bring(officer)
    officer.post("/desk/import/send")
    with app.app_context():  # the next one's own request, with the cookies of the same browser
        officer.post("/desk/sign-out")
    with app.app_context():
        sign_in(officer, "supervisor")
        page = officer.get("/desk/import").text
        assert "答案错了。" not in page
        assert "<code>" not in page
        assert officer.post("/desk/import/receipts.csv").status_code == 404


def test_neither_table_nor_log_lets_anybody_guess_at_a_row(officer):
    _bring(officer)
    officer.post("/desk/import/send")
    [entry, *_] = batch.read("表.csv", TABLE.encode())
    with reading() as session:
        kept = "".join(row.digest for row in session.query(Arrival))
        logged = str(session.execute(text("SELECT * FROM audit_entry")).fetchall())
    assert len(kept) == 128
    for told in (kept, logged):
        assert entry.digest not in told


def test_rows_that_say_the_same_and_columns_nobody_reads_are_pointed_out(officer):
    table = "resource,text,备注\nR0001,没有声音,加急\nR0001,没有声音,\n"
    page = _bring(officer, table).text
    assert "备注" in page
    assert "表.csv:2" in page.split("表.csv:3", 1)[1]
    officer.post("/desk/import/send")
    assert len(_filed()) == 1


def test_a_mail_brings_its_pictures_sealed_and_says_which_it_could_not_take(officer):
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["Message-ID"] = "R0001", "a@b.example", "<7@b.example>"
    mail.set_content("第3题答案错了。")
    mail.add_attachment(seeded.jpeg(), maintype="image", subtype="jpeg", filename="照片.jpg")
    mail.add_attachment(b"MZ\x90\x00" * 50, maintype="application", subtype="x", filename="a.exe")
    looked = _bring(officer, mail.as_bytes(), "来信.eml").text
    assert "“a.exe”" in looked
    assert "“照片.jpg”" not in looked
    assert not list((officer.application.config["CHUKU"].folder / "uploads").glob("*/*"))
    page = officer.post("/desk/import/send", follow_redirects=True).text
    [row] = _filed()
    assert row.source == "mail"
    assert "a.exe" in page
    with reading() as session:
        [kept] = session.query(Attachment)
        assert (kept.media_type, kept.kid) == ("image/jpeg", row.kid)


@pytest.mark.parametrize(("name", "data"), [("x.xlsx", b"PK\x03\x04\x00"), ("x.csv", b"a,b\n")])
def test_a_file_that_is_none_is_refused_with_a_sentence(officer, name, data):
    answer = _bring(officer, data, name)
    assert answer.status_code == 422
    assert 'id="files-error"' in answer.text


def test_the_command_files_and_writes_the_codes_where_only_its_user_reads(
    app, officer, tmp_path, monkeypatch
):
    monkeypatch.setattr("app.factory.create_app", lambda *_, **__: app)
    monkeypatch.setattr("app.cli.context.settings", lambda **_: app.config["CHUKU"])
    table, out = tmp_path / "a.csv", tmp_path / "receipts.csv"
    table.write_text(TABLE, "utf-8")
    run = CliRunner().invoke
    asked = run(command.complaints, ["import", str(table), "--dry-run"])
    assert asked.output.startswith("2 would be filed, 0 came before, 1 refused")
    assert not _filed()
    told = run(command.complaints, ["import", str(table), "--receipts", str(out)])
    assert told.exit_code == 1
    assert "a.csv:3: Please say which resource" in told.output
    assert out.stat().st_mode & 0o777 == 0o600
    assert len(out.read_text("utf-8").splitlines()) == len(_filed()) == 2
    again = run(command.complaints, ["import", str(table), "--receipts", str(out)])
    assert again.output.startswith("0 filed, 2 came before, 1 refused")


def test_every_alias_of_a_column_is_named_once():
    names = [alias for aliases in batch.NAMES.values() for alias in aliases]
    assert len(names) == len(set(names))
