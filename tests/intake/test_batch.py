"""Tables and mails: strictly read, every fault named with its line, taken once."""

from __future__ import annotations

import csv
import io
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import InvalidError
from app.intake import batch

pytestmark = pytest.mark.pure
HEAD = "resource,url,place,text,kind,phone,email,name,lang\n"


def _mail(text: str = "第12页的插图不对。", **heads: str) -> EmailMessage:
    mail = EmailMessage()
    given_ = {"Subject": "七年级数学", "From": "赵老师 <zhao@school.example>"} | heads
    for name, value in given_.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail


def test_the_sample_table_is_read_without_a_fault():
    entries = batch.read("sample.csv", batch.SAMPLE.encode("utf-8-sig"))
    assert len(entries) == 2
    assert not any(entry.errors for entry in entries)
    assert entries[0].answers["places"] == [["time", "12:35", None]]
    assert entries[1].answers["contact"]["address"] == "zhao@school.example"


def test_chinese_spreadsheets_and_chinese_headings_are_understood():
    table = "资源;位置;内容\n七年级数学;第3题;答案错了\n".encode("gb18030")
    [entry] = batch.read("表.csv", table)
    assert entry.answers["resource"] == {"hint": "七年级数学"}
    assert entry.answers["places"] == [["exercise", "3", None]]


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (",,,没有声音,,,,,", "resource"),
        ("R1,,,,,,,,", "text"),
        ("R1,,不知道哪里,没有声音,,,,,", "place"),
        ("R1,,,没有声音,nonsense,,,,", "kind"),
        ("R1,,,没有声音,,12,,,", "phone_address"),
        ("R1,,,没有声音,,,nobody,,", "email_address"),
    ],
)
def test_a_row_that_cannot_be_taken_says_which_field_and_leaves_the_others(row, field):
    bad, good = batch.read("x.csv", f"{HEAD}{row}\nR2,,,画面花屏,,,,,\n".encode())
    assert field in bad.errors
    assert bad.label == "x.csv:2"
    assert not good.errors


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("x.csv", b"a,b\n1,2\n", "must name the columns"),
        ("x.csv", b"", "must name the columns"),
        ("x.xlsx", b"PK\x03\x04\x00\x00\xff\xfe", "no text"),
        ("x.eml", b"", "no mail"),
        ("x.csv", (HEAD + 501 * "R1,,,x,,,,,\n").encode(), "more than 500"),
    ],
)
def test_a_file_that_is_none_says_what_to_do(name, data, sentence):
    with pytest.raises(InvalidError, match=sentence):
        batch.read(name, data)


def test_the_same_row_and_the_same_mail_are_known_again():
    row = f"{HEAD}R1,,,没有声音,,,,,\n".encode()
    assert batch.read("a.csv", row)[0].digest == batch.read("b.csv", row)[0].digest
    first, again = (
        batch.read("a.eml", _mail(Message_ID="<1@mail.example>", X_Way=way).as_bytes())[0]
        for way in ("one", "two")
    )
    assert first.digest == again.digest


def test_a_mail_brings_words_sender_address_and_files():
    mail = _mail("网址 https://edu.example/c/9 打不开\r\n谢谢", Message_ID="<2@mail.example>")
    mail.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="截图.png")
    [entry] = batch.read("来信.eml", mail.as_bytes())
    # The address names the resource; so the subject is part of what is said.
    said = "七年级数学\n\n网址 https://edu.example/c/9 打不开\n谢谢"
    assert entry.answers["text"]["text"] == said
    assert entry.answers["resource"] == {
        "hint": "七年级数学",
        "url": "https://edu.example/c/9",
    }
    assert entry.answers["contact"]["address"] == "zhao@school.example"
    assert [(piece.name, piece.content) for piece in entry.pieces] == [("截图.png", b"\x89PNG")]


def test_a_mail_of_pictures_and_styles_is_read_by_its_words():
    mail = EmailMessage()
    mail["Subject"], mail["From"] = "R0001", "a@school.example"
    mail.set_content("<style>p{}</style><p>没有声音</p><script>x()</script>", subtype="html")
    [entry] = batch.read("a.eml", mail.as_bytes())
    assert entry.answers["text"]["text"] == "没有声音"


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("R1,,,讲错了, 真的,,,,,,", "row"),
        (f"{'题' * 501},,,讲错了,,,,,", "resource"),
    ],
)
def test_what_would_be_cut_or_shifted_is_refused(row, field):
    [entry] = batch.read("x.csv", f"{HEAD}{row},多\n".encode())
    assert field in entry.errors


def test_an_open_quotation_mark_does_not_swallow_the_rows_behind_it():
    with pytest.raises(InvalidError, match="line 2"):
        batch.read("x.csv", b'resource,text\nR1,"open\nR2,second\nR3,third\n')


def test_a_pupil_under_14_is_known_as_one_and_a_contact_needs_the_guardian():
    table = "资源,内容,手机,未满14岁,监护人同意\nR1,错了,13800000000,是,是\nR1,错了,13800000000,是,\nR1,错了,,也许,\n"
    good, alone, unclear = batch.read("x.csv", table.encode())
    assert good.answers["contact"]["minor"]
    assert good.answers["contact"]["guardian"]
    assert not good.errors
    assert "guardian" in alone.errors
    assert "minor" in unclear.errors


def test_a_column_without_meaning_is_named_and_changes_nothing():
    bare, more = (
        batch.read("x.csv", f"资源,内容{title}\nR1,错了{cell}\n".encode())[0]
        for title, cell in (("", ""), (",电话,备注", ",,加急"))
    )
    assert (bare.unread, more.unread) == ((), ("备注",))
    assert bare.digest == more.digest


def test_a_mail_with_anothers_message_id_is_a_mail_of_its_own():
    first, second = (
        batch.read("a.eml", _mail(text, Message_ID="<same@x.example>").as_bytes())[0]
        for text in ("第一封", "第二封")
    )
    assert first.digest != second.digest


def test_pasted_pictures_forwarded_mails_and_links_are_not_lost():
    mail = EmailMessage()
    mail["Subject"], mail["From"] = "Fwd", "a@b.example"
    mail.set_content("<p>坏了 <a href='https://edu.example/c/9'>这里</a></p>", subtype="html")
    mail.add_related(b"\x89PNG", maintype="image", subtype="png", cid="<x>")
    mail.add_attachment(_mail("转发的信"))
    mail.add_attachment(b"", maintype="image", subtype="png", filename="空.png")
    [entry] = batch.read("a.eml", mail.as_bytes())
    assert [piece.name for piece in entry.pieces] == ["2.png", "3.eml", "空.png"]
    assert "转发的信" in str(
        message_from_bytes(entry.pieces[1].content, policy=policy.default).get_content()
    )
    assert entry.answers["resource"]["url"] == "https://edu.example/c/9"


def test_the_older_name_of_a_chinese_charset_is_read_with_all_its_characters():
    head = b"Subject: R1\nFrom: a@b.example\nContent-Type: text/plain; charset=gb2312\n\n"
    [entry] = batch.read("a.eml", head + "喆老师讲错了".encode("gb18030"))
    assert entry.answers["text"]["text"] == "喆老师讲错了"


_WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("C",)), min_size=1, max_size=40)


@given(st.lists(_WORDS.filter(str.strip), min_size=1, max_size=5))
def test_what_a_spreadsheet_writes_is_read_back_word_for_word(texts):
    out = io.StringIO(newline="")
    csv.writer(out).writerows([("资源", "内容"), *(("R1", t) for t in texts)])
    entries = batch.read("x.csv", out.getvalue().encode("utf-8-sig"))
    assert [e.answers["text"]["text"] for e in entries] == [t.strip() for t in texts]


@given(st.lists(st.sampled_from([
    b"Content-Type: multipart/mixed; boundary=x\n", b"From: =?utf-8?q?=?= <\n", b"From: a@b.example, <\n",
    b"Subject: =?x?q?=ff?=\n", b"Message-ID: <\xff\n", b"--x\n", b"--x--\n", b"\n", b"\xff\x00",
    b"Content-Type: message/rfc822\n", b"Content-Type: text/html; charset=nonsense\n",
    b"Content-Disposition: attachment; filename*=x''%ff\n", b"Content-Transfer-Encoding: base64\n", b"=",
]), max_size=14).map(b"".join))  # fmt: skip
def test_no_damaged_mail_breaks_the_reader(data):
    try:
        [entry] = batch.read("x.eml", b"From: a@b.example\n" + data)
    except InvalidError:
        return
    entry.digest.encode()
    str(entry.answers).encode()


@given(st.binary(max_size=400), st.sampled_from(["x.csv", "x.eml"]))
def test_no_bytes_break_a_reader(data, name):
    try:
        entries = batch.read(name, data)
    except InvalidError:
        return
    assert all(entry.digest and entry.label for entry in entries)
