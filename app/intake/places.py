"""A place in a resource as the end of an address: what opens a video at its moment. Pure."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

from app.intake import parse
from app.intake.values import LocatorKind, Place

_EARLIER = 1  # second: who complains pressed a moment too late
_LONGEST = 24 * 3600
_MOST_PAGES = 99_999
_MOMENT = re.compile(
    r"(?:npt:)?(?:(?P<h>\d{1,2})h)?(?:(?P<m>\d{1,3})m)?(?:(?P<s>\d{1,5})(?:\.\d+)?s?)?"
)
_PAGED = {LocatorKind.PAGE: "page", LocatorKind.SLIDE: "page"}


def fragment(place: Place) -> str:
    """``t=754,801`` or ``page=12`` (W3C media fragments, PDF open parameters); empty without one.

    A moment opens one second early and, for a range, ends one second late.
    """
    if place.kind == LocatorKind.TIME:
        start = _seconds(place.start)
        if start is None:
            return ""
        end = _seconds(place.end)
        until = f",{end + _EARLIER}" if end is not None and end >= start else ""
        return f"t={max(0, start - _EARLIER)}{until}"
    name = _PAGED.get(LocatorKind(place.kind))
    number = parse.number(parse.tidy(place.kind, place.start or ""))
    return f"{name}={number}" if name and number else ""


def _seconds(text: str | None) -> int | None:
    if not text:
        return None
    plain = text.strip()
    if plain.isascii() and plain.isdecimal():
        return int(plain) if len(plain) <= len(str(_LONGEST)) else None
    return parse.seconds(plain)


def from_values(*, t: str = "", page: str = "", slide: str = "") -> Place | None:
    """The place that a resource's page says it shows: ``t=755``, ``t=12m35s``, ``page=12``."""
    at = _moment(t)
    if at:
        return Place(LocatorKind.TIME.value, parse.time_text(at))
    for kind, given in ((LocatorKind.PAGE, page), (LocatorKind.SLIDE, slide)):
        if given.isascii() and given.isdecimal() and 0 < int(given[:9]) <= _MOST_PAGES:
            return Place(kind.value, str(int(given)))
    return None


def _moment(text: str) -> int | None:
    first = text.split(",", maxsplit=1)[0].strip().lower()
    if ":" in first:
        value = parse.seconds(first)
    else:
        found = _MOMENT.fullmatch(first)
        if not found or not any(found.groups()):
            return None
        value = sum(int(found[unit] or 0) * n for unit, n in (("h", 3600), ("m", 60), ("s", 1)))
    return value if value and value <= _LONGEST else None


def from_url(url: str) -> Place | None:
    """The place at the end of a pasted address: ``…/index.html#t=755``, ``…/book.pdf#page=12``."""
    try:
        parts = urlsplit(url)
        said = parse_qs(parts.query, max_num_fields=50) | parse_qs(parts.fragment)
    except ValueError:
        return None
    return from_values(t=said.get("t", [""])[0], page=said.get("page", [""])[0])
