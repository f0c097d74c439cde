"""Tables and mails: strictly read, every fault named with its line, taken once."""

from __future__ import annotations

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
    assert entry.answers["text"]["text"] == "网址 https://edu.example/c/9 打不开\n谢谢"
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


@given(st.binary(max_size=400), st.sampled_from(["x.csv", "x.eml"]))
def test_no_bytes_break_a_reader(data, name):
    try:
        entries = batch.read(name, data)
    except InvalidError:
        return
    assert all(entry.digest and entry.label for entry in entries)
