"""A text made to be slow costs in proportion to its length: steps are counted, no clock is read."""

from __future__ import annotations

import re

import pytest

from nlp_models import contacts, places, sight, times, titles, wishes
from nlp_models.slots import cut
from tests.nlp_models.stepping import Stepper

# Those that run over a whole text; the others see a dozen characters beside a match.
SCANNING = {
    contacts: ("_URL", "_MAIL", "_PHONE", "_ID"),
    places: ("_TOKEN",),
    sight: ("_CORRECTED",),
    times: ("_SPOT", "_PART"),
    titles: ("_BOOK", "_QUOTED", "_BARE", "_BARE_ENGLISH"),
    wishes: ("_NO", "_NO_ENGLISH", "_PLEA", "_PLEA_ENGLISH"),
}
PATTERNS = [
    pytest.param(getattr(module, name), id=f"{module.__name__.rsplit('.', 1)[1]}{name}")
    for module, names in SCANNING.items()
    for name in names
]
# Each repeated to the length wanted: runs that start many matches and finish none.
NASTY = ("a", "1", "一", "第一", "1:23", "a.", "a@", "http://", "3分到", "请", "第1课到", "“课", "不用", " ", "1-", "叫a")  # fmt: skip
SHORT, LONG = 70, 140


@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_steps_of_a_pattern_grow_with_the_text_and_not_faster(pattern: re.Pattern[str]) -> None:
    for piece in NASTY:
        steps = []
        for length in (SHORT, LONG):
            text = (piece * length)[:length]
            stepper = Stepper(pattern)
            assert stepper.spans(text) == [match.span() for match in pattern.finditer(text)]
            steps.append(stepper.steps)
        # Twice the text, about twice the steps: a square would be four times.
        assert steps[1] <= 3 * steps[0] + 100, piece


@pytest.mark.parametrize("piece", NASTY)
def test_sixteen_thousand_characters_of_anything_are_cut(piece: str) -> None:
    text = (piece * 16_000)[:16_000]
    assert cut(text).found.keys() >= {"resource_url", "wants_reply"}
