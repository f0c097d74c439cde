"""Comparing versions, refusing the worse one, and whether cues are reasons."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from nlp_models import corpus
from nlp_models.card import current
from nlp_models.deletion import deletion_test, without
from nlp_models.evaluate import FIXED, compare, objections, read_rows
from nlp_models.pipeline import Pipeline
from nlp_models.report import report
from tests.nlp_models.make import make_version


def figures(severe: float = 0.8, **f1: float) -> dict[str, Any]:
    kinds = {"legal": 0.9, "other": 0.8, "designated": 0.0} | f1
    by_kind = {
        kind: {"f1": value, "n": float(kind != "designated")} for kind, value in kinds.items()
    }
    return {"severe_recall": severe, "by_kind": by_kind}


def test_an_equal_or_better_version_meets_no_objection() -> None:
    assert objections(figures(), figures()) == []
    assert objections(figures(), figures(severe=0.9, legal=0.95, other=0.78)) == []


def test_a_loss_of_severe_recall_is_refused_however_small() -> None:
    assert objections(figures(), figures(severe=0.7999)) == [
        "severe recall falls from 0.8000 to 0.7999"
    ]


def test_more_than_two_points_of_one_kind_are_refused() -> None:
    assert objections(figures(), figures(legal=0.8799)) == [
        "F1 of legal falls from 0.9000 to 0.8799"
    ]


def test_a_kind_without_rows_is_not_compared() -> None:
    live = figures(designated=0.9)
    assert objections(live, figures()) == []


def test_versions_are_compared_on_the_fixed_parts_and_on_what_nobody_trained_on(
    tmp_path: Path,
) -> None:
    deaf = make_version(tmp_path, "1.deaf", severe_at=0.99)
    file = tmp_path / "site.jsonl"
    row = {"text": "视频没有声音", "labels": ["normativity"], "severe": False}
    lines = [{"id": "1", "split": "train", **row}, {"id": "2", "split": "test", **row}]
    file.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    found = compare(current(), deaf, file)
    rows = corpus.part(corpus.load(), *FIXED)
    assert found["sets"]["fixed"]["live"]["rows"] == len(rows)
    assert set(found["sets"]) == {"fixed", *FIXED, "file"}
    assert found["sets"]["file"]["live"]["rows"] == 1
    assert any(why.startswith("severe recall falls from") for why in found["objections"])
    same = compare(current(), current())
    assert same["objections"] == []


def test_cutting_runs_out_leaves_the_rest_in_order() -> None:
    assert without("课件二维码是赌博网站", [(6, 8), (2, 5)]) == "课件是网站"


def test_cues_weigh_more_than_as_many_random_characters() -> None:
    pipeline = Pipeline.load()
    rows = corpus.part(corpus.load(), "test")[::4]
    found = deletion_test(pipeline, rows, read_rows(pipeline, rows))
    assert 0 < found["texts"] < len(rows)
    assert found["falls"] >= found["flips"]
    assert found["falls"] > found["falls_by_chance"] + 0.2


def test_a_deletion_test_of_nothing_says_so() -> None:
    pipeline = Pipeline.load()
    rows = [row for row in corpus.load() if row.primary == "other"][:3]
    assert deletion_test(pipeline, rows, read_rows(pipeline, rows))["falls"] is None


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    own = corpus.part(corpus.load(), *FIXED)[::6]
    return report(current(), own=own, trials=Path("nowhere"))


def test_the_report_counts_every_text_once(told: dict[str, Any]) -> None:
    for part in told["parts"]:
        assert (
            sum(cell["n"] for line in part["confusion"] for cell in line["cells"]) == part["rows"]
        )
        assert all(sum(b["n"] for b in one["bins"]) == part["rows"] for one in part["calibration"])
        low, high = part["holds_wilson"]
        assert low <= (part["would_hold_precision"] or low) <= high


def test_the_surest_errors_come_first_and_are_errors(told: dict[str, Any]) -> None:
    for part in told["parts"]:
        sure = [item["confidence"] for item in part["hardest"]]
        assert sure == sorted(sure, reverse=True)
        assert all(item["wanted"] != item["given"] for item in part["hardest"])


def test_speed_is_measured_in_this_run(told: dict[str, Any]) -> None:
    measured = deepcopy(told["speed"])
    assert measured.pop("batch_texts") > 1000
    assert all(value > 0 for value in measured.values())


def test_an_outside_files_texts_are_never_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nlp_models.report.speed", lambda folder: {})  # measured above
    file = tmp_path / "outside.jsonl"
    text = "这句话不该出现在报告里"
    row = {"id": "out-1", "text": text, "labels": ["underperformance"]}
    file.write_text(json.dumps(row), encoding="utf-8")
    trials = tmp_path / "TRIALS.json"
    trials.write_text(
        json.dumps([{"row": "A", "cells": {"F1": 0.8}}, {"row": "B", "cells": {"ms": 3}}])
    )
    found = report(current(), file, own=[], trials=trials)
    assert text not in json.dumps(found, ensure_ascii=False)
    assert found["parts"][0]["hardest"][0]["id"] == "out-1"
    assert found["trials"] == {
        "columns": ["F1", "ms"],
        "rows": [{"name": "A", "cells": [0.8, ""]}, {"name": "B", "cells": ["", 3]}],
    }
