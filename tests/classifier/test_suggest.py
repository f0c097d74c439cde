"""Text in, suggestion out, whatever the text."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import classifier

_FIELDS = [
    "lang",
    "category",
    "kind",
    "kinds",
    "severe",
    "severe_score",
    "confidence",
    "abstain",
    "cues",
    "would_hold",
    "slots",
    "values",
    "risk",
    "model",
]


def test_a_gambling_code_is_severe_legal_and_may_be_held() -> None:
    said = classifier.suggest("课件最后一页的二维码是赌博网站")
    assert (said.kind, said.category, said.severe, said.would_hold) == (
        "legal",
        "legal",
        True,
        True,
    )
    assert said.kinds[0].kind == "gambling"
    assert not said.abstain
    assert any("赌博" in cue.text for cue in said.cues)


@pytest.mark.parametrize(
    "text",
    [
        "课件最后一页的二维码是赌博网站",
        "附件里的链接打开是赌博网站",
        "这个课件里有淫秽色情图片",
    ],
)
def test_plain_grave_claims_may_be_held(text: str) -> None:
    assert classifier.suggest(text).would_hold


def test_a_map_without_the_islands_is_politics_with_its_place() -> None:
    said = classifier.suggest("第三课 12分35秒那里的地图少画了南海诸岛")
    assert (said.kind, said.category, said.severe) == ("politics", "political", True)
    assert said.slots["timestamp_in_video"] == "12分35秒"
    assert said.values["timestamp_in_video"] == 755
    assert said.slots["chapter_or_page"] == "第三课"


@pytest.mark.parametrize("text", ["视频没有声音", "没有违法，只是没声音", "禁毒课的视频打不开"])
def test_a_fault_is_normativity_and_never_held(text: str) -> None:
    said = classifier.suggest(text)
    assert (said.kind, said.category) == ("normativity", "suitability")
    assert not said.severe
    assert not said.would_hold


@pytest.mark.parametrize(
    "text", ["", "   ", "😀😀😀", "\x00\xff\x01\x7f", "。。。？？", "１２３", "\ud800"]
)
def test_what_cannot_be_read_is_left_to_a_person(text: str) -> None:
    said = classifier.suggest(text)
    assert said.kind == "other"
    assert said.kinds[0].kind == "unreadable"
    assert said.abstain
    assert not said.would_hold


def test_a_megabyte_is_answered() -> None:
    said = classifier.suggest("第一段没有问题。" * 130_000 + "最后的二维码是赌博网站")
    assert said.kind == "legal"


def test_every_field_of_the_interface_is_there() -> None:
    said = classifier.suggest("公式写错了").as_dict()
    assert list(said) == _FIELDS
    assert said["model"] == classifier.model_name() == classifier.load()
    assert set(said["slots"]) >= {"resource_url", "resource_id", "wants_reply"}


@settings(max_examples=40, deadline=None)
@given(
    st.text(
        alphabet=st.characters() | st.sampled_from("赌博地图没声音二维码错国旗色情"), max_size=120
    )
)
def test_cues_are_cut_from_the_text_as_sent(text: str) -> None:
    for cue in classifier.suggest(text).cues:
        assert text[cue.start : cue.end] == cue.text


def test_without_the_top_cues_the_decision_falls() -> None:
    text = "同学们扫码以后进了一个赌博网站，有人下注输了钱"
    said = classifier.suggest(text)
    left = "".join(
        char
        for at, char in enumerate(text)
        if not any(cue.start <= at < cue.end for cue in said.cues)
    )
    assert classifier.suggest(left).severe_score < said.severe_score


def test_many_texts_are_answered_in_order() -> None:
    texts = ["没有声音", "", "答案错了"]
    said = [item.kind for item in classifier.suggest_many(texts)]
    assert said == [classifier.suggest(text).kind for text in texts]


def test_the_threshold_is_the_cards() -> None:
    limit = classifier.threshold()
    assert limit is not None
    assert 0 < limit < 1


def test_a_service_loads_spacy_without_its_command_line() -> None:
    code = (
        "import sys, app.classifier; app.classifier.load();"
        "assert 'httpx' not in sys.modules and 'spacy.cli' not in sys.modules;"
        "import spacy.cli; assert callable(spacy.cli.download)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_importing_the_classifier_does_not_load_spacy() -> None:
    code = "import sys, app.classifier; sys.exit('spacy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
