"""How well complaints on one resource are joined: pairs, groups, and the curve of thresholds."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from nlp_models.likeness import fit
from nlp_models.likeness.compare import alike, weights
from nlp_models.likeness.fit import Count

REPORT = Path(__file__).parent.parent / "LIKENESS.md"
_CURVE = tuple(round(0.1 * step, 1) for step in range(1, 10))


def evaluate(split: str = "test") -> dict[str, Any]:
    """Precision, recall and F1 over all pairs of tellings on one resource, and the curve.

    `strict` counts words of the list of senses that stand in no other part as unknown;
    `as_shipped` reads as the product does.
    """
    told = fit.load()
    part = [one for one in told if one.split == split]
    if not part:
        raise ValueError(f"the corpus has no part {split}")
    known = weights()
    pairs = fit.pairs(part)
    result: dict[str, Any] = {
        "split": split,
        "problems": len({one.problem for one in part}),
        "resources": len({one.resource for one in part}),
        "tellings": len(part),
        "pairs": len(pairs),
        "pairs_of_one_problem": sum(a.problem == b.problem for a, b in pairs),
        "threshold": known.threshold,
        "group_at": known.group_at,
    }
    for name, strict in (("strict", True), ("as_shipped", False)):
        made = fit.prints(told, strict=strict)
        scores = fit.scored(pairs, made, known)
        curve = [(at, fit.at_threshold(scores, at)) for at in _CURVE]
        result[name] = {
            "pairs": _plain(fit.at_threshold(scores, known.threshold)),
            "one_language": _plain(fit.at_threshold(_of(pairs, scores, made), known.threshold)),
            "grouped": _plain(fit.at_grouping(part, made, known, known.group_at)),
            "curve": [{"threshold": at, **_plain(count)} for at, count in curve],
        }
    began = time.perf_counter()
    for a, b in pairs:
        alike(made[a.text], made[b.text])
    result["comparisons_per_second"] = round(len(pairs) / (time.perf_counter() - began))
    return result


def _of(pairs: list[fit.Pair], scores: list[tuple[float, bool]], made: fit.Prints) -> Any:
    return [
        score
        for (a, b), score in zip(pairs, scores, strict=True)
        if made[a.text].lang == made[b.text].lang
    ]


def _plain(count: Count) -> dict[str, float]:
    return {
        "precision": round(count.precision, 3),
        "recall": round(count.recall, 3),
        "f1": round(count.f(), 3),
    }


def _row(name: str, item: dict[str, float]) -> str:
    return f"| {name} | {item['precision']:.3f} | {item['recall']:.3f} | {item['f1']:.3f} |"


def render(results: list[dict[str, Any]]) -> str:
    """LIKENESS.md: what it does, how it was measured, what it comes to."""
    lines = [
        "# The same problem?",
        "",
        "Two complaints on one resource: do they tell one problem? A logistic sum over likenesses",
        "of characters, words, sounds, numbers, meanings, senses (a list in Chinese and English)",
        "and places; weights in `likeness/weights.json`, written by `chuku train --likeness`.",
        "A join only puts claims side by side at the desk: each keeps its own answer.",
        "",
        "Corpus: `corpus_likeness/problems.jsonl`, the project's own writing, one problem a row,",
        "told by different people; split by resource. Weights from train; thresholds from dev,",
        "for the F-measure that counts precision more (beta 0.8): a wrong join hides a problem.",
        "The list of senses was written by the same hand as the corpus. Hence two figures:",
        "**strict**, where words of the list that stand in no other part of the corpus count as",
        "unknown (weights and thresholds were found that way, too), and **as shipped**.",
        "Words that only the test part has were taken off the list. Meanings of words come from",
        "`likeness/glosses.tsv` (CC-CEDICT), which knows nothing of the corpus.",
        "The desk and the index join by groups, whose average must agree; single pairs are less",
        "sure.",
        "",
    ]
    for result in results:
        lines += _part(result)
    return "\n".join(lines)


def _part(result: dict[str, Any]) -> list[str]:
    head = ["precision", "recall", "F1 |"]
    made_of = (
        f"{result['problems']} problems on {result['resources']} resources: "
        f"{result['tellings']} tellings, {result['pairs']} pairs, "
        f"{result['pairs_of_one_problem']} of one problem."
    )
    lines = [
        f"## Part {result['split']}",
        "",
        made_of,
        "",
        f"| threshold {result['threshold']}, groups {result['group_at']} | {' | '.join(head)}",
        "| --- | --- | --- | --- |",
    ]
    for name in ("strict", "as_shipped"):
        shown = name.replace("_", " ")
        lines += [
            _row(f"pair by pair, {shown}", result[name]["pairs"]),
            _row(f"pairs in one language, {shown}", result[name]["one_language"]),
            _row(f"grouped as at the desk, {shown}", result[name]["grouped"]),
        ]
    lines += ["", f"| pairs, threshold (strict) | {' | '.join(head)}", "| --- | --- | --- | --- |"]
    lines += [_row(f"{item['threshold']}", item) for item in result["strict"]["curve"]]
    return [*lines, ""]
