"""Strict readers: what people type becomes places, addresses, masked words, danger."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.intake import masking, parse, safety, schema
from app.intake.values import Place

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("第3课12分35秒到13:10地图错误", [Place("time", "12:35", "13:10")]),
        ("1:02:33 处有广告", [Place("time", "1:02:33")]),
        ("十五分二十秒那里", [Place("time", "15:20")]),
        ("教材第十二页和第105页公式错", [Place("page", "12"), Place("page", "105")]),
        ("PPT第3张有错别字", [Place("slide", "3")]),
        ("第5题答案错", [Place("exercise", "5")]),
        ("课件最后一页的二维码是赌博网站", [Place("page", "最后一页")]),
        ("扫码以后是别的网站", [Place("link")]),
        ("整门课都过时了", [Place("whole")]),
        ("老师讲得太快", []),
        ("page 12 is wrong", [Place("page", "12")]),
    ],
)
def test_places_are_read_from_plain_words(text, expected):
    assert list(parse.places(text)) == expected


@pytest.mark.parametrize(
    ("kind", "typed", "kept"),
    [
        ("time", "12分35秒", "12:35"),
        ("time", "１２:35", "12:35"),
        ("page", "第十二页", "12"),
        ("page", " 12 ", "12"),
        ("exercise", "第3题", "3"),
        ("slide", "三", "3"),
        ("page", "附录", "附录"),
    ],
)
def test_locators_are_kept_in_their_plainest_form(kind, typed, kept):
    assert parse.tidy(kind, typed) == kept


def test_addresses_end_before_chinese_punctuation():
    text = "见 http://a.example/x?y=1。还有(https://b.example/z)和 c.example/w，"
    assert parse.urls(text) == ("http://a.example/x?y=1", "https://b.example/z", "c.example/w")


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("电话13800138000", "13800138000"),
        ("打 138-0013-8000", "138-0013-8000"),
        ("邮箱 zhao.li@school.example 联系", "zhao.li@school.example"),
        ("身份证110101199001011234", "110101199001011234"),
        ("我的微信号：abc_12345", "abc_12345"),
        ("我叫赵小云，是学生", "赵小云"),
        ("被李晓明老师骂", "李晓明"),
        ("my name is Ann Lee and", "Ann Lee"),
    ],
)
def test_people_are_blanked_in_the_working_copy(text, gone):
    assert gone not in masking.mask(text)
    assert masking.finds(text)


@pytest.mark.parametrize(
    "text",
    ["高中老师说方程错了", "数学老师很好", "第12页公式错误", "课程2024年的数据过时", "金属老师"],
)
def test_ordinary_words_stay(text):
    assert masking.mask(text) == text


def test_hidden_and_reordering_characters_are_removed_from_what_officers_read():
    assert masking.mask("赌\u200b博\u202e网站\x00") == "赌博网站"


@given(st.text(max_size=300))
def test_masking_never_fails_and_is_stable(text):
    once = masking.mask(text)
    assert masking.mask(once) == once


@pytest.mark.parametrize(
    ("text", "risk"),
    [
        ("看完以后我不想活了", "self_harm"),
        ("有人逼我拍照片发给他", "child_in_danger"),
        ("他威胁说要杀我", "threat"),
        ("第三页公式错误", None),
    ],
)
def test_danger_is_noticed_by_rules(text, risk):
    assert safety.risk(text) == risk


@pytest.mark.parametrize("text", ["", "   ", "a\x00b", "a\ud800b", "长" * 10_001])
def test_text_that_cannot_be_taken_gets_a_sentence(text):
    assert schema.text_fault(text)


@given(st.text(alphabet="零一二三四五六七八九十百0123456789分秒:第页", max_size=30))
def test_readers_never_fail(text):
    parse.places(text)
    parse.seconds(text)
    parse.tidy("time", text)
