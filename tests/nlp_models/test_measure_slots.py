"""The golden slots keep their own rules, and the figures say what was right."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from nlp_models.measure_slots import load, measure
from nlp_models.slots import NAMES

ROWS = load()


def _row(text: str, slots: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    return {"text": text, "slots": slots, "values": values}


def test_every_golden_run_is_a_substring_of_its_text() -> None:
    for row in ROWS:
        for name in NAMES:
            runs = row["slots"].get(name) or []
            for run in [runs] if isinstance(runs, str) else runs:
                assert run in row["text"], row["id"]


def test_the_halves_are_split_by_the_digest_of_the_text() -> None:
    for row in ROWS:
        if row["split"] != "fresh":
            odd = hashlib.sha256(row["text"].encode()).digest()[0] & 1
            assert row["split"] == ("test" if odd else "dev")


def test_no_text_stands_twice() -> None:
    assert len({row["text"] for row in ROWS}) == len(ROWS)


def test_a_miss_is_named_and_counted_where_it_is_stated() -> None:
    result = measure(
        [
            _row("第3页", {"chapter_or_page": "第3页"}, {"chapter_or_page": {"page": 3}}),
            _row("第4页", {"chapter_or_page": "第5页"}, {"chapter_or_page": {"page": 5}}),
            _row("没有声音", {}, {}),
        ]
    )
    place = result["slots"]["chapter_or_page"]
    assert (place["exact"], place["n"]) == (0.6667, 3)
    assert (place["exact_where_stated"], place["stated"]) == (0.5, 2)
    assert result["whole_rows"] == 0.6667
    assert {miss["slot"] for miss in result["misses"]} == {"chapter_or_page", "values"}


def test_nothing_to_measure_is_an_error() -> None:
    with pytest.raises(ValueError, match="no rows"):
        measure([])


@pytest.mark.parametrize(
    ("split", "of_all", "of_stated"),
    [("dev", 0.99, 0.98), ("test", 0.98, 0.9), ("fresh", 0.95, 0.75)],
)
def test_slots_are_cut_as_exactly_as_was_measured(
    split: str, of_all: float, of_stated: float
) -> None:
    result = measure([row for row in ROWS if row["split"] == split])
    for name, figures in result["slots"].items():
        assert figures["exact"] >= of_all, name
        assert figures["exact_where_stated"] >= of_stated, name
