"""The layer learns what is there, and judges severity from everything it says."""

from __future__ import annotations

import numpy as np
from spacy.vocab import Vocab

from nlp_models import severity
from nlp_models.labels import LABELS
from nlp_models.measure import logistic
from nlp_models.tokens import ComplaintTokenizer
from nlp_models.weights import learn, look_up, make_weights, score


def test_it_learns_to_tell_two_kinds_apart_and_says_nothing_of_unknown_words() -> None:
    read = ComplaintTokenizer(Vocab())
    texts = ["没有声音", "声音听不见", "扫码是赌场", "赌场的广告"] * 3
    truth = np.array([[1, 0], [1, 0], [0, 1], [0, 1]] * 3, dtype="f")
    model = make_weights()
    learn(model, [read(text) for text in texts], truth, rounds=10, rate=0.1, seed=1)

    def said(text: str) -> list[float]:
        return score(model, look_up(model, read(text))).tolist()  # type: ignore[no-any-return]

    sound, gambling = said("视频声音没有")
    assert sound > 0 > gambling
    assert said("жж") == model.get_param("bias").tolist()


def test_severity_follows_from_what_else_is_said() -> None:
    """One label decides in the data; the regression finds it among all others."""
    rng = np.random.default_rng(1)
    rows = [
        dict(zip(LABELS, rng.normal(size=len(LABELS)).tolist(), strict=True)) for _ in range(400)
    ]
    truth = [row["gambling"] > 0 for row in rows]
    weights = np.array(severity.fit(rows, [False] * len(rows), truth))
    given = dict.fromkeys(LABELS, 0.0)
    grave = severity.log_odds(weights, [*(given | {"gambling": 2.0}).values()], 0.0)
    harmless = severity.log_odds(weights, [*(given | {"gambling": -2.0}).values()], 0.0)
    assert grave > 1 > -1 > harmless


def test_a_logistic_regression_finds_the_rate_of_a_constant() -> None:
    weights = logistic(np.ones((100, 1)), np.array([1.0] * 80 + [0.0] * 20), ridge=1e-9)
    assert 1 / (1 + np.exp(-weights[0])) - 0.8 < 1e-6
