"""A person's decision about a complaint as a row of the corpus. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nlp_models.corpus import fold_of
from nlp_models.labels import FINE, HOLDABLE, PARENT, ROUTING
from nlp_models.language import language

# One situation in five is kept for measuring; the rest is trained on.
_PARTS = 5
# What the labelling rules say of the finer legal kinds; the others depend on the case.
_GRAVE = frozenset(
    {"pornography", "gambling", "fraud", "violence_terror", "drugs", "weapons", "cult", "malware"}
)
_NOT_GRAVE = frozenset({"copyright", "defamation", "advertising"})
_MAY_BE_GRAVE = ROUTING[:4]


@dataclass(frozen=True, slots=True)
class Word:
    """What the machine read and what a person decided; `situation` ties rows of one incident."""

    id: str
    text: str
    situation: str
    read_kind: str
    read_kinds: Sequence[str]
    read_severe: bool
    model: str
    decided: Sequence[str]
    decided_kinds: Sequence[str]
    verdict: str
    on: str

    @property
    def unfounded(self) -> bool:
        """The claim did not hold; that says nothing of how its text is to be read."""
        return self.verdict == "unfounded"


def corrects(word: Word) -> bool:
    """Whether the person said something else than the machine."""
    made = row(word)
    return (
        word.unfounded
        or made["labels"][0] != word.read_kind
        or made["severe"] != word.read_severe
        or bool(set(made["kinds"]) - set(word.read_kinds))
    )


def row(word: Word) -> dict[str, Any]:
    """The row, in the shape of corpus/*.jsonl, with where it comes from.

    An unfounded claim may have been read rightly (a lie about gambling is a text about gambling):
    it keeps the machine's labels and the split `review`, which training leaves out until a person
    has read it.
    """
    decided = (word.read_kind,) if word.unfounded else word.decided
    labels = sorted(set(decided), key=ROUTING.index)
    kinds = _finer(word, labels)
    severe = word.read_severe if word.unfounded else _grave(word, labels[0], kinds)
    part = "test" if fold_of(word.situation, _PARTS) == 0 else "train"
    return {
        "id": word.id,
        "text": word.text,
        "labels": labels,
        "kinds": kinds,
        "severe": severe,
        "hard": word.read_severe and labels[0] not in HOLDABLE,
        "lang": language(word.text),
        "situation": word.situation,
        "split": "review" if word.unfounded else part,
        "provenance": {
            "from": "officer",
            "verdict": word.verdict,
            "on": word.on,
            "model": word.model,
            "read": word.read_kind,
            "read_severe": word.read_severe,
        },
    }


def _finer(word: Word, labels: Sequence[str]) -> list[str]:
    """The finer kinds a person named; else those the machine read under the same labels."""
    named = [kind for kind in word.decided_kinds if PARENT.get(kind) in labels]
    read = [kind for kind in word.read_kinds if PARENT.get(kind) in labels]
    # Where a person named one for a label, the machine's own for that label do not count.
    settled = {PARENT[kind] for kind in named}
    return list(dict.fromkeys([*named, *(kind for kind in read if PARENT[kind] not in settled)]))


def _grave(word: Word, label: str, kinds: Sequence[str]) -> bool:
    """Severe by the labelling rules; where they leave it to the case, as the machine read it."""
    if label not in _MAY_BE_GRAVE:
        return False
    own = [kind for kind in kinds if kind in FINE.get(label, ())]
    if any(kind in _GRAVE for kind in own):
        return True
    if own and all(kind in _NOT_GRAVE for kind in own):
        return False
    return word.read_severe
