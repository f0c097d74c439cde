"""A person's word as a row: labels, severity, and what is not to be learnt."""

from __future__ import annotations

from typing import Any

import pytest

from nlp_models.corpus import fold_of
from nlp_models.corrections import Word, corrects, row

pytestmark = pytest.mark.pure


def word(**given: Any) -> Word:
    values: dict[str, Any] = {
        "id": "site-1",
        "text": "课件最后一页的二维码是赌博网站",
        "situation": "site-a",
        "read_kind": "legal",
        "read_kinds": ["gambling"],
        "read_severe": True,
        "model": "complaints@1.x",
        "decided": ["legal"],
        "decided_kinds": ["gambling"],
        "verdict": "confirmed",
        "on": "2026-11-22",
    }
    return Word(**values | given)


def test_what_was_decided_as_it_was_read_corrects_nothing() -> None:
    assert not corrects(word())
    assert not corrects(word(decided_kinds=[]))


def test_another_kind_is_a_correction_and_a_hard_negative() -> None:
    said = word(decided=["normativity"], decided_kinds=[])
    assert corrects(said)
    made = row(said)
    assert (made["labels"], made["kinds"], made["severe"], made["hard"]) == (
        ["normativity"], [], False, True,
    )  # fmt: skip
    assert made["provenance"]["read"] == "legal"


def test_several_labels_stand_in_the_order_of_seriousness() -> None:
    assert row(word(decided=["normativity", "legal"]))["labels"] == ["legal", "normativity"]


@pytest.mark.parametrize(
    ("kind", "read", "severe"),
    [("gambling", False, True), ("copyright", True, False), ("privacy", True, True),
     ("privacy", False, False)],
)  # fmt: skip
def test_severity_follows_the_labelling_rules_and_else_the_reading(
    kind: str, read: bool, severe: bool
) -> None:
    assert row(word(decided_kinds=[kind], read_severe=read))["severe"] is severe


def test_a_named_finer_kind_replaces_the_one_that_was_read() -> None:
    assert row(word(decided_kinds=["fraud"]))["kinds"] == ["fraud"]


def test_an_unfounded_claim_is_for_review_and_keeps_what_was_read() -> None:
    said = word(decided=["normativity"], decided_kinds=[], verdict="unfounded")
    assert corrects(said)
    made = row(said)
    assert (made["split"], made["labels"], made["severe"]) == ("review", ["legal"], True)


def test_rows_of_one_situation_are_in_one_part() -> None:
    names = [f"site-{n}" for n in range(40)]
    parts = {name: row(word(situation=name))["split"] for name in names}
    assert set(parts.values()) == {"train", "test"}
    assert all((parts[name] == "test") == (fold_of(name, 5) == 0) for name in names)
