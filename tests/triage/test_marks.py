"""Marked pieces joined are the text again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.triage.marks import marked

pytestmark = pytest.mark.pure

CUES = st.lists(
    st.builds(
        lambda start, length: {"start": start, "end": start + length, "kind": "legal"},
        st.integers(0, 60),
        st.integers(0, 10),
    )
)


@given(st.text(max_size=50), CUES)
def test_pieces_joined_are_the_text(text, cues):
    assert "".join(piece for piece, _kind in marked(text, cues)) == text


def test_a_cue_is_marked_with_its_kind():
    assert marked("有赌博网站", [{"start": 1, "end": 3, "kind": "gambling"}]) == [
        ("有", ""),
        ("赌博", "gambling"),
        ("网站", ""),
    ]
