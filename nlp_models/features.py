"""What the model counts in a complaint: characters, pairs, sounds, pieces of Latin words, lists.

A feature is a 64-bit key. Weights are learned per key (weights.py); `spans` leads from every
counted feature back to the run of the sent text it stands for, so that contributions explain.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from spacy.strings import hash_string  # type: ignore[attr-defined]
from spacy.tokens import Doc

from nlp_models.sounds import sounds

Keys = NDArray[np.uint64]
Span = tuple[int, int]

# How much a group of features weighs against single characters and pairs, chosen on the dev part:
# what repeats the same evidence in another view (sounds, pieces) must not drown the words.
GROUPS = ("char", "pair", "skip", "sound", "piece", "sense", "list")
WEIGHTS = (1.0, 1.0, 0.4, 0.6, 0.6, 0.6, 0.3)
_FIRST, _SECOND = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)
_GROUPS = np.arange(len(GROUPS), dtype=np.int8)
_SALTS = np.array([hash_string(f"chuku:{name}") for name in GROUPS], dtype=np.uint64)
_PIECES = (3, 4, 5)
_MARKS = "¬《"


@lru_cache(maxsize=65_536)
def _key(word: str) -> int:
    return int(hash_string(word))


@lru_cache(maxsize=16_384)
def _pieces(word: str) -> tuple[int, ...]:
    """Keys of the pieces of a Latin word with its ends marked: inflections share most of them."""
    plain = word.lstrip(_MARKS)
    if len(plain) < _PIECES[0] or not (plain.isascii() and plain.isalpha()):
        return ()
    whole = f"<{plain}>"
    return tuple(
        _key(whole[at : at + size])
        for size in _PIECES
        for at in range(max(1, len(whole) - size + 1))
    )


@lru_cache(maxsize=65_536)
def _sound(word: str) -> int:
    """The key of how a character is read; 0 for what has no reading."""
    heard = sounds().get(word[-1])
    return _key(heard) if heard else 0


def _pair(left: Keys, right: Keys) -> Keys:
    return (left * _FIRST) ^ ((right + _SECOND) * _SECOND)


def _keys(values: Sequence[int]) -> Keys:
    return np.array(values, dtype=np.uint64)


def features(doc: Doc) -> tuple[Keys, NDArray[np.int8]]:
    """Every counted feature of a doc, with repetitions, and the group each belongs to.

    Kept with the doc: training asks for it in every round.
    """
    known = doc.user_data.get("features")
    if known is None:
        known = doc.user_data["features"] = _features(doc)
    found: tuple[Keys, NDArray[np.int8]] = known
    return found


def _features(doc: Doc) -> tuple[Keys, NDArray[np.int8]]:
    said: list[str] = doc.user_data["words"]
    words = _keys([_key(word) for word in said])
    heard = _keys([sound for word in said if (sound := _sound(word))])
    pieces = [key for word in said for key in _pieces(word)]
    senses = [_key(name) for name, _ in doc.user_data["hits"] if name[0] == "#"]
    lists = [_key(name) for name, _ in doc.user_data["hits"] if name[0] != "#"]
    with np.errstate(over="ignore"):
        parts = (
            words,
            _pair(words[:-1], words[1:]),
            _pair(words[:-2], words[2:]),
            _pair(heard[:-1], heard[1:]),
            _keys(pieces),
            _keys(senses),
            _keys(lists),
        )
    groups = np.repeat(_GROUPS, [len(part) for part in parts])
    # The same characters seen in another way are another feature.
    return np.concatenate(parts) ^ _SALTS[groups], groups


def spans(doc: Doc) -> list[Span]:
    """The run of the sent text that each of the features stands for, in the order of `features`.

    Kept with the doc: a grave claim is explained twice, by its kind and by its gravity.
    """
    known = doc.user_data.get("spans")
    if known is None:
        known = doc.user_data["spans"] = _spans(doc)
    found: list[Span] = known
    return found


def _spans(doc: Doc) -> list[Span]:
    said: list[str] = doc.user_data["words"]
    origin: list[Span] = doc.user_data["origin"]
    hits: list[tuple[str, Span]] = doc.user_data["hits"]
    heard = [span for word, span in zip(said, origin, strict=True) if _sound(word)]
    found = list(origin)
    for runs, step in ((origin, 1), (origin, 2), (heard, 1)):
        found += [(a[0], b[1]) for a, b in zip(runs, runs[step:], strict=False)]
    found += [span for word, span in zip(said, origin, strict=True) for _ in _pieces(word)]
    found += [span for name, span in hits if name[0] == "#"]
    found += [span for name, span in hits if name[0] != "#"]
    return found
