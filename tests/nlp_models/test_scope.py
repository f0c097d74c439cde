"""What a course is about is not what is complained about."""

from __future__ import annotations

import pytest

from nlp_models.scope import denied, topics


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("讲毒品危害的课没有声音", "毒品危害"),
        ("禁毒课打不开", "禁毒课"),
        ("《远离赌博》下载失败", "《远离赌博》"),
        ("the lesson on gambling law has a dead link", "lesson on gambling law"),
    ],
)
def test_the_subject_of_a_resource_is_a_topic(text: str, topic: str) -> None:
    assert topic in {text[start:end] for start, end in topics(text)}


def test_the_complaint_itself_is_no_topic() -> None:
    assert topics("扫码出来是赌博网站") == []


@pytest.mark.parametrize(
    "text",
    ["没有违法,只是没声音", "不是诈骗,但是链接失效", "nothing illegal, it just has no sound"],
)
def test_what_is_denied_ends_before_the_turn(text: str) -> None:
    (start, end), *_ = denied(text)
    assert start == 0
    assert text[end:].startswith(("只是", "但是", "it"))


def test_what_does_not_work_has_its_subject_before_it() -> None:
    text = "南海科考纪录片放到一半卡死"
    assert "南海科考" in {text[start:end] for start, end in topics(text)}
    assert topics("地图少画了南海诸岛") == []


@pytest.mark.parametrize(
    "text",
    [
        "请问发现赌博网站应该向哪个部门举报",
        "想问一下怎么举报色情内容,入口在哪",
        "how do i report a gambling advert?",
    ],
)
def test_what_a_question_is_about_is_no_claim(text: str) -> None:
    assert (0, len(text)) in topics(text)


def test_a_question_does_not_hide_what_was_met() -> None:
    text = "请问你们审核了吗,扫码出来是赌博网站"
    at = text.index("赌博")
    assert not any(start <= at < end for start, end in topics(text))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("加载慢得要命,等死人了", "死人"),
        ("字幕像中了病毒,满屏乱码", "病毒"),
        ("小区楼下有人打牌赌钱,太吵", "赌钱"),
        ("火药传入欧洲的时间写早了两百年", "火药"),
    ],
)
def test_figures_other_places_and_facts_are_no_claim(text: str, word: str) -> None:
    at = text.index(word)
    assert any(start <= at < end for start, end in topics(text))


def test_what_was_met_in_a_file_is_no_topic() -> None:
    assert topics("有人共享了色情视频") == []
    assert topics("扫出来好像是赌博网站") == []


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("地图没问题,南海诸岛也画了,就是图片太糊", "地图"),
        ("上次反映的赌博链接已经没了,谢谢", "赌博"),
    ],
)
def test_what_is_right_or_settled_is_denied(text: str, word: str) -> None:
    at = text.index(word)
    assert any(start <= at < end for start, end in denied(text))
