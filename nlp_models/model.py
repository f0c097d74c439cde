"""Building, fitting and reading the spaCy pipeline; its linear layer gives exact contributions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import spacy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from spacy.util import load_model_from_config

from nlp_models import features, weights
from nlp_models import tokens as _tokens  # noqa: F401  (registers the tokenizer with spaCy)
from nlp_models.corpus import Row
from nlp_models.labels import LABELS, SEVERE
from nlp_models.weights import Floats, Rows

CONFIG = Path(__file__).parent / "config.cfg"
COMPONENT = "kinds"


def cats(row: Row) -> dict[str, float]:
    """What the model should say of a row."""
    said = {*row.labels, *row.kinds, *((SEVERE,) if row.severe else ())}
    return {label: float(label in said) for label in LABELS}


def read_config() -> Any:
    """The committed training configuration."""
    return spacy.util.load_config(CONFIG)


def fit(rows: Sequence[Row]) -> Language:
    """A pipeline trained on the rows; the same rows and wheels give the same weights."""
    config = read_config()
    settings = config.pop("chuku")
    nlp = load_model_from_config(config, auto_fill=True)
    docs = [nlp.make_doc(row.text) for row in rows]
    pipe: Any = nlp.get_pipe(COMPONENT)
    sample = [Example.from_dict(docs[0], {"cats": cats(rows[0])})]
    pipe.initialize(lambda: sample, nlp=nlp, labels=list(LABELS))
    truth = np.array([[cats(row)[label] for label in LABELS] for row in rows], dtype="f")
    weights.learn(
        pipe.model,
        docs,
        truth,
        rounds=settings["rounds"],
        rate=settings["rate"],
        seed=config["system"]["seed"],
    )
    nlp.meta["name"] = "complaints"
    return nlp


@dataclass(frozen=True, slots=True)
class Scores:
    """Log-odds per label, and the features they are the sum of."""

    labels: tuple[str, ...]
    logits: Floats
    doc: Doc
    found: Rows
    model: Any

    def logit(self, label: str) -> float:
        """The log-odds of one label."""
        return float(self.logits[self.labels.index(label)])

    def adds(self, label: str) -> Floats:
        """What every counted feature adds to a label, in the order of its `spans`."""
        column = self.labels.index(label)
        weights_ = self.model.get_param("weights")[self.found.rows, column].astype("f")
        per_row = self.found.values * weights_ / self.found.counts
        out: Floats = per_row[self.found.places].astype("f")
        return out

    @property
    def spans(self) -> list[tuple[int, int]]:
        """The run of the sent text each feature stands for; made only when somebody asks why."""
        return features.spans(self.doc)


class Linear:
    """The trained component, read feature by feature: sum of what they add + bias = log-odds."""

    def __init__(self, nlp: Language) -> None:
        pipe: Any = nlp.get_pipe(COMPONENT)
        self.labels = tuple(pipe.labels)
        self._model = pipe.model

    @property
    def bias(self) -> Floats:
        """The log-odds of a text without any known feature."""
        found: Floats = self._model.get_param("bias")
        return found

    def read(self, doc: Doc) -> Scores:
        """The log-odds of a doc and how they come about."""
        found = weights.look_up(self._model, doc)
        return Scores(self.labels, weights.score(self._model, found), doc, found, self._model)
