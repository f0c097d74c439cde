"""Are the cues the reason? Without them the decision must fall, and not just any words do it."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from typing import Any

from nlp_models.corpus import Row
from nlp_models.pipeline import Pipeline, Reading

# A confidence counts as lower from a tenth of itself.
MARGIN = 0.1
GOAL = 0.8
_DRAWS = 5
_TRIES = 50
_SEED = 20240529
Runs = list[tuple[int, int]]


def deletion_test(
    pipeline: Pipeline, rows: Sequence[Row], readings: Sequence[Reading]
) -> dict[str, Any]:
    """In what share of the explained texts the decision falls without its cues.

    A decision falls when the routing kind flips or its confidence drops by the margin. Asked of
    texts that are about something (not `other`), not abstained from, and with cues. Beside it
    stands what as much random deletion does: runs of the same lengths, drawn some times.
    """
    asked = [
        (row, reading)
        for row, reading in zip(rows, readings, strict=True)
        if row.primary != "other" and not reading.decision.abstain and reading.cues
    ]
    chance = random.Random(_SEED)  # noqa: S311 - a baseline, not a secret
    fell, flipped, by_chance = 0, 0, 0
    for row, reading in asked:
        runs = [(cue.start, cue.end) for cue in reading.cues]
        drawn = [_elsewhere(len(row.text), runs, chance) for _ in range(_DRAWS)]
        left, *others = pipeline.read_many([without(row.text, one) for one in (runs, *drawn)])
        fell += _falls(reading, left)
        flipped += left.decision.kind != reading.decision.kind
        by_chance += sum(_falls(reading, other) for other in others)
    n = len(asked)
    return {
        "texts": n,
        "margin": MARGIN,
        "goal": GOAL,
        "falls": round(fell / n, 4) if n else None,
        "flips": round(flipped / n, 4) if n else None,
        "falls_by_chance": round(by_chance / (n * _DRAWS), 4) if n else None,
    }


def without(text: str, runs: Iterable[tuple[int, int]]) -> str:
    """The text with these runs cut out."""
    gone = {at for start, end in runs for at in range(start, end)}
    return "".join(char for at, char in enumerate(text) if at not in gone)


def _falls(before: Reading, after: Reading) -> bool:
    flipped = before.decision.kind != after.decision.kind
    lower = after.decision.confidence <= before.decision.confidence * (1 - MARGIN)
    return flipped or lower


def _elsewhere(length: int, runs: Runs, chance: random.Random) -> Runs:
    """Runs of the same lengths at random places, apart from each other where there is room."""
    drawn: Runs = []
    for start, end in sorted(runs, key=lambda run: run[0] - run[1]):
        size = end - start
        at = chance.randint(0, length - size)
        for _ in range(_TRIES):
            if all(at + size <= a or b <= at for a, b in drawn):
                break
            at = chance.randint(0, length - size)
        drawn.append((at, at + size))
    return drawn
