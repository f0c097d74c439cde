"""Facts are cut verbatim and read strictly."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_models.numerals import number
from nlp_models.slots import NAMES, cut


@pytest.mark.parametrize(
    ("text", "name", "run", "value"),
    [
        ("第三课 12分35秒那里的地图", "timestamp_in_video", "12分35秒", 755),
        ("1:02:33 的地方卡住", "timestamp_in_video", "1:02:33", 3753),
        ("２：３０开始没声音", "timestamp_in_video", "２：３０", 150),
        ("第十二分钟的图错了", "timestamp_in_video", "第十二分钟", 720),
        ("结尾11秒有杂音", "timestamp_in_video", "结尾11秒", {"from_end": 11}),
        (
            "3分20秒到3分45秒黑屏",
            "timestamp_in_video",
            "3分20秒到3分45秒",
            {"from": 200, "to": 225},
        ),
        ("00:08—00:21 花屏", "timestamp_in_video", "00:08—00:21", {"from": 8, "to": 21}),
        ("大概8分钟左右卡住", "timestamp_in_video", "8分钟", 480),
        ("第二单元第3课打不开", "chapter_or_page", "第二单元第3课", {"unit": 2, "lesson": 3}),
        ("模块三任务2缺图", "chapter_or_page", "模块三任务2", {"module": 3, "task": 2}),
        (
            "第六章第1节到第3节没有字幕",
            "chapter_or_page",
            "第六章第1节到第3节",
            {"chapter": 6, "section": [1, 3]},
        ),
        ("see p. 42 please", "chapter_or_page", "p. 42", {"page": 42}),
        ("课件最后一页的二维码", "chapter_or_page", "最后一页", {"page": -1}),
        ("The answer on slide 14 is wrong", "chapter_or_page", "slide 14", {"slide": 14}),
    ],
)
def test_places_are_cut_by_the_rules_and_read_as_values(
    text: str, name: str, run: str, value: Any
) -> None:
    slots = cut(text)
    assert slots.found[name] == run
    assert slots.values[name] == value


@pytest.mark.parametrize(
    ("rule", "text", "name", "run", "value"),
    [
        ("a half is a fraction", "第二节课大概一半的地方", "timestamp_in_video", "一半", {"fraction": 0.5}),
        ("near the end", "快结束那里有广告", "timestamp_in_video", "快结束", {"from_end": 0}),
        ("the first minutes", "前5分钟没声音", "timestamp_in_video", "前5分钟", {"from": 0, "to": 300}),
        ("English, from the end", "the last minute of lesson 4", "timestamp_in_video", "last minute", {"from_end": 60}),
        ("Chinese numerals", "十二分三十五秒那里", "timestamp_in_video", "十二分三十五秒", 755),
        ("full width", "１２：３５处断了", "timestamp_in_video", "１２：３５", 755),
        ("a label may stand before", "时间：3:20", "timestamp_in_video", "3:20", 200),
        ("several in text order", "2:10、4:25处", "timestamp_in_video", ["2:10", "4:25"], [130, 265]),
        ("one cue for a list", "3分、5分处", "timestamp_in_video", ["3分", "5分"], [180, 300]),
        ("borrowed minutes", "5到8分钟那段", "timestamp_in_video", "5到8分钟", {"from": 300, "to": 480}),
        ("the corrected one", "在12分，啊不对，是13分10秒", "timestamp_in_video", "13分10秒", 790),
        ("no strict reading", "十几分钟的时候", "timestamp_in_video", "十几分钟", None),
        ("an hour of the day", "今晚8:30登录不上", "timestamp_in_video", None, None),
        ("a waiting time", "等了10分钟", "timestamp_in_video", None, None),
        ("points", "这题3分太少", "timestamp_in_video", None, None),
        ("very", "十分卡", "timestamp_in_video", None, None),
        ("from the back", "倒数第三页", "chapter_or_page", "倒数第三页", {"page": -3}),
        ("adjoining", "第三单元，第5课", "chapter_or_page", "第三单元，第5课", {"unit": 3, "lesson": 5}),
        ("separate", "第3页和第8页", "chapter_or_page", ["第3页", "第8页"], [{"page": 3}, {"page": 8}]),
        ("listed", "第3、5页", "chapter_or_page", "第3、5页", [{"page": 3}, {"page": 5}]),
        ("the corrected one", "不是第3课，是第5课", "chapter_or_page", "第5课", {"lesson": 5}),
        ("parts of a number", "Section 3.2", "chapter_or_page", "Section 3.2", {"section": "3.2"}),
        ("no place: grade, volume", "三年级上册第2册", "chapter_or_page", None, None),
        ("no place: an hour of school", "今天上午第三节课", "chapter_or_page", None, None),
        ("no place: a count", "一共23页", "chapter_or_page", None, None),
        ("no place: a name", "第二课堂的积分", "chapter_or_page", None, None),
        ("spaces kept", "138 0013 8000", "contact_phone", "138 0013 8000", "13800138000"),
        ("extension", "010-55551234转802", "contact_phone", "010-55551234转802", "01055551234-802"),
        ("without +86", "+86-10-55551234", "contact_phone", "+86-10-55551234", "01055551234"),
        ("read out", "一三八零零一三八零零零", "contact_phone", "一三八零零一三八零零零", "13800138000"),
        ("an order is no phone", "订单号13800138000", "contact_phone", None, None),
        ("full width", "Ａ@mail.example", "contact_email", "Ａ@mail.example", "a@mail.example"),
    ],
)  # fmt: skip
def test_the_rules_of_places_and_contacts(
    rule: str, text: str, name: str, run: Any, value: Any
) -> None:
    slots = cut(text)
    assert slots.found[name] == run, rule
    assert slots.values.get(name) == value, rule


@pytest.mark.parametrize(
    ("rule", "text", "name", "run"),
    [
        ("final punctuation", "网址https://kc.example/v?t=12:30打不开。", "resource_url", "https://kc.example/v?t=12:30"),
        ("brackets around", "（https://kc.example/a(1).pdf）", "resource_url", "https://kc.example/a(1).pdf"),
        ("two with a comma", "https://a.example/1，https://a.example/2", "resource_url", ["https://a.example/1", "https://a.example/2"]),
        ("book marks", "请看《分数的初步认识》这节课", "resource_title", "分数的初步认识"),
        ("withdrawn", "《春》，不对，是《秋》这课", "resource_title", "秋"),
        ("denied after", "是《秋》，不是《春》", "resource_title", "秋"),
        ("quoted", "课程“古诗里的四季”", "resource_title", "古诗里的四季"),
        ("unquoted after 叫", "有个视频叫认识昆虫，没声音", "resource_title", "认识昆虫"),
        ("unquoted after 标题", "标题：小数的意义，一直转圈", "resource_title", "小数的意义"),
        ("English", "a course named Basic Python is outdated", "resource_title", "Basic Python"),
        ("a law is none", "根据《著作权法》第十条", "resource_title", None),
        ("a person is none", "我叫小明，视频看不了", "resource_title", None),
        ("a quotation is none", "老师说“差不多就行”", "resource_title", None),
        ("without 编号", "编号RES-2024-0031的课", "resource_id", "RES-2024-0031"),
        ("without ID", "ID：88231 打不开", "resource_id", "88231"),
        ("a ticket is none", "投诉编号A1B2C3D4没有结果", "resource_id", None),
        ("as written", "写信到 wang@school.example 即可", "contact_email", "wang@school.example"),
    ],
)  # fmt: skip
def test_the_rules_of_names_and_addresses(rule: str, text: str, name: str, run: Any) -> None:
    assert cut(text).found[name] == run, rule


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("请尽快回复我", True),
        ("不用回复", False),
        ("可不回", False),
        ("没有声音 13800138000", None),
        ("please call me back", True),
        ("No reply necessary.", False),
        ("别打电话，短信回我就行", True),
        ("上次投诉到现在没人回复", None),
        ("客服说会回复我，结果没消息", None),
        ("The teacher never answers questions.", None),
        ("弹窗写着“请回复1领取奖品”", None),
    ],
)
def test_a_wish_for_an_answer_is_told_from_a_refusal_and_from_silence(
    text: str, wanted: bool | None
) -> None:
    assert cut(text).found["wants_reply"] is wanted


def test_a_time_inside_an_address_is_part_of_the_address_only() -> None:
    slots = cut("https://a.example/x?t=12:30")
    assert slots.found["timestamp_in_video"] is None


def test_a_length_is_no_place() -> None:
    assert cut("45分钟的课，干货不到5分钟").found["timestamp_in_video"] is None


@pytest.mark.parametrize(
    ("text", "value"),
    [("十二", 12), ("二十", 20), ("一百零三", 103), ("7", 7), ("二三", 23), ("两", 2)],
)
def test_chinese_numerals_are_read(text: str, value: int) -> None:
    assert number(text) == value


@given(st.text(max_size=300))
def test_every_slot_is_a_substring_of_the_text_as_sent(text: str) -> None:
    found = cut(text).found
    for name in NAMES:
        runs = found[name]
        for run in [runs] if isinstance(runs, str) else runs or []:
            assert run in text
