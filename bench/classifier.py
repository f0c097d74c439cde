"""How fast the machine reads: one complaint, and many."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from app import classifier
from bench.measure import Goal, Row, less, seconds, times_row
from bench.world import World
from nlp_models.corpus import FOLDER, read


def run(world: World) -> Iterator[Row]:
    """The written corpus, as many times as it takes."""
    texts = [row.text for file in sorted(FOLDER.glob("*.jsonl")) for row in read(file)]
    classifier.load()
    few = texts[: world.pick(50, 1000)]
    list(classifier.suggest_many(few[:50]))
    calls = [seconds(lambda text=text: classifier.suggest(text)) * 1000 for text in few]
    yield times_row(
        "classifier", "classifier: one call", calls, less(10, 3, "ms"),
        f"whole suggestion with cues, slots and risk; {classifier.model_name()}",
    )  # fmt: skip
    batch = (texts * 2)[: world.pick(100, 2000)]
    rates = [
        len(batch) / seconds(lambda: list(classifier.suggest_many(batch)))
        for _ in range(world.pairs)
    ]
    yield Row(
        "classifier", "classifier: a batch, one process", median(rates), min(rates), max(rates),
        Goal(1000, 3000, "texts/s"), made_of=f"{len(batch):,} complaints of the corpus",
        n=len(rates),
    )  # fmt: skip
