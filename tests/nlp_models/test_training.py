"""Training is deterministic, and contributions are exact."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from nlp_models import corpus
from nlp_models.card import current, read_card
from nlp_models.model import Linear, fit
from nlp_models.pipeline import Pipeline
from nlp_models.train import train
from nlp_models.versions import Versions


@pytest.fixture(scope="module")
def few() -> list[corpus.Row]:
    return corpus.load()[::60]


def test_the_same_rows_give_the_same_weights(few: list[corpus.Row]) -> None:
    first, second = (Linear(fit(few)) for _ in range(2))
    doc = Pipeline.load().nlp.make_doc("视频没有声音")
    assert np.array_equal(first.read(doc).logits, second.read(doc).logits)


def test_contributions_add_up_to_what_spacy_says() -> None:
    pipeline = Pipeline.load()
    doc = pipeline.nlp("课件最后一页的二维码是赌博网站")
    linear = Linear(pipeline.nlp)
    scores = linear.read(doc)
    for column, label in enumerate(scores.labels):
        adds = scores.adds(label)
        assert len(adds) == len(scores.spans)
        assert adds.sum() + linear.bias[column] == pytest.approx(scores.logits[column], abs=1e-3)
        assert 1 / (1 + np.exp(-scores.logits[column])) == pytest.approx(doc.cats[label], abs=1e-4)


def test_the_shipped_model_was_trained_on_the_committed_corpus() -> None:
    card = read_card(current())
    assert card.corpus_sha256 == corpus.digest(corpus.load())


def test_the_threshold_was_measured_more_strictly_than_the_policy_demands() -> None:
    card = read_card(current())
    measured = card.figures["hold_threshold"]
    assert card.threshold is not None
    assert measured["passing"] >= 40
    assert measured["precision"] >= 0.98
    assert measured["wilson95"][0] >= 0.93


def test_the_repository_ships_exactly_one_version() -> None:
    kept = [item for item in current().parent.iterdir() if item.is_dir()]
    assert kept == [current()]


def test_training_writes_a_version_and_puts_nothing_in_service(
    few: list[corpus.Row], tmp_path: Path
) -> None:
    further = tmp_path / "further.jsonl"
    row = {"text": "第三讲没有声音", "labels": ["normativity"], "severe": False, "situation": "s"}
    lines = [{"id": "a", "split": "train", **row}, {"id": "b", "split": "review", **row}]
    further.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    site = tmp_path / "models"
    card = train(site, [further], own=few)
    known = Versions(site)
    assert known.serving() == current()
    assert [item.card.version for item in known.all()] == [current().name, card.version]
    assert known.get(card.version).usable
    assert card.rows == len(few) + 2
    assert [(part["rows"], part["trained_on"]) for part in card.added] == [(2, 1)]
    assert Pipeline.load(site / card.version).read("视频没有声音").decision.kind
    assert (site / card.version / "MODEL_CARD.md").is_file()


def test_texts_read_together_are_read_as_alone() -> None:
    pipeline = Pipeline.load()
    texts = ["扫码是赌博网站", "", "第一段没有问题。" * 200 + "附件有木马", "没声音"]
    together = pipeline.read_many(texts)
    assert [item.decision.kind for item in together] == [
        pipeline.read(text).decision.kind for text in texts
    ]
    assert together[0].scores == pytest.approx(pipeline.read(texts[0]).scores, abs=1e-6)
    assert pipeline.read_many([]) == []
