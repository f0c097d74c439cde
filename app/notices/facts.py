"""What a letter may say: a closed list, so that nothing of a complainant can slip in (page 1).

A fact this list does not name is refused, never dropped: a new one is a decision.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, TypeVar

from app.core.errors import InvalidError
from app.norm.book import BOOK
from app.norm.errors import NormError
from app.notices.values import Kind

WORDINGS = ("found", "precaution", "correct")
CORRECTIONS = ("not_named", "other_article", "unfounded", "mistaken")
MAX_TEXT = 4_000
_MOMENT = re.compile(r"(\d{4}年\d{1,2}月\d{1,2}日)(?:\d{2}时\d{2}分)?")

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The authority's written decision."""

    document_no: str | None = None
    document_date: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The statutory items of a copyright notice (条例 14), which the law has forwarded."""

    claimant: str
    contact: str
    work: str
    statement: str
    proof: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything a template can know about the case."""

    resource_title: str
    category: str
    resource_ref: str = ""
    resource_kind: str = ""
    addresses: tuple[str, ...] = ()
    incident_ref: str = ""
    kind: str | None = None
    wording: str = "found"
    severe: bool = False
    severe_reason: str | None = None
    summary: str = ""
    held: bool = False
    stopped_at_text: str | None = None
    found_at_text: str | None = None
    review_by_text: str | None = None
    complaints: int = 0
    attachments: tuple[str, ...] = ()
    way_back: str | None = None
    correction: str | None = None
    decision: Document | None = None
    state: str = ""
    claim: Claim | None = None
    by_counter_notice: bool = False  # restored by the provider's own declaration (条例 17)

    def stored(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return asdict(self)


def one_line(text: str) -> str:
    """Text without line breaks, control or direction characters: it cannot leave its place."""
    kept = (" " if unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp"} else c for c in text)
    return " ".join("".join(kept).split())


def day_of(moment: str | None) -> str | None:
    """``2026年11月22日`` of ``2026年11月22日21时05分``: all that a provider is told."""
    match = _MOMENT.fullmatch(moment or "")
    return match.group(1) if match else None


def parse(given: Mapping[str, Any], *, kind: Kind) -> Facts:
    """The facts of a letter of this kind.

    Raises:
        InvalidError: an unknown fact, a wrong type, an unknown word.
    """
    values = dict(_known(Facts, given))
    for name, record in (("decision", Document), ("claim", Claim)):
        if isinstance(values.get(name), Mapping):
            values[name] = record(**_texts(_known(record, values[name])))
    facts = _build(values)
    if (facts.claim is not None) != (kind is Kind.FORWARD):
        raise InvalidError("Only a forwarded copyright notice names its claimant.")
    _check(facts)
    return facts


def _known(record: type, given: Mapping[str, Any]) -> dict[str, Any]:
    unknown = sorted(set(given) - {f.name for f in fields(record)})
    if unknown:
        raise InvalidError("A letter has no fact %(name)s.", name=unknown[0])
    return dict(given)


def _texts(values: dict[str, Any]) -> dict[str, Any]:
    return {name: _text(name, value) for name, value in values.items()}


def _text(name: str, value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise InvalidError("The fact %(name)s of a letter is not a short text.", name=name)
    return one_line(value)


def _build(values: dict[str, Any]) -> Facts:
    clean: dict[str, Any] = {}
    for name, value in values.items():
        if name in {"addresses", "attachments"}:
            clean[name] = tuple(_text(name, v) or "" for v in value or ())
        elif name in {"severe", "held", "by_counter_notice"}:
            clean[name] = bool(value)
        elif name == "complaints":
            clean[name] = int(value)
        elif name in {"decision", "claim"}:
            clean[name] = value
        else:
            clean[name] = _text(name, value)
    for name in ("summary", "resource_ref", "resource_kind", "incident_ref", "state"):
        clean[name] = clean.get(name) or ""
    missing = [name for name in ("resource_title", "category") if not clean.get(name)]
    if missing:
        raise InvalidError("A letter needs the fact %(name)s.", name=missing[0])
    return Facts(**clean)


def _check(facts: Facts) -> None:
    try:
        BOOK.category(facts.category)
    except NormError as error:
        raise InvalidError("There is no category %(name)s.", name=facts.category) from error
    if facts.wording not in WORDINGS:
        raise InvalidError("There is no wording %(name)s.", name=facts.wording)
    if facts.correction is not None and facts.correction not in CORRECTIONS:
        raise InvalidError("There is no correction %(name)s.", name=facts.correction)
    for moment in (facts.stopped_at_text, facts.found_at_text, facts.review_by_text):
        if moment is not None and not _MOMENT.fullmatch(moment):
            raise InvalidError("%(text)s is not a moment as letters print it.", text=moment)
