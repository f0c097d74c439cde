"""The classifier in service: one text in, one reading out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import spacy
from numpy.typing import NDArray
from spacy.language import Language
from spacy.tokens import Doc

from nlp_models import severity
from nlp_models.card import Card, current, read_card
from nlp_models.decide import Decision, Limits, decide, sigmoid
from nlp_models.explain import Cue, cues
from nlp_models.labels import CATEGORY, LISTED, ROUTING, SEVERE
from nlp_models.language import language
from nlp_models.model import Linear, Scores
from nlp_models.risk import risk
from nlp_models.slots import Slots, cut

# Enough for three screens of complaint; of more, beginning and end are read.
_HEAD, _TAIL = 12_000, 4_000
_PIECE = 320
_STOP = re.compile(r"[。!！?？;；\n]")
# A Han character or two Latin letters in a row: less than that says nothing.
_READABLE = re.compile(r"[\u3400-\u9fff]|[A-Za-z]{2}")
_AS_IS = [1.0, 0.0]
_STEEPEST = 60.0


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything the classifier says about one text."""

    lang: str
    category: str
    decision: Decision
    cues: list[Cue]
    slots: Slots
    risk: str | None
    scores: dict[str, float]


def pieces(text: str) -> Iterator[tuple[int, str]]:
    """A long text in parts of some sentences each, so that one bad line is not drowned."""
    start = 0
    while len(text) - start > _PIECE * 5 // 4:
        stops = [match.end() for match in _STOP.finditer(text, start + _PIECE // 2, start + _PIECE)]
        end = stops[-1] if stops else start + _PIECE
        yield start, text[start:end]
        start = end
    yield start, text[start:]


class Pipeline:
    """A trained version, loaded."""

    def __init__(self, nlp: Language, card: Card) -> None:
        self.nlp = nlp
        self.card = card
        self._linear = Linear(nlp)
        self._labels = self._linear.labels
        known = [card.calibration.get(label, _AS_IS) for label in self._labels]
        self._slopes, self._shifts = np.array(known, dtype="d").T
        self._severity = np.array(card.severity)
        self._limits = Limits(card.threshold, card.severe_at, card.abstain_below)

    @classmethod
    def load(cls, folder: Path | None = None) -> Pipeline:
        """The version in the folder, or the shipped one."""
        where = folder or current()
        return cls(spacy.load(where), read_card(where))

    def read(self, text: str) -> Reading:
        """The reading of one text of any length and content."""
        return self.read_many([text])[0]

    def read_many(self, texts: Sequence[str]) -> list[Reading]:
        """The readings of some texts, scored together; each is what `read` alone would say."""
        if not texts:
            return []
        parts = [self._parts(text) for text in texts]
        docs: list[Doc] = []
        facts: list[tuple[str | None, Slots]] = []
        for text, own in zip(texts, parts, strict=True):
            docs += [self.nlp.make_doc(part) for _, part in own]
            # Here, while the normalised view of the text is still at hand.
            facts.append((self._risk(text), cut(text[: _HEAD + _TAIL])))
        read = [self._linear.read(doc) for doc in docs]
        readings: list[Reading] = []
        at = 0
        for text, own, fact in zip(texts, parts, facts, strict=True):
            mine = read[at : at + len(own)]
            at += len(own)
            readings.append(self._reading(text, [offset for offset, _ in own], mine, fact))
        return readings

    def _reading(
        self,
        text: str,
        offsets: list[int],
        read: list[Scores],
        facts: tuple[str | None, Slots],
    ) -> Reading:
        listed = float(any(part.doc.user_data["listed"] for part in read))
        scores = self._calibrated(np.max([part.logits for part in read], axis=0), listed)
        readable = _READABLE.search(text) is not None
        if not readable:
            scores = _unreadable(scores)
        decision = decide(scores, self._limits)
        return Reading(
            lang=language(text[:_HEAD]),
            category=CATEGORY[decision.kind],
            decision=decision,
            cues=self._cues(text, decision, offsets, read) if readable else [],
            slots=facts[1],
            risk=facts[0],
            scores=scores,
        )

    def _calibrated(self, logits: NDArray[np.float32], listed: float) -> dict[str, float]:
        """Probabilities: of several parts the strongest counts, label by label."""
        steep = np.clip(self._slopes * logits + self._shifts, -_STEEPEST, _STEEPEST)
        scores = dict(zip(self._labels, (1.0 / (1.0 + np.exp(-steep))).tolist(), strict=True))
        grave = severity.log_odds(self._severity, logits, listed)
        return scores | {SEVERE: sigmoid(grave), LISTED: listed}

    def _parts(self, text: str) -> list[tuple[int, str]]:
        if len(text) <= _HEAD + _TAIL:
            return list(pieces(text))
        tail = len(text) - _TAIL
        return [*pieces(text[:_HEAD]), *((tail + at, part) for at, part in pieces(text[tail:]))]

    def _risk(self, text: str) -> str | None:
        if len(text) <= _HEAD + _TAIL:
            return risk(text)
        return risk(text[:_HEAD]) or risk(text[-_TAIL:])

    def _cues(
        self, text: str, decision: Decision, offsets: list[int], read: list[Scores]
    ) -> list[Cue]:
        name = decision.kinds[0][0]
        found = _strongest(text, decision.kind, name, offsets, read)
        if decision.severe:
            known = [(cue.start, cue.end) for cue in found]
            for cue in _strongest(text, SEVERE, name, offsets, read):
                if not any(cue.start < end and start < cue.end for start, end in known):
                    found.append(cue)
        return found


def _strongest(
    text: str, label: str, name: str, offsets: list[int], read: list[Scores]
) -> list[Cue]:
    """The cues from the part of the text that speaks most for the label."""
    best = max(range(len(read)), key=lambda index: read[index].logit(label))
    return cues(text, read[best], label, name, offsets[best])


def _unreadable(scores: dict[str, float]) -> dict[str, float]:
    """Nothing that could be read: `other`, and a person looks."""
    return dict.fromkeys(scores, 0.0) | {"other": 1.0 / len(ROUTING), "unreadable": 1.0}
