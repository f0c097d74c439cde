"""The report is one file that explains itself, and escapes what it shows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from app.classifier import page
from nlp_models import corpus
from nlp_models.card import current
from nlp_models.evaluate import FIXED
from nlp_models.report import report


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    with pytest.MonkeyPatch.context() as patch:
        measured = dict.fromkeys(
            ("load_s", "memory_mb", "one_call_ms", "one_call_p95_ms", "batch_texts_per_s",
             "batch_texts", "disk_mb"), 7,
        )  # fmt: skip
        patch.setattr("nlp_models.report.speed", lambda folder: measured)
        return report(
            current(), own=corpus.part(corpus.load(), *FIXED)[::4], trials=Path("nowhere")
        )


def test_it_stands_alone(told: dict[str, Any]) -> None:
    html = page.render(told)
    assert not re.search(r"<script|<link|\ssrc=|@import|url\(", html)
    assert "prefers-color-scheme: dark" in html
    assert "@media print" in html
    assert html.count("<svg") == 4
    for heading in ("混淆矩阵", "校准", "最难的错例", "速度与体积", "数据规模", "依据有效"):
        assert heading in html


def test_shades_come_with_numbers(told: dict[str, Any]) -> None:
    html = page.render(told)
    shaded = re.findall(r'<td class="s[1-9][^"]*">(.*?)</td>', html)
    assert shaded
    assert all(text.isdigit() for text in shaded)


def test_texts_are_escaped_and_missing_ones_leave_their_id(told: dict[str, Any]) -> None:
    hard = told["parts"][0]["hardest"]
    shown = [{**hard[0], "text": "<b onclick=x>"}, {**hard[0], "id": "out-9", "text": None}]
    html = page.render(told | {"parts": [{**told["parts"][0], "hardest": shown}]})
    assert "<b onclick" not in html
    assert "&lt;b onclick=x&gt;" in html
    assert "out-9" in html


def test_what_was_tried_is_shown_when_it_was_written_down(told: dict[str, Any]) -> None:
    trials = {"columns": ["macro-F1"], "rows": [{"name": "bigrams", "cells": [0.84]}]}
    assert "方案对比" not in page.render(told)
    assert "bigrams" in page.render(told | {"trials": trials})
