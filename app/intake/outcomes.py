"""The answers complainants get, by key (law 10). Message ids; pages translate them. Pure."""

from __future__ import annotations

from app.intake.schema import N_

OUTCOMES = {
    "found": N_(
        "We checked and found that what you reported is right. Transmission of the resource is "
        "being or has been stopped, and the responsible offices are informed as the rules demand."
    ),
    "found_reminded": N_(
        "We checked and found that what you reported is right. The provider has been reminded to "
        "improve the resource."
    ),
    "removed": N_("The resource has been removed from the platform for good."),
    "rejected": N_(
        "We checked and could not confirm what you reported. The resource stays available. If you "
        "know more, please file again with the exact place."
    ),
    "released": N_(
        "We stopped the resource while we checked. What you reported could not be confirmed, so "
        "the resource is available again. Thank you for watching."
    ),
    "lifted": N_("What was wrong has been put right as the rules demand; it is available again."),
    "countered": N_(
        "The provider has declared, with reasons, that the resource infringes nothing, so the law "
        "has it served again. You find the declaration in your messages. What remains is open to "
        "you at a court or a copyright authority; a second notice about the same is not possible."
    ),
    "mistaken": N_(
        "The earlier finding was reviewed and withdrawn as mistaken. The rules decide what becomes "
        "of the resource."
    ),
    "closed": N_("The matter you reported has been dealt with and closed."),
}

# What was found is said in the words of the article that makes it a duty.
ARTICLED = frozenset({"found", "found_reminded", "removed"})


def read(text: str) -> tuple[str, int | None]:
    """The message id and the article of an answer kept as ``outcome:found:20``.

    The text itself, without an article, when it is an officer's own words.
    """
    head, _, rest = text.partition(":")
    key, _, article = rest.partition(":")
    if head != "outcome" or key not in OUTCOMES:
        return text, None
    return OUTCOMES[key], int(article) if article.isascii() and article.isdecimal() else None


# incident state → the answer; other states are not answers
BY_STATE = {
    "found": "found",
    "removed": "removed",
    "rejected": "rejected",
    "released": "released",
    "lifted": "lifted",
    "closed": "closed",
}
