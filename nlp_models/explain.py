"""Cues: the words that really moved a score, cut from the exact contributions."""

from __future__ import annotations

from dataclasses import dataclass

from nlp_models.model import Scores

_MOST = 5
_LEAST_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Cue:
    """A run of the text as sent that speaks for a kind."""

    text: str
    start: int
    end: int
    kind: str


def cues(text: str, scores: Scores, label: str, kind: str, offset: int = 0) -> list[Cue]:
    """The strongest runs for one label, strongest first, without overlap."""
    runs = _joined(_strongest(scores, label))
    return [
        Cue(text[offset + start : offset + end], offset + start, offset + end, kind)
        for start, end in runs
    ]


def _strongest(scores: Scores, label: str) -> list[tuple[int, int]]:
    """The runs that add most; what several terms add to the same run counts together."""
    added: dict[tuple[int, int], float] = {}
    for span, adds in zip(scores.spans, scores.adds(label).tolist(), strict=True):
        added[span] = added.get(span, 0.0) + adds
    least = max(added.values(), default=0.0) * _LEAST_SHARE
    if least <= 0:
        return []
    strong = [item for item in added.items() if item[1] >= least]
    taken: list[tuple[int, int]] = []
    for (start, end), _ in sorted(strong, key=lambda item: (-item[1], item[0])):
        if len(taken) == _MOST:
            break
        if start < end and not any(start < b and a < end for a, b in taken):
            taken.append((start, end))
    return taken


def _joined(runs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Runs that touch become one; the order of strength is kept."""
    out: list[tuple[int, int]] = []
    for start, end in runs:
        near = [run for run in out if start <= run[1] and run[0] <= end]
        if not near:
            out.append((start, end))
            continue
        first = out.index(near[0])
        whole = (min(start, *(run[0] for run in near)), max(end, *(run[1] for run in near)))
        out[first] = whole
        out = [run for run in out if run is whole or run not in near]
    return out
