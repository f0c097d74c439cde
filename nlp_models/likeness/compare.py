"""How likely two fingerprints tell one problem, and which of several belong together. Pure.

A logistic sum over some twenty likenesses whose weights lie in weights.json, one set for two texts
in one language and one for two languages. `reasons` says which of them spoke.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, TypeVar

from nlp_models.likeness.fingerprint import Fingerprint, hashed, senses

WEIGHTS = Path(__file__).parent / "weights.json"
Term = int | str
_Key = TypeVar("_Key")
# Two claims that point at moments this near mean the same moment.
_SECONDS = 20
# What points at one spot; a lesson holds many.
_EXACT = frozenset({"time", "page", "slide", "exercise"})
_CERTAIN = 12.0
_KEPT = 2048


# One table of rarities is one thing, whatever it holds: so it can be a key of caches.
@dataclass(frozen=True, slots=True, eq=False)
class Rarity:
    """How much a piece or sense tells: the rarer among complaints, the more."""

    of: Mapping[Term, float]
    unseen: float

    def __call__(self, piece: Term) -> float:
        """The inverse document frequency; of what was never seen, the highest."""
        return self.of.get(piece, self.unseen)

    def sum(self, pieces: Iterable[Term]) -> float:
        """What all of them tell."""
        get, unseen = self.of.get, self.unseen
        return sum(get(piece, unseen) for piece in pieces)

    def squares(self, pieces: Iterable[Term]) -> float:
        """The square of their length as a vector."""
        get, unseen = self.of.get, self.unseen
        return sum(get(piece, unseen) ** 2 for piece in pieces)


@dataclass(frozen=True, slots=True)
class Weights:
    """What training left behind."""

    rarity: Rarity
    same: Mapping[str, float]  # two texts in one language
    cross: Mapping[str, float]  # in two
    threshold: float  # from here a pair tells one problem
    group_at: float  # from here a group of claims takes in another


@cache
def weights() -> Weights:
    """The committed weights."""
    raw = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    return from_plain(raw)


def from_plain(raw: Mapping[str, Any]) -> Weights:
    """Weights from what weights.json holds: pieces by view, hashed here."""
    of: dict[Term, float] = {}
    for view, pieces in raw["rarity"].items():
        for piece, value in pieces.items():
            of[piece if view == "senses" else hashed(view, piece)] = value
    return Weights(
        Rarity(of, raw["unseen"]), raw["same"], raw["cross"], raw["threshold"], raw["group_at"]
    )


@lru_cache(maxsize=_KEPT)
def _measures(rarity: Rarity, pieces: frozenset[Any]) -> tuple[float, float]:
    """What all pieces tell, and their length; a claim is compared with dozens of others."""
    return rarity.sum(pieces), math.sqrt(rarity.squares(pieces))


def _cosine(rarity: Rarity, a: frozenset[Any], b: frozenset[Any]) -> float:
    both = a & b
    if not both:
        return 0.0
    return rarity.squares(both) / (_measures(rarity, a)[1] * _measures(rarity, b)[1])


def _share(rarity: Rarity, a: frozenset[Any], b: frozenset[Any]) -> float:
    """How much of the shorter one the longer one holds."""
    both = a & b
    if not both:
        return 0.0
    return rarity.sum(both) / min(_measures(rarity, a)[0], _measures(rarity, b)[0])


def _strongest(rarity: Rarity, both: frozenset[Any]) -> float:
    return max(map(rarity, both), default=0.0) / 8


@lru_cache(maxsize=_KEPT)
def _by_group(names: frozenset[str]) -> dict[str, frozenset[str]]:
    _, _, groups = senses()
    found: dict[str, set[str]] = {"trouble": set(), "object": set(), "matter": set()}
    for name in names:
        found[groups[name].partition(".")[0]].add(name)
    return {group: frozenset(inside) for group, inside in found.items()}


def _senses(rarity: Rarity, a: Fingerprint, b: Fingerprint) -> dict[str, float]:
    found: dict[str, float] = {}
    mine, yours = _by_group(a.senses), _by_group(b.senses)
    for group, x in mine.items():
        y = yours[group]
        found[f"{group} alike"] = _cosine(rarity, x, y)
        found[f"{group} held"] = _share(rarity, x, y)
        found[f"{group} weight"] = min(3.0, rarity.sum(x & y) / 5)
        found[f"{group} other"] = float(bool(x and y and not x & y))
        found[f"{group} unsaid"] = float(not x or not y)
    _, _, groups = senses()
    here = {groups[name] for name in mine["trouble"]}
    there = {groups[name] for name in yours["trouble"]}
    if here and there:
        found["family alike"] = len(here & there) / math.sqrt(len(here) * len(there))
        found["family other"] = float(not here & there)
    what = _share(rarity, a.senses - mine["trouble"], b.senses - yours["trouble"])
    found["trouble and matter"] = found["trouble held"] * what
    return found


def _units(places: frozenset[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for place in places:
        unit, _, number = place.partition(":")
        found.setdefault(unit, set()).add(number)
    return found


def _near(unit: str, a: set[str], b: set[str]) -> bool:
    if unit != "time":
        return bool(a & b)
    return any(abs(int(x) - int(y)) <= _SECONDS for x in a for y in b)


def _places(a: Fingerprint, b: Fingerprint) -> dict[str, float]:
    mine, yours = _units(a.places), _units(b.places)
    both = mine.keys() & yours.keys()
    met = sum(_near(unit, mine[unit], yours[unit]) for unit in both)
    return {"place equal": float(met), "place other": float(len(both) - met)}


def elsewhere(a: Fingerprint, b: Fingerprint) -> bool:
    """Whether both name a place of one kind and never the same: pages 3 and 9."""
    mine, yours = _units(a.places), _units(b.places)
    both = _EXACT & mine.keys() & yours.keys()
    return bool(both) and not any(_near(unit, mine[unit], yours[unit]) for unit in both)


def features(rarity: Rarity, a: Fingerprint, b: Fingerprint) -> dict[str, float]:
    """Every likeness by name; what is not named is 0."""
    numbers = a.numbers & b.numbers
    found = {
        "bias": 1.0,
        "characters alike": _cosine(rarity, a.chars, b.chars),
        "characters held": _share(rarity, a.chars, b.chars),
        "rarest character": _strongest(rarity, a.chars & b.chars),
        "words alike": _cosine(rarity, a.grams, b.grams),
        "words held": _share(rarity, a.grams, b.grams),
        "rarest word": _strongest(rarity, a.grams & b.grams),
        "sounds alike": _cosine(rarity, a.sounds, b.sounds),
        "numbers alike": _cosine(rarity, a.numbers, b.numbers),
        "numbers weight": min(2.0, rarity.sum(numbers) / 5),
        "numbers other": float(bool(a.numbers and b.numbers and not numbers)),
        "meanings alike": _cosine(rarity, a.glosses, b.glosses),
        "meanings held": _share(rarity, a.glosses, b.glosses),
        "meanings weight": min(3.0, rarity.sum(a.glosses & b.glosses) / 5),
        "rarest meaning": _strongest(rarity, a.glosses & b.glosses),
        "length": math.log((len(a.grams) + 1) * (len(b.grams) + 1)) / 4,
        **_senses(rarity, a, b),
        **_places(a, b),
    }
    found["trouble and characters"] = found["trouble held"] * found["characters held"]
    return found


def reasons(a: Fingerprint, b: Fingerprint, given: Weights | None = None) -> dict[str, float]:
    """What each likeness adds to the log-odds that two claims tell one problem."""
    known = given or weights()
    chosen = known.same if a.lang == b.lang else known.cross
    return {
        name: value * chosen.get(name, 0.0)
        for name, value in features(known.rarity, a, b).items()
        if value
    }


def alike(a: Fingerprint, b: Fingerprint, given: Weights | None = None) -> float:
    """The probability that two claims on one resource tell one problem; 1 for equal ones."""
    if a == b:
        return 1.0
    odds = sum(reasons(a, b, given).values())
    return 1.0 / (1.0 + math.exp(-max(-_CERTAIN, min(_CERTAIN, odds))))


def odds(probability: float) -> float:
    """Log-odds, cut where nothing more is known."""
    cut = min(max(probability, 1e-5), 1 - 1e-5)
    return math.log(cut / (1 - cut))


def grouped(
    items: Sequence[_Key], likeness: Callable[[_Key, _Key], float], at: float
) -> list[list[_Key]]:
    """The items in groups of one problem each, in their order.

    The two groups that are most alike on average join first, until no two are as alike as `at`;
    so one chance likeness joins no strangers. Cubic: for some dozens of items.
    """
    count = len(items)
    table = [[0.0] * count for _ in items]
    for i in range(count):
        for j in range(i):
            table[i][j] = table[j][i] = odds(likeness(items[i], items[j]))
    groups: dict[int, list[int]] = {index: [index] for index in range(count)}
    between = {(i, j): table[i][j] for i in range(count) for j in range(i)}
    limit = odds(at)
    while between:
        (i, j), best = max(between.items(), key=lambda pair: pair[1])
        if best < limit:
            break
        left, right = len(groups[i]), len(groups[j])
        del between[i, j]
        for other in groups:
            if other not in (i, j):
                a, b = (max(i, other), min(i, other)), (max(j, other), min(j, other))
                mean = (between[a] * left + between.pop(b) * right) / (left + right)
                between[a] = mean
        groups[i] += groups.pop(j)
    joined = sorted((sorted(group) for group in groups.values()), key=lambda group: group[0])
    return [[items[index] for index in group] for group in joined]
