"""Finding weights and thresholds in corpus_likeness/; `chuku train --likeness` runs it."""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlp_models import corpus
from nlp_models.likeness.compare import (
    WEIGHTS,
    Rarity,
    Weights,
    alike,
    features,
    from_plain,
    grouped,
)
from nlp_models.likeness.fingerprint import Fingerprint, fingerprint, pieces_of, words_of
from nlp_models.normalise import normalise

PROBLEMS = Path(__file__).parent.parent / "corpus_likeness" / "problems.jsonl"
_FOLDS = 5
_RIDGE = 3.0
_STEPS = 30
_SEEN = 2  # a piece met less often has the rarity of the unseen
# A wrong join hides a problem, a missed one costs a second look: precision counts more.
_BETA = 0.8
_GRID = [round(0.05 * step, 2) for step in range(1, 20)]
Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Told:
    """One telling of one problem on one resource."""

    text: str
    problem: str
    resource: str
    title: str
    split: str


@dataclass(frozen=True, slots=True)
class Count:
    """Pairs rightly joined, wrongly joined, and missed."""

    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        """Of the joined pairs, the right ones."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        """Of the pairs of one problem, the joined ones."""
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0

    def f(self, beta: float = 1.0) -> float:
        """F-measure; below 1 precision counts more."""
        p, r = self.precision, self.recall
        return (1 + beta**2) * p * r / (beta**2 * p + r) if p + r else 0.0


Pair = tuple[Told, Told]
Prints = dict[str, Fingerprint]


def load(path: Path = PROBLEMS) -> list[Told]:
    """Every telling of the corpus."""
    told: list[Told] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        told += [
            Told(text, row["id"], row["resource"], row["title"], row["split"])
            for text in row["texts"]
        ]
    return told


def pairs(told: Iterable[Told]) -> list[Pair]:
    """All pairs of tellings on one resource."""
    by_resource: dict[str, list[Told]] = {}
    for one in told:
        by_resource.setdefault(one.resource, []).append(one)
    return [pair for own in by_resource.values() for pair in combinations(own, 2)]


def fold_of(one: Told) -> str:
    """The test part is a fold of its own; the rest falls in folds by resource."""
    if one.split == "test":
        return "test"
    return str(corpus.fold_of(one.resource, _FOLDS))


def prints(told: Sequence[Told], *, strict: bool) -> Prints:
    """Fingerprints by text.

    `strict`: words of the list of senses that stand in a fold and in no other are unknown there.
    The list was written beside the corpus; so its luck with these very texts is taken away, for
    weights, thresholds and figures alike.
    """
    unknown = _own_words(told) if strict else {}
    return {
        one.text: fingerprint(
            one.text, about=one.title, unknown=unknown.get(fold_of(one), frozenset())
        )
        for one in told
    }


def _own_words(told: Sequence[Told]) -> dict[str, frozenset[str]]:
    words: dict[str, set[str]] = {}
    for one in told:
        words.setdefault(fold_of(one), set()).update(words_of(normalise(one.text).text))
    elsewhere = {
        fold: set().union(*(found for name, found in words.items() if name != fold))
        for fold in words
    }
    return {fold: frozenset(found - elsewhere[fold]) for fold, found in words.items()}


def _rarity(told: Sequence[Told], made: Prints) -> dict[str, Any]:
    """Rarity of pieces by view, over the classifier's corpus and the train part."""
    texts = [row.text for row in corpus.load()]
    shown = [(text, fingerprint(text).senses) for text in texts]
    shown += [(one.text, made[one.text].senses) for one in told if one.split == "train"]
    seen: dict[str, Counter[str]] = {}
    for text, found in shown:
        for view, pieces in pieces_of(normalise(text).text).items():
            seen.setdefault(view, Counter()).update(pieces)
        seen.setdefault("senses", Counter()).update(found)
    total = len(shown)
    return {
        "rarity": {
            view: {
                piece: round(math.log((total + 1) / (count + 1)), 2)
                for piece, count in sorted(counted.items())
                if count >= _SEEN
            }
            for view, counted in sorted(seen.items())
        },
        "unseen": round(math.log(total + 1), 2),
    }


def _logistic(rows: Array, truth: Array) -> Array:
    """Ridge logistic regression by Newton's steps; the bias is free."""
    found = np.zeros(rows.shape[1])
    ridge = np.eye(rows.shape[1]) * _RIDGE
    ridge[0, 0] = 1e-6
    for _ in range(_STEPS):
        said = 1 / (1 + np.exp(-rows @ found))
        slope = rows.T @ (truth - said) - ridge @ found
        bend = (rows * (said * (1 - said))[:, None]).T @ rows + ridge
        step = np.linalg.solve(bend, slope)
        found += step
        if np.abs(step).max() < 1e-6:  # noqa: PLR2004 - converged
            break
    return found


def _weights(rarity: Rarity, chosen: Sequence[Pair], made: Prints) -> dict[str, float]:
    rows = [features(rarity, made[a.text], made[b.text]) for a, b in chosen]
    names = ["bias", *sorted({name for row in rows for name in row} - {"bias"})]
    table = np.array([[row.get(name, 0.0) for name in names] for row in rows])
    truth = np.array([float(a.problem == b.problem) for a, b in chosen])
    found = _logistic(table, truth)
    return {name: round(float(value), 4) for name, value in zip(names, found, strict=True)}


def scored(chosen: Sequence[Pair], made: Prints, given: Weights) -> list[tuple[float, bool]]:
    """Probability and truth of each pair."""
    return [(alike(made[a.text], made[b.text], given), a.problem == b.problem) for a, b in chosen]


def at_threshold(given: Sequence[tuple[float, bool]], threshold: float) -> Count:
    """What a threshold would join, pair by pair."""
    right = sum(truth for score, truth in given if score >= threshold)
    wrong = sum(not truth for score, truth in given if score >= threshold)
    return Count(right, wrong, sum(truth for _, truth in given) - right)


def at_grouping(told: Sequence[Told], made: Prints, given: Weights, at: float) -> Count:
    """What grouping all tellings of each resource joins."""
    by_resource: dict[str, list[Told]] = {}
    for one in told:
        by_resource.setdefault(one.resource, []).append(one)
    right = wrong = missed = 0
    for own in by_resource.values():
        groups = grouped(own, lambda a, b: alike(made[a.text], made[b.text], given), at)
        where = {one.text: index for index, group in enumerate(groups) for one in group}
        for a, b in combinations(own, 2):
            joined, truth = where[a.text] == where[b.text], a.problem == b.problem
            right += joined and truth
            wrong += joined and not truth
            missed += truth and not joined
    return Count(right, wrong, missed)


def fit(say: Callable[[str], None], path: Path = WEIGHTS) -> dict[str, Any]:
    """Fit on train, choose thresholds on dev, write weights.json; what was chosen and why."""
    told = load()
    made = prints(told, strict=True)
    raw: dict[str, Any] = _rarity(told, made)
    rarity = from_plain({**raw, "same": {}, "cross": {}, "threshold": 1, "group_at": 1}).rarity
    train = pairs(one for one in told if one.split == "train")
    one_language = [pair for pair in train if made[pair[0].text].lang == made[pair[1].text].lang]
    two = [pair for pair in train if made[pair[0].text].lang != made[pair[1].text].lang]
    say(f"{len(one_language)} pairs in one language, {len(two)} in two")
    raw["same"] = _weights(rarity, one_language, made)
    raw["cross"] = _weights(rarity, two, made)
    given = from_plain({**raw, "threshold": 1, "group_at": 1})
    dev = [one for one in told if one.split == "dev"]
    scores = scored(pairs(dev), made, given)
    raw["threshold"] = max(_GRID, key=lambda at: at_threshold(scores, at).f(_BETA))
    raw["group_at"] = max(_GRID, key=lambda at: at_grouping(dev, made, given, at).f(_BETA))
    raw["corpus_sha256"] = hashlib.sha256(PROBLEMS.read_bytes()).hexdigest()
    path.write_text(json.dumps(raw, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")
    return {
        "threshold": raw["threshold"],
        "group_at": raw["group_at"],
        "pairs": len(train),
        "dev": round(at_threshold(scores, raw["threshold"]).f(), 4),
        "dev_grouped": round(at_grouping(dev, made, given, raw["group_at"]).f(), 4),
    }
