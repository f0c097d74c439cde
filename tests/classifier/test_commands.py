"""`chuku classify` and `chuku evaluate` as scripts use them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from app.cli.classify import classify, evaluate, train
from tests.nlp_models.make import make_version


@pytest.fixture(autouse=True)
def _no_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No version that somebody trained in this checkout."""
    monkeypatch.setenv("CHUKU_DATA", str(tmp_path / "data"))


def test_one_line_out_for_each_line_in_and_broken_ones_are_named() -> None:
    lines = [
        '{"id": "a", "text": "没有声音"}',
        "broken",
        '{"id": "c"}',
        "",
        '{"id": 7, "text": "\\ud800"}',
    ]
    result = CliRunner().invoke(classify, input="\n".join(lines) + "\n")
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 1
    assert [item["id"] for item in answers] == ["a", None, "c", None, 7]
    assert [("error" in item) for item in answers] == [False, True, True, True, False]
    assert all(f"line {number}:" in result.stderr for number in (2, 3, 4))


def test_good_lines_alone_end_with_zero() -> None:
    result = CliRunner().invoke(classify, input='{"id": 1, "text": "打不开"}\n')
    assert result.exit_code == 0
    assert json.loads(result.stdout)["kind"] == "normativity"


def test_a_labelled_file_is_measured(tmp_path: Path) -> None:
    file = tmp_path / "own.jsonl"
    row = {"id": "1", "text": "视频没有声音", "labels": ["normativity"], "severe": False}
    file.write_text(json.dumps(row) + "\n", encoding="utf-8")
    result = CliRunner().invoke(evaluate, [str(file), "--json"])
    assert result.exit_code == 0
    assert json.loads(result.stdout)["accuracy"] == 1.0


@pytest.mark.parametrize(
    "line",
    ["nonsense", "[]", '{"id": "1"}', '{"id": "1", "text": "x", "labels": []}',
     '{"id": "1", "text": "x", "labels": ["unheard-of"]}', ""],
)  # fmt: skip
@pytest.mark.parametrize("command", [[evaluate], [train, "--with"]])
def test_a_file_that_is_no_corpus_is_refused_in_one_sentence(
    tmp_path: Path, line: str, command: list[Any]
) -> None:
    file = tmp_path / "bad.jsonl"
    file.write_text(line + "\n", encoding="utf-8")
    result = CliRunner().invoke(command[0], [*command[1:], str(file)])
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert "cannot be read as labelled JSON Lines" in result.output


def test_more_lines_than_a_batch_keep_their_order_around_broken_ones() -> None:
    lines = [
        "broken" if n % 50 == 0 else f'{{"id": {n}, "text": "第{n}页没声"}}' for n in range(160)
    ]
    result = CliRunner().invoke(classify, input="\n".join(lines))
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert [item["id"] for item in answers] == [None if n % 50 == 0 else n for n in range(160)]
    assert [item["line"] for item in answers if "error" in item] == [1, 51, 101, 151]


def test_a_report_is_written_to_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.classifier.workshop.report", lambda file, version: {"of": version})
    monkeypatch.setattr("app.classifier.page.render", str)
    page = tmp_path / "report.html"
    result = CliRunner().invoke(evaluate, ["--report", str(page), "--model", "1.x"])
    assert result.exit_code == 0
    assert page.read_text("utf-8") == "{'of': '1.x'}"


def test_two_versions_are_shown_side_by_side(tmp_path: Path) -> None:
    make_version(tmp_path / "data" / "models", "1.deaf", severe_at=0.99)
    result = CliRunner().invoke(evaluate, ["--candidate", "1.deaf"])
    assert result.exit_code == 0
    assert "candidate complaints@1.deaf" in result.output
    assert "would_hold precision" in result.output
    assert "F1 legal" in result.output
    assert "not to be installed: severe recall falls from" in result.output


def test_a_version_that_is_not_there_is_named(tmp_path: Path) -> None:
    result = CliRunner().invoke(evaluate, ["--candidate", "1.nowhere"])
    assert result.exit_code == 1
    assert "there is no version 1.nowhere" in result.output


def test_figures_tell_whether_the_cues_are_the_reason() -> None:
    result = CliRunner().invoke(evaluate, [])
    assert "without its cues the decision falls in" in result.output
    assert "random deletion" in result.output


def test_training_is_told_where_and_with_what(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = []

    def run(folder: Path, added: tuple[Path, ...], say: object, *, ship: bool) -> dict[str, object]:
        told.append((folder, added, ship))
        return {"name": "complaints", "version": "1.x", "threshold": 0.9}

    monkeypatch.setattr("app.classifier.workshop.train", run)
    further = tmp_path / "further.jsonl"
    further.write_text("")
    assert CliRunner().invoke(train, ["--with", str(further)]).exit_code == 0
    assert told == [(tmp_path / "data" / "models", (further,), False)]
    assert CliRunner().invoke(train, ["--ship", "--with", str(further)]).exit_code == 2
    assert CliRunner().invoke(train, ["--ship"]).exit_code == 0
    assert told[1][1:] == ((), True)


def test_evaluate_slots_prints_exact_match_and_names_each_miss(tmp_path: Path) -> None:
    file = tmp_path / "slots.jsonl"
    rows = [
        {
            "text": "第3页有错字",
            "slots": {"chapter_or_page": "第3页"},
            "values": {"chapter_or_page": {"page": 3}},
        },
        {"text": "没有声音", "slots": {"wants_reply": True}, "values": {}},
    ]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    result = CliRunner().invoke(evaluate, [str(file), "--slots"])
    assert result.exit_code == 0
    assert "chapter_or_page      exact 1.000 of 2  where stated 1.000 of 1" in result.output
    assert "wants_reply: True but None: 没有声音" in result.output
    document = CliRunner().invoke(evaluate, [str(file), "--slots", "--json"])
    assert json.loads(document.output)["slots"]["wants_reply"]["exact"] == 0.5


def test_joining_complaints_is_measured_with_its_curve() -> None:
    result = CliRunner().invoke(evaluate, ["--likeness", "--split", "dev"])
    assert result.exit_code == 0
    assert "grouped as at the desk" in result.stdout
    assert "| 0.9 |" in result.stdout


def test_a_part_that_is_not_there_is_refused_in_one_sentence() -> None:
    result = CliRunner().invoke(evaluate, ["--likeness", "--split", "nowhere"])
    assert result.exit_code == 1
    assert "no part nowhere" in result.output
