"""The corpus keeps the promises of its own rules."""

from __future__ import annotations

import re
import zlib
from collections import Counter, defaultdict
from itertools import combinations

import numpy as np

from nlp_models import corpus
from nlp_models.labels import PARENT, ROUTING

ROWS = corpus.load()
_PRIME = np.uint64(4_294_967_311)
_RANDOM = np.random.default_rng(1).integers(1, 2**31, 64).astype(np.uint64)


def test_the_corpus_is_as_large_and_as_mixed_as_was_promised() -> None:
    primaries = Counter(row.primary for row in ROWS)
    assert len(ROWS) >= 6000
    assert all(primaries[kind] >= 600 for kind in ROUTING)
    assert sum(row.severe for row in ROWS) >= 500
    assert sum(row.hard for row in ROWS) >= 600
    assert sum(row.lang == "en" for row in ROWS) >= 500
    assert sum(len(row.labels) > 1 for row in ROWS) >= 400


def test_near_duplicates_are_rare() -> None:
    """By MinHash over runs of four characters: similar from a Jaccard index of 0.5 on."""
    hashes = [(a, b) for a, b in zip(_RANDOM[:32], _RANDOM[32:], strict=True)]
    grams = [{zlib.crc32(text[i : i + 4].encode()) for i in range(max(1, len(text) - 3))}
             for text in (re.sub(r"\W", "", row.text.lower()) for row in ROWS)]  # fmt: skip
    signed = []
    for own in grams:
        values = np.fromiter(own, dtype=np.uint64)
        signed.append(tuple(int(((values * a + b) % _PRIME).min()) for a, b in hashes))
    bands: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for index, signature in enumerate(signed):
        for band in range(0, 32, 4):
            bands[(band, *signature[band : band + 4])].append(index)
    near = {
        max(a, b)
        for found in bands.values()
        for a, b in combinations(found[:50], 2)
        if len(grams[a] & grams[b]) >= 0.5 * len(grams[a] | grams[b])
    }
    assert len(near) < 0.03 * len(ROWS)


def test_labels_are_known_and_finer_kinds_stand_under_their_label() -> None:
    for row in ROWS:
        assert set(row.labels) <= set(ROUTING), row.id
        assert {PARENT[kind] for kind in row.kinds} <= set(row.labels), row.id


def test_a_situation_is_in_one_part_only() -> None:
    parts = defaultdict(set)
    for row in ROWS:
        parts[row.situation].add(row.split)
    assert all(len(names) == 1 for names in parts.values())
    assert {row.split for row in ROWS} == {"train", "dev", "test", "fresh"}


def test_no_text_and_no_id_stands_twice() -> None:
    assert len({row.text for row in ROWS}) == len(ROWS)
    assert len({row.id for row in ROWS}) == len(ROWS)


def test_no_hard_negative_is_severe() -> None:
    assert not [row.id for row in ROWS if row.hard and row.severe]


def test_the_fresh_part_is_large_enough_to_say_something() -> None:
    fresh = corpus.part(ROWS, "fresh")
    assert len(fresh) >= 120
    assert sum(row.severe for row in fresh) >= 50
    assert sum(row.hard for row in fresh) >= 40
