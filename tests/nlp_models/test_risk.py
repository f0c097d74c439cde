"""Somebody in danger is seen before any model speaks, and an ordinary complaint costs no time."""

from __future__ import annotations

import re
import subprocess
import sys
import time
import tomllib
from itertools import chain

import pytest

from nlp_models import corpus, measure_risk
from nlp_models import risk as rules
from nlp_models.risk import KINDS, risk

pytestmark = pytest.mark.pure
PARTS = measure_risk.parts()
LEXICON = measure_risk.FOLDER.parent / "lexicon/risk.toml"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("我不想活了", "self_harm"),
        ("活着没意思，想跳楼", "self_harm"),
        ("i want to die", "self_harm"),
        ("同学站在楼顶，说要跳下去", "self_harm"),
        ("继父天天打我，我不敢回家", "child_in_danger"),
        ("群里有人约小学生私下见面", "child_in_danger"),
        ("A man keeps asking girls in my class to meet in private", "child_in_danger"),
        ("再不处理我就炸了学校", "threat"),
        ("I will bomb the school", "threat"),
        ("不\u200b想 活 了", "self_harm"),
        ("我不想活了，視頻裡的人跟我一樣", "self_harm"),
        ("卡得想死", None),
        ("难到想跳楼", None),
        ("老师杀疯了", None),
        ("这画面炸裂", None),
        ("视频没有声音", None),
        ("视频里有人割腕的镜头，太血腥了，请下架", None),
        ("《自杀论》导读课的音频打不开", None),
        ("课件最后一页的二维码是赌博网站", None),
        ("化学课讲炸药的原理，图片没显示", None),
        ("", None),
        ("😀" * 50, None),
    ],
)
def test_risk_is_seen_and_a_topic_is_no_risk(text: str, wanted: str | None) -> None:
    assert risk(text) == wanted


def test_the_corpus_is_as_large_and_as_mixed_as_was_promised() -> None:
    rows = PARTS["dev"] + PARTS["test"]
    assert len({row.text for row in chain(*PARTS.values())}) == len(rows) + len(PARTS["fresh"])
    assert all(sum(row.risk == kind for row in rows) >= 90 for kind in KINDS)
    assert sum(row.risk is not None for row in rows) >= 320
    assert sum(row.risk is None for row in rows) >= 320
    assert sum(row.lang == "en" and row.risk is not None for row in rows) >= 60
    assert len(PARTS["fresh"]) >= 120


def test_hardly_anybody_in_danger_is_missed_and_few_alarms_are_false() -> None:
    # The goal is 0.98 everywhere; unseen words are not there yet. A bound may rise, not fall.
    for name, recall in (("dev", 0.98), ("test", 0.97), ("fresh", 0.83)):
        figures = measure_risk.figures(PARTS[name])
        assert figures["recall"] >= recall, figures["missed"]
        assert figures["precision"] >= 0.9, figures["false_alarms"]


def test_ordinary_complaints_raise_few_alarms() -> None:
    texts = [row.text for row in corpus.load()]
    assert sum(risk(text) is not None for text in texts) <= 0.03 * len(texts)


def test_the_gate_keeps_back_hardly_anybody_in_danger() -> None:
    known = rules._rules()
    every = {*known.spellings, *chain(*known.kinds.values())}
    kept_back, seen = [], 0
    for row in (row for row in chain(*PARTS.values()) if row.risk):
        plain = rules._SPACED.sub("", rules.folded(row.text))
        if rules._found(plain, known, every):
            seen += 1
            if risk(row.text) is None:
                kept_back.append(row.id)
    assert len(kept_back) <= 0.005 * seen, kept_back


def test_every_list_says_why_and_no_repetition_is_without_bound() -> None:
    lists = tomllib.loads(LEXICON.read_text(encoding="utf-8"))
    for entry in chain(*lists.values()):
        assert entry["why"]
        for pattern in [*entry.get("patterns", []), entry.get("for", "")]:
            assert not re.search(r"(?<!\\)[*+]|\{\d+,\}", pattern), pattern


def _seconds(text: str) -> float:
    times = []
    for _ in range(3):
        began = time.perf_counter()
        risk(text)
        times.append(time.perf_counter() - began)
    return min(times)


@pytest.mark.parametrize(
    "part", ["视频没有声音，", "不想死不想活了吗", "他打我他打", "kill me i will "]
)
def test_ten_times_the_text_takes_about_ten_times_as_long(part: str) -> None:
    assert _seconds(part * 10_000) < 25 * _seconds(part * 1_000) + 0.01


def test_an_ordinary_complaint_takes_a_thirtieth_of_a_millisecond() -> None:
    texts = [row.text for row in corpus.load()]
    times = sorted(_seconds(text) for text in texts if risk(text) is None)
    # 0.02 ms on an idle machine; the bound leaves room for a busy one.
    assert times[len(times) // 2] < 0.00008


def test_the_rules_are_read_without_spacy() -> None:
    code = "import sys; from nlp_models.risk import risk; risk('x'); print('spacy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
