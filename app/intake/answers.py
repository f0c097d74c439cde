"""What a form or a dialogue filled, as one mapping; and that mapping as a filing. Pure.

``resource`` {"ref","title"} or {"hint","url"} · ``places`` [[kind, from, to]] · ``text``
{"text","kind"} · ``kind`` {"kind"} · ``files`` [upload] ·
``contact`` {"way","address","name","minor","guardian"}.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.intake.values import Contact, Filing, Place, Upload

Answers = Mapping[str, Any]


def places(answers: Answers) -> tuple[Place, ...]:
    """The places given so far."""
    return tuple(Place(kind, start, end) for kind, start, end in answers.get("places", ()))


def files(answers: Answers) -> tuple[Upload, ...]:
    """The files given so far."""
    return tuple(Upload.of(value) for value in answers.get("files", ()))


def contact(answers: Answers) -> Contact:
    """How the person may be reached."""
    return Contact(**answers.get("contact", {}))


def kind(answers: Answers) -> str | None:
    """What the person chose: a turn of its own, or beside the words on the form's page."""
    own = answers.get("kind", {}).get("kind")
    return own or answers.get("text", {}).get("kind") or None


def as_filing(
    answers: Answers,
    *,
    source: str,
    language: str,
    stored: tuple[tuple[Upload, str], ...],
    kid: str | None,
    network: str | None,
    day_tag: str | None,
) -> Filing:
    """The filing that these answers amount to."""
    resource = answers.get("resource", {})
    said = answers.get("text", {})
    reach = contact(answers)
    # Under 14 without a guardian's consent nothing that identifies the child is kept (PIPL 31).
    if reach.minor and not reach.guardian:
        reach = Contact(minor=True)
    return Filing(
        source=source,
        text=str(said.get("text", "")),
        language=language,
        resource_ref=resource.get("ref"),
        resource_url=resource.get("url"),
        resource_hint=str(resource.get("hint", "")),
        places=places(answers),
        kind=kind(answers),
        contact=reach,
        files=stored,
        kid=kid,
        network=network,
        day_tag=day_tag,
    )
