"""What is counted leads back to what was written, and other views of the same words help."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from spacy.tokens import Doc
from spacy.vocab import Vocab

from nlp_models.features import GROUPS, features, spans
from nlp_models.tokens import ComplaintTokenizer

TEXTS = (
    "视频没有声音",
    "The video on page 12 has no sound at all",
    "",
    "💥",
    "加薇进菠菜群",
    "第3页，第3页",
)


@pytest.fixture(scope="module")
def read() -> Callable[[str], Doc]:
    return ComplaintTokenizer(Vocab())


@pytest.mark.parametrize("text", TEXTS)
def test_every_feature_has_a_run_inside_the_text_as_sent(
    read: Callable[[str], Doc], text: str
) -> None:
    doc = read(text)
    keys, groups = features(doc)
    runs = spans(doc)
    assert len(keys) == len(groups) == len(runs)
    assert all(0 <= start <= end <= len(text) for start, end in runs)


def _of(doc: Doc, group: str) -> set[int]:
    keys, groups = features(doc)
    return set(keys[groups == GROUPS.index(group)].tolist())


def test_a_wrong_homophone_sounds_like_the_right_word(read: Callable[[str], Doc]) -> None:
    right, wrong = read("声音太小"), read("生音太小")
    assert _of(right, "pair") != _of(wrong, "pair")
    assert _of(right, "sound") == _of(wrong, "sound")


def test_an_inflected_word_shares_its_pieces(read: Callable[[str], Doc]) -> None:
    one, other = _of(read("it freezes"), "piece"), _of(read("it freezing"), "piece")
    assert len(one & other) >= 4


def test_a_sense_is_met_in_both_languages(read: Callable[[str], Doc]) -> None:
    assert _of(read("没有字幕"), "sense") & _of(read("no subtitles"), "sense")


def test_the_same_key_in_another_view_is_another_feature(read: Callable[[str], Doc]) -> None:
    keys, groups = features(read("声音声音"))
    seen: dict[int, int] = {}
    for key, group in zip(keys.tolist(), groups.tolist(), strict=True):
        assert seen.setdefault(key, group) == group


def test_nothing_that_people_wrote_stays_in_the_vocabulary(read: Callable[[str], Doc]) -> None:
    vocab = Vocab()
    ComplaintTokenizer(vocab)("call Canary Zhou at 13900000000")
    assert "canary" not in vocab.strings
    assert "13900000000" not in vocab.strings
