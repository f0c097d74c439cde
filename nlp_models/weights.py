"""The linear layer: tf-idf over hashed features, learned by AdaGrad on the squared hinge.

Text classification by n-grams wants sparse, well-scaled features and large margins (Joachims 1998;
Duchi, Hazan and Singer 2011). One row of weights per feature and one column per label, so that a
log-odds is the exact sum of what its features add.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from spacy.tokens import Doc
from spacy.util import registry
from thinc.api import Model

from nlp_models.features import WEIGHTS, Keys, features

Floats = NDArray[np.float32]
_MARGIN = 1.0
_SEEN = 2  # a feature met in one text only is noise
_EPSILON = 0.01


@dataclass(frozen=True, slots=True)
class Rows:
    """A text as the layer sees it: which rows of weights, how strongly; which feature is which."""

    rows: NDArray[np.int64]
    values: Floats
    # For every counted feature the place of its row in `rows`, and how often that row is met.
    places: NDArray[np.int64]
    counts: NDArray[np.int64]
    known: NDArray[np.bool_]


def look_up(model: Any, doc: Doc) -> Rows:
    """The doc's features among those the model knows, weighted and brought to length 1."""
    vocabulary: Keys = model.get_param("keys")
    rarity: Floats = model.get_param("rarity")
    keys, _ = features(doc)
    unique, places, counts = np.unique(keys, return_inverse=True, return_counts=True)
    at = np.searchsorted(vocabulary, unique)
    at[at == len(vocabulary)] = 0
    known = vocabulary[at] == unique if len(vocabulary) else np.zeros(len(unique), dtype=bool)
    values = np.where(known, (1.0 + np.log(counts)) * rarity[at], 0.0).astype("f")
    length = float(np.sqrt(values @ values))
    if length:
        values /= length
    return Rows(at, values, places, counts, known)


def _forward(model: Any, docs: Sequence[Doc], is_train: bool) -> tuple[Floats, Callable[..., Any]]:  # noqa: FBT001 - thinc's own shape
    if not docs:
        return np.zeros((0, len(model.get_param("bias"))), dtype="f"), lambda _: []
    logits = np.stack([score(model, look_up(model, doc)) for doc in docs])
    out: Floats = (1.0 / (1.0 + np.exp(-logits))).astype("f")
    return out, lambda _: []


def score(model: Any, found: Rows) -> Floats:
    """The log-odds of every label."""
    weights = model.get_param("weights")[found.rows].astype("f")
    out: Floats = found.values @ weights + model.get_param("bias")
    return out


@registry.architectures("chuku.complaint_weights.v1")  # type: ignore[untyped-decorator]
def make_weights(nO: int | None = None) -> Model[Any, Any]:  # noqa: N803 - thinc's own name
    """The layer named in config.cfg; empty until `learn` or a version on disk fills it."""
    return Model(
        "complaint_weights",
        _forward,
        dims={"nO": nO},
        params={"keys": None, "rarity": None, "weights": None, "bias": None},
    )


def learn(
    model: Any,
    docs: Sequence[Doc],
    truth: Floats,
    *,
    rounds: int,
    rate: float,
    seed: int,
) -> None:
    """Fill the layer from docs and the truth (docs x labels, 0 to 1); the same in, the same out."""
    keys, rarity = _vocabulary(docs)
    labels = truth.shape[1]
    model.set_param("keys", keys)
    model.set_param("rarity", rarity)
    seen = [look_up(model, doc) for doc in docs]
    found = [(item.rows[item.known], item.values[item.known]) for item in seen]
    weights = np.zeros((len(keys), labels), dtype="f")
    steps = np.full(weights.shape, _EPSILON, dtype="f")
    bias = np.zeros(labels, dtype="f")
    signs = 2.0 * truth - 1.0
    order = np.random.default_rng(seed)
    for _ in range(rounds):
        for index in order.permutation(len(docs)):
            rows, values = found[index]
            own = weights[rows]
            logits = values @ own + bias
            sign = signs[index]
            slope = np.where(sign * logits < _MARGIN, 2.0 * (logits - sign * _MARGIN), 0.0)
            gradient = values[:, None] * slope.astype("f")
            squares = steps[rows] + gradient * gradient
            steps[rows] = squares
            weights[rows] = own - rate * gradient / np.sqrt(squares)
            bias -= (0.2 * rate * slope).astype("f")
    # Half precision is beyond what the data can bear out and halves the version on disk.
    model.set_param("weights", weights.astype(np.float16))
    model.set_param("bias", bias)


def _vocabulary(docs: Sequence[Doc]) -> tuple[Keys, Floats]:
    """The features met in two texts at least, sorted, and what each is worth: its rarity."""
    per_doc = []
    groups: dict[int, int] = {}
    for doc in docs:
        keys, group = features(doc)
        unique, first = np.unique(keys, return_index=True)
        per_doc.append(unique)
        groups.update(zip(unique.tolist(), group[first].tolist(), strict=True))
    keys, met = np.unique(np.concatenate(per_doc), return_counts=True)
    keys, met = keys[met >= _SEEN], met[met >= _SEEN]
    scale = np.array([WEIGHTS[groups[key]] for key in keys.tolist()], dtype="f")
    rarity = (np.log((1 + len(docs)) / (1 + met)) + 1).astype("f") * scale
    return keys, rarity.astype("f")
