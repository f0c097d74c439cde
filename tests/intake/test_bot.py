"""The assistant: the same turns give the same dialogue; undo takes back; nothing said is lost."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.intake import bot, corrections, cues, interruptions, safety, schema, turns
from app.intake.talk import ALWAYS, ASK

pytestmark = pytest.mark.pure
FOUND = [["R0001", "七年级数学"], ["R0002", "七年级地理"]]
SURE = [["politics", 0.9], ["scientific", 0.2]]
WAY = [
    {"text": "《七年级数学》12分35秒地图错误", "found": FOUND, "kinds": SURE},
    {"option": "r:R0001"},
    {"option": "yes"},
    {"option": "done"},
    {"option": "none"},
]


def _options(talk: bot.Talk) -> list[str]:
    return [o.value for o in talk.options]


def test_a_first_message_fills_what_it_names_beyond_doubt_and_repeats_it():
    talk = bot.fold(WAY[:1])
    assert talk.answers["places"] == [["time", "12:35", None]]
    assert talk.taken == ["places", "kind"]
    assert talk.asking == "resource"
    assert _options(talk) == ["r:R0001", "r:R0002", "again", "rough"]


def test_a_title_is_only_offered_and_a_kind_only_proposed():
    answers = bot.fold(WAY[:1]).answers
    assert "resource" not in answers
    assert "kind" not in answers


def test_the_way_leads_to_the_check():
    talk = bot.fold(WAY)
    assert talk.asking == bot.CONFIRM
    assert talk.answers["resource"]["ref"] == "R0001"
    assert talk.answers["kind"] == {"kind": "politics"}
    assert talk.answers["contact"] == {"way": "none", "minor": False}
    assert _options(talk) == ["send", *(f"change:{key}" for key in schema.TURNS)]


def test_a_pasted_address_names_the_resource():
    turn = {"text": "http://e.example/r/1 有赌博广告", "tied": ["R0001", "七年级数学"],
            "url": "http://e.example/r/1"}  # fmt: skip
    talk = bot.fold([turn])
    assert talk.answers["resource"]["url"] == "http://e.example/r/1"
    assert talk.asking == "places"


@pytest.mark.parametrize(
    ("kinds", "offered"),
    [
        (SURE, ["yes", "no", "unknown"]),
        ([["politics", 0.29]], ["k:politics", "none_of", "unknown"]),
        ([["politics", 0.5], ["scientific", 0.41]],
         ["k:politics", "k:scientific", "none_of", "unknown"]),
        ([["politics", 0.5], ["scientific", 0.4]], ["yes", "no", "unknown"]),
        ([], [*(f"k:{kind}" for kind in schema.KINDS), "unknown"]),
    ],
)  # fmt: skip
def test_only_a_clear_proposal_is_asked_for_alone(kinds, offered):
    talk = bot.fold([{**WAY[0], "kinds": kinds}, WAY[1]])
    assert talk.asking == "kind"
    assert _options(talk) == offered


def test_misses_lead_to_plain_choices_and_then_to_a_person_or_on():
    talk = bot.fold([WAY[0], WAY[1], {"option": "no"}])
    assert _options(talk) == ["k:scientific", "none_of", "unknown"]
    talk = bot.fold([WAY[0], WAY[1], {"option": "no"}, {"option": "none_of"}])
    assert _options(talk) == [*(f"k:{kind}" for kind in schema.KINDS), "unknown"]
    talk = bot.fold(
        [WAY[0], WAY[1], {"option": "no"}, {"option": "none_of"}, {"text": "呃那个什么"}]
    )
    assert _options(talk) == ["officer", "unknown"]


def test_the_old_value_stays_until_the_new_one_is_valid():
    changing = [*WAY, {"option": "change:places"}]
    talk = bot.fold(changing)
    assert talk.asking == "places"
    assert talk.answers["places"] == [["time", "12:35", None]]
    assert "keep" in _options(talk)
    talk = bot.fold([*changing, {"text": "就那里"}])
    assert talk.answers["places"] == [["time", "12:35", None]]
    talk = bot.fold([*changing, {"text": "就那里"}, {"text": "第5页"}])
    assert talk.answers["places"] == [["page", "5", None]]
    assert talk.asking == bot.CONFIRM


def test_not_lesson_three_but_lesson_five_replaces_the_resource_only_when_it_is_found():
    begun = [{"text": "第3课有错", "found": [["R3", "地理 第3课"]]}, {"option": "r:R3"}]
    said = {"text": "不是第3课，是第5课"}
    assert bot.fold([*begun, said]).answers["resource"]["ref"] == "R3"
    found = bot.fold([*begun, {**said, "tied": ["R5", "地理 第5课"]}])
    assert found.answers["resource"]["ref"] == "R5"
    assert found.asking == "places"


def test_every_answer_can_be_changed_before_sending():
    for key in schema.TURNS:
        talk = bot.fold([*WAY, {"option": f"change:{key}"}])
        assert talk.asking == key


def test_questions_are_answered_and_the_open_one_is_asked_again_word_for_word():
    before = bot.fold(WAY[:2])
    after = bot.fold([*WAY[:2], {"text": "会告诉老师吗"}])
    assert after.lines[-2] == bot.Line("us", "teacher", reply=True)
    assert after.lines[-1] == before.lines[-1]
    assert _options(after) == _options(before)


def test_every_reply_is_reviewed_in_both_languages_with_its_reason():
    for reply in interruptions.REPLIES.values():
        assert reply.zh and reply.en and reply.why
        assert "%(" not in reply.zh + reply.en


def test_the_times_told_are_those_of_the_house():
    from app.norm.book import BOOK

    faulty = BOOK.house.clocks.handling["suitability"].working_days
    assert f"{faulty}个工作日" in interruptions.words("how_long", "zh")


def test_danger_comes_before_anything_else():
    talk = bot.fold([{"text": "看完这个我不想活了", "found": FOUND}])
    assert talk.risk == "self_harm"
    assert talk.risk_now
    assert talk.lines[3].text == safety.REPLIES["self_harm"].text
    for number in ("12356", "12355", "120", "110"):
        assert number in safety.REPLIES["self_harm"].text


def test_a_cry_for_help_joins_no_complaint_and_the_complaint_may_go_on():
    talk = bot.fold([*WAY[:4], {"text": "我不想活了"}, {"option": "none"}])
    assert "不想活" not in talk.answers["text"]["text"]
    assert talk.asking == bot.CONFIRM


def test_under_fourteen_no_contact_is_kept_without_a_guardian():
    child = [{**WAY[0], "text": "我今年9岁，《七年级数学》12分35秒地图错误"}, *WAY[1:4]]
    talk = bot.fold([*child, {"text": "13800000000"}])
    assert "contact" not in talk.answers
    talk = bot.fold([*child, {"text": "我妈妈同意"}, {"text": "13800000000"}])
    assert talk.answers["contact"] == {
        "way": "phone", "address": "13800000000", "minor": True, "guardian": True,
    }  # fmt: skip


def test_the_browsers_back_is_a_shorter_fold():
    events = [*WAY, {"option": "no", "after": 2}]
    assert bot.fold(events) == bot.fold([*WAY[:2], {"option": "no"}])
    assert bot.fold([*WAY, {"undo": True, "after": 2}]) == bot.fold(WAY[:1])
    assert bot.until(WAY, 3) == WAY[:3]


def test_pressing_twice_is_pressing_once():
    twice = {"option": "r:R0001", "after": 1}
    assert bot.fold([WAY[0], twice, twice]) == bot.fold(WAY[:2])


def test_what_was_sent_on_an_earlier_page_is_what_it_showed():
    event = turns.cut(WAY, 3)
    assert bot.fold([*WAY, event]) == bot.fold(WAY[:3])
    assert turns.cut(WAY, 5) is None


def test_a_hand_off_cannot_be_unsaid():
    events = [WAY[0], {"option": "officer", "officer": "H1", "open": True}, {"undo": True}]
    talk = bot.fold(events)
    assert talk.officer == "H1"
    assert "text" not in talk.answers


def test_out_of_hours_is_said_plainly():
    handed = {"option": "officer", "officer": "H1", "open": False, "opens": "11-23 08:30"}
    talk = bot.fold([WAY[0], handed])
    assert talk.lines[-2].values == {"opens": "11-23 08:30"}
    assert talk.lines[-1] == bot.fold(WAY[:1]).lines[-1]


def test_an_unreadable_correction_is_no_new_value():
    talk = bot.fold([*WAY, {"text": "不是12分35秒，是后面一点"}])
    assert talk.answers["places"] == [["time", "12:35", None]]
    assert talk.lines[-2].text == corrections._KEPT


@pytest.mark.parametrize(
    "said",
    ["还有一处老师会看到的地方也错了", "视频多久都打不开", "泄露隐私", "匿名", "第3页会下架吗"],
)
def test_a_story_that_sounds_like_a_question_to_us_is_not_lost(said):
    assert interruptions.reply_to(said) is None


@pytest.mark.parametrize(
    "said",
    ["转人工", "人工", "人工服务！", "我要找人工", "找个人帮我", "叫客服", "接值班员吧", "能不能跟真人说",
     "can I talk to a human", "a human please", "I need a real person", "speak to an officer"],
)  # fmt: skip
def test_who_asks_for_a_person_is_understood(said):
    assert bot.asks_for_person(said)


@pytest.mark.parametrize(
    "said",
    ["这歌词让人恶心", "人工智能的定义讲错了", "要人命的实验", "用真人照片", "R0001 里找工作人员要电话",
     "老师叫人罚站", "uses a real person's photo", "the human heart is drawn wrong", "你是真人吗",
     "第3页叫客服", "人工翻译的错误很多"],
)  # fmt: skip
def test_a_story_that_names_people_is_no_request_for_one(said):
    assert not bot.asks_for_person(said)


@pytest.mark.parametrize(
    ("said", "young"),
    [("我今年10岁", True), ("我才八岁", True), ("我12岁，发现一个错", True), ("I'm 11 and scared", True),
     ("I am 9 years old", True), ("我孩子8岁", False), ("我今年35岁", False), ("我是三年级", False),
     ("I am 9 minutes in and it is wrong", False), ("I'm 12:35 in", False)],
)  # fmt: skip
def test_who_says_to_be_under_fourteen(said, young):
    assert cues.under_14(said) is young


_SAID = [
    "地图错误", "第3页", "12:35", "撤", "http://x", "a@b.example", "13800000000", "对", "不对",
    "不知道", "没有", "会告诉老师吗", "不是第3页，是第5页", "就这些", "第二个", "改位置", "我9岁",
    "我不想活了", "why do you ask", "人工", "x" * 10_001,
]  # fmt: skip
_TEXTS = st.fixed_dictionaries(
    {"text": st.sampled_from(_SAID)},
    optional={
        "found": st.sampled_from([[], FOUND]),
        "kinds": st.sampled_from([[], SURE, [["legal", 0.4], ["other", 0.35]]]),
        "tied": st.just(FOUND[0]),
    },
)
_OPTIONS = st.fixed_dictionaries(
    {"option": st.sampled_from([
        "none", "whole", "rough", "again", "minor", "guardian", "unknown", "yes", "no", "none_of",
        "done", "keep", "finish", "ok:all", "ok:kind", "p:page", "c:phone", "k:legal", "r:R0001",
        *(f"change:{key}" for key in schema.TURNS), "nonsense",
    ])}
)  # fmt: skip
_FACTS = st.just({"option": "officer", "officer": "H1", "open": True})
_BACK = st.sampled_from(
    [
        {"undo": True},
        {"redo": True},
        {"text": "撤销"},
        {"text": "重做吧"},
        {"cut": True, "after": 1},
    ]
)
_TURN = st.one_of(_TEXTS, _OPTIONS)
_TURNS = st.lists(st.one_of(_TURN, _TURN, _FACTS, _BACK), max_size=10)


@given(_TURNS, _TURN)
@settings(deadline=None)
def test_undo_after_saying_is_as_if_never_said(events, more):
    assert bot.fold([*events, more, {"undo": True}]) == bot.fold(events)


@given(_TURNS)
@settings(deadline=None)
def test_redo_after_undo_is_as_if_nothing_was_undone(events):
    undoable = [t for t in bot.living(events) if not turns.is_fact(t)]
    facts_last = bot.living(events)[-1:] and turns.is_fact(bot.living(events)[-1])
    if not undoable or facts_last:
        return
    assert bot.fold([*events, {"undo": True}, {"redo": True}]) == bot.fold(events)


@given(_TURNS, st.integers(0, 12))
@settings(deadline=None)
def test_going_back_and_saying_the_same_again_changes_nothing(events, n):
    kept = [t for t in bot.living(events) if not turns.is_fact(t)]
    if n >= len(kept) or len(kept) != len(bot.living(events)):
        return
    again = [{**kept[n], "after": n}, *kept[n + 1 :]]
    assert bot.fold([*kept, *again]) == bot.fold(kept)


@given(_TURNS)
@settings(deadline=None)
def test_every_state_can_send_or_says_what_is_missing_and_reaches_a_person(events):
    talk = bot.fold(events)
    assert talk.asking in {*schema.TURNS, bot.CONFIRM}
    assert talk.lines[-1].who == "us"
    assert {o.value for o in ALWAYS} == {"finish", "officer"}
    end = bot.fold([*events, {"option": "finish"}])
    assert end.asking == bot.CONFIRM
    assert ("send" in _options(end)) == ("text" in talk.answers)
    if "text" not in talk.answers:
        assert {"officer", "change:text"} <= set(_options(end))
    handed = bot.fold([*events, {"option": "officer", "officer": "H2", "open": True}])
    assert handed.officer
    assert handed.answers == talk.answers


@given(_TURNS)
@settings(deadline=None)
def test_i_do_not_know_is_always_an_answer_and_nothing_is_asked_twice(events):
    talk = bot.fold(events)
    if talk.asking == bot.CONFIRM or talk.changing:
        return
    on = bot.fold([*events, {"option": "unknown"}])
    assert on.asking != talk.asking
    for key in on.answers.keys() | on.skipped:
        assert on.asking != key


_FIRST = {"text": "讲错了"}
_INDEPENDENT = {
    "resource": [{"option": "change:resource"}, {"text": "x", "tied": ["R0001", "七年级数学"]}],
    "places": [{"option": "change:places"}, {"text": "第3页"}],
    "kind": [{"option": "change:kind"}, {"option": "k:legal"}],
    "contact": [{"option": "change:contact"}, {"text": "a@b.example"}],
    "text": [{"option": "change:text"}, {"text": "讲错了一个数"}],
}


def test_the_order_of_independent_answers_does_not_matter():
    seen = []
    for order in permutations(_INDEPENDENT):
        events = [_FIRST, *(turn for key in order for turn in _INDEPENDENT[key])]
        seen.append(bot.fold(events).answers)
    assert len(seen) == 120
    assert all(answers == seen[0] for answers in seen)


def test_each_question_is_asked_once_on_the_straight_way():
    lines = [line.text for line in bot.fold([
        {"text": "讲错了"}, {"option": "rough"}, {"option": "unknown"}, {"option": "unknown"},
        {"option": "done"}, {"option": "none"},
    ]).lines]  # fmt: skip
    assert all(lines.count(ASK[key]) == 1 for key in ASK)
