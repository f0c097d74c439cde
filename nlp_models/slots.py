"""Facts cut verbatim from a complaint: where, which resource, how to answer.

Rules: the shortest run that carries the value, as sent; a list when there are several. Beside the
runs stand canonical `values`, in the order of the text:

* `timestamp_in_video`: seconds; `{"from", "to"}`; `{"from_end": 11}`; `{"fraction": 0.5}`.
* `chapter_or_page`: `{"unit": 2, "lesson": 3}`, a stretch as `[from, to]`, -1 the last one,
  `"3.2"` for a number of parts; a run that lists places (第3、5页) gives one value for each.
* `contact_phone`: digits without +86; `contact_email`: half-width, lower case.

A run that cannot be read strictly (十几分钟) has null among several values, and none when alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nlp_models import contacts, places, times, titles
from nlp_models.normalise import View, fold
from nlp_models.sight import Span, blanked, standing
from nlp_models.wishes import wants_reply

NAMES = (
    "resource_url",
    "resource_id",
    "resource_title",
    "timestamp_in_video",
    "chapter_or_page",
    "contact_phone",
    "contact_email",
)
# How a folded run is read; a run may carry several values.
_READ: dict[str, Callable[[str], list[Any]]] = {
    "timestamp_in_video": times.read,
    "chapter_or_page": lambda run: list(places.places(run)) or [None],
    "contact_phone": lambda run: [contacts.phone(run)],
    "contact_email": lambda run: [run],
}


@dataclass(frozen=True, slots=True)
class Slots:
    """Verbatim runs by slot name, and canonical values where there is a strict reading."""

    found: dict[str, Any]
    values: dict[str, Any]


def _one_or_many(items: list[Any]) -> Any:
    return None if not items else items[0] if len(items) == 1 else items


def _spans(text: str, view: View) -> dict[str, list[Span]]:
    """Where each slot stands in the view. What one slot has taken, the next does not see."""
    spans: dict[str, list[Span]] = {}
    plain = view.text
    spans["contact_email"] = mails = list(contacts.mails(plain))
    plain = blanked(plain, mails)
    # A time or a page inside an address is part of the address only.
    spans["resource_url"] = list(contacts.urls(plain, text, view.starts))
    plain = blanked(plain, spans["resource_url"])
    spans["resource_title"] = list(titles.spans(plain))
    bare = blanked(plain, spans["resource_title"])
    spans["resource_id"] = list(contacts.ids(bare))
    bare = blanked(bare, spans["resource_id"])
    spans["contact_phone"] = list(contacts.phones(bare))
    bare = blanked(bare, spans["contact_phone"])
    spans["timestamp_in_video"] = list(times.spans(bare))
    bare = blanked(bare, spans["timestamp_in_video"])
    spans["chapter_or_page"] = list(places.spans(bare))
    for name in ("resource_title", "resource_id", "timestamp_in_video", "chapter_or_page"):
        if len(spans[name]) > 1:
            spans[name] = standing(plain, spans[name])
    return spans


def cut(text: str) -> Slots:
    """All slots of a complaint; every run is a substring of the text as sent."""
    view = fold(text)
    found: dict[str, Any] = {}
    values: dict[str, Any] = {}
    spans = _spans(text, view)
    for name in NAMES:
        runs: dict[str, str] = {}
        for start, end in spans[name]:
            first, last = view.origin(start, end)
            if run := text[first:last].strip():
                runs.setdefault(run, view.text[start:end].strip())
        found[name] = _one_or_many(list(runs))
        if runs and (read := _READ.get(name)):
            each = [value for folded in runs.values() for value in read(folded)]
            if any(value is not None for value in each):
                values[name] = _one_or_many(each)
    found["wants_reply"] = wants_reply(blanked(view.text, spans["resource_title"]))
    return Slots(found, values)
