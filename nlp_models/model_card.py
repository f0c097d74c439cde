"""The model card for people, written from the card as data."""

from __future__ import annotations

from typing import Any

from nlp_models.card import Card
from nlp_models.measure import wilson


def _table(by_kind: dict[str, dict[str, float]]) -> list[str]:
    lines = ["| kind | n | precision | recall | F1 |", "| --- | --- | --- | --- | --- |"]
    for kind, item in by_kind.items():
        shown = " | ".join(f"{item[name]:.3f}" for name in ("precision", "recall", "f1"))
        lines.append(f"| {kind} | {item['n']:.0f} | {shown} |")
    return lines


def _part(title: str, part: dict[str, Any]) -> list[str]:
    return [
        f"## {title}",
        "",
        f"{part['rows']} rows; macro-F1 {part['macro_f1']}, accuracy {part['accuracy']},",
        f"expected calibration error {part['ece']}, abstained {part['abstained']}.",
        f"Severe: recall {part['severe_recall']}, precision {part['severe_precision']}.",
        f"Would hold: {part['would_hold']} items, precision {part['would_hold_precision']}.",
        f"Hard negatives held: {part['hard_negatives_held']} of {part['hard_negatives']}.",
        "",
        *_table(part["by_kind"]),
        "",
    ]


def _held(part: dict[str, Any]) -> str:
    held = part["would_hold"]
    right = round((part["would_hold_precision"] or 0.0) * held)
    low, high = wilson(right, held)
    return (
        f"{right} of {held} holds right (95 % Wilson interval {low:.2f} to {high:.2f}), "
        f"{part['hard_negatives_held']} of {part['hard_negatives']} hard negatives held"
    )


def _caution(figures: dict[str, Any]) -> list[str]:
    lines = [
        "- **The cross-validated figures are optimistic**: the officers' lists and the rules of",
        "  reading were mended, and rows added, after reading cross-validation errors of these",
        "  same rows.",
        f"- Test part: {_held(figures['test'])}.",
        "  It was looked at in sums, and in early trials together with dev.",
    ]
    if "fresh" in figures:
        lines += [
            f"- **Clean figure**, fresh part: {_held(figures['fresh'])}.",
            "  Written in new situations after lists, rules and the training rows were frozen, and",
            "  measured once, by the run that wrote this card. By the same hand as the training",
            "  rows, so still kinder than strangers' texts.",
        ]
    return lines


def _added(card: Card) -> list[str]:
    """Rows that came from officers' corrections at this place, not from the corpus."""
    return [
        f"Of these {item['rows']} from outside the corpus ({item['trained_on']} trained on), "
        f"SHA-256 `{item['sha256']}`."
        for item in card.added
    ]


def render(card: Card) -> str:
    """MODEL_CARD.md of one version."""
    hold = card.figures["hold_threshold"]
    asked = hold["demanded"]
    low, high = hold["wilson95"]
    fresh = card.figures.get("fresh")
    lines = [
        f"# Model card: {card.model}",
        "",
        "What it does: proposes a routing kind, finer kinds and severity for a complaint, with the",
        "words that moved the score. It never decides: a person's word outranks it, and its",
        "severity says only that what is alleged is grave.",
        "",
        "How: blank Chinese spaCy pipeline, own tokenizer (characters, English words, lists of",
        "the officers), two linear bag-of-n-gram components, log-odds calibrated on held-out",
        "situations.",
        f"Data: {card.rows} complaints of the project's own writing, SHA-256",
        f"`{card.corpus_sha256}`,",
        "split by situation; no foreign text, no real person.",
        *_added(card),
        "Wheels: " + ", ".join(f"{name} {number}" for name, number in card.wheels.items()) + ".",
        "",
        "## Threshold for `would_hold`",
        "",
        f"`severe_score` × `confidence` ≥ **{card.threshold}**, measured by cross-validation by",
        f"situation on train + dev: {hold['right']} of {hold['passing']} passing items were right,",
        f"precision {hold['precision']}, 95 % Wilson interval {low} to {high}.",
        f"Demanded: precision at least {asked['precision']} with a lower Wilson bound of at least",
        f"{asked['wilson_low']} over at least {asked['passing']} passing items, and at most 2 in",
        "100 hard negatives held. The design asks for 0.95; this is stricter because a machine's",
        "hold costs an honest teacher a stop, and because the rows it is measured on were also",
        "used to mend the lists, so that the figure flatters.",
        "Beyond the score a hold needs a second witness: an entry of the lists of grave matter,",
        "met outside what is only a topic, a denial, a question or a figure of speech.",
        "`null` means that the demand was not met and nothing may be held by machine.",
        f"Abstains below a confidence of {card.abstain_below}; severe from {card.severe_at}.",
        "",
        *_part("Cross-validated by situation (train + dev)", card.figures["cross_validated"]),
        *_part("Test part (situations never trained on)", card.figures["test"]),
        *(_part("Fresh part (measured once)", fresh) if fresh else []),
        "## Limits",
        "",
        *_caution(card.figures),
        "- Of texts over 16,000 characters the first 12,000 and the last 4,000 are read.",
        "- The data are written, not collected: expect lower figures on texts in other registers.",
        "- It cannot know whether a complaint is true.",
        "",
    ]
    return "\n".join(lines)
