"""One plain spelling, and the way back to the text as sent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_models.normalise import fold, normalise


@pytest.mark.parametrize(
    ("sent", "plain"),
    [
        ("２：３０", "2:30"),
        ("課件最後一頁", "课件最后一页"),
        ("赌\u200b博", "赌博"),
        ("du博网站", "赌博网站"),
        ("赌 博", "赌博"),
        ("色-情", "色情"),
        ("菠菜平台", "博彩平台"),
        ("菠菜汤", "菠菜汤"),
        ("紫砂壶", "紫砂壶"),
        ("加薇信", "加微信"),
        ("ＶＩＤＥＯ", "video"),
    ],
)
def test_dodging_spellings_are_written_out_and_ordinary_words_kept(sent: str, plain: str) -> None:
    assert normalise(sent).text == plain


def test_offsets_lead_back_to_the_spelling_as_sent() -> None:
    sent = "看：d u博！"
    view = normalise("看：du博！")
    at = view.text.index("赌博")
    assert view.origin(at, at + 2) == (2, 5)
    assert len(fold(sent).text) == len(fold(sent).starts) == len(fold(sent).ends)


@given(st.text(max_size=200))
def test_every_character_of_a_view_stands_for_a_span_of_the_sent_text(text: str) -> None:
    view = normalise(text)
    assert len(view.text) == len(view.starts) == len(view.ends)
    pairs = zip(view.starts, view.ends, strict=True)
    assert all(0 <= start < end <= len(text) for start, end in pairs)
    assert view.starts == sorted(view.starts)
