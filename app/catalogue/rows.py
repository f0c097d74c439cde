"""Reads import files and checks resource rows; nothing here touches the database."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.catalogue.paths import Place, place_of
from app.catalogue.values import CONTENT_ROLES, AddressRole, Hosting, Kind, Mode
from app.core import body
from app.core.errors import InvalidError

Row = dict[str, Any]
_REF = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_DIAL = re.compile(r"[A-Za-z0-9.\[\]:-]+:\d{1,5}")
MAX_ADDRESSES = 200
_DIGITS = 9  # of a count; what a column of 32 bits surely takes
_LONGEST = {"title": 300, "subject": 60, "grade": 60, "description": 4_000, "thumbnail": 500}


@dataclass(frozen=True, slots=True)
class AddressRow:
    """One checked address of an import row."""

    place: Place
    url: str
    mode: str
    role: str
    hosting: str
    digest: str | None
    connect_to: str | None


@dataclass(frozen=True, slots=True)
class ResourceRow:
    """One checked resource of an import row; platform and provider are codes."""

    ref: str
    platform: str
    provider: str
    fields: dict[str, Any]
    addresses: tuple[AddressRow, ...]


def read(lines: Iterable[str]) -> Iterator[tuple[int, Row | str]]:
    """Rows with their line numbers; a line that cannot be read is a sentence instead of a row."""
    numbered = ((n, line) for n, line in enumerate(lines, start=1) if line.strip("\ufeff \r\n\t"))
    first = next(numbered, None)
    if first is None:
        return
    head = first[1].lstrip("\ufeff \t")
    if head.startswith(("{", "[")):
        yield first[0], _json(head)
        for n, line in numbered:
            yield n, _json(line)
        return
    yield from _csv(head, numbered)


def _json(line: str) -> Row | str:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return "This line is not valid JSON; write one object on each line."
    if not isinstance(value, dict):
        return "This line is not a JSON object; write one object on each line."
    try:
        body.check(value)
    except InvalidError as error:
        return str(error)
    return value


def _csv(head: str, numbered: Iterable[tuple[int, str]]) -> Iterator[tuple[int, Row | str]]:
    try:
        names = [name.strip() for name in next(csv.reader([head]))]
    except csv.Error:
        names = []
    if "ref" not in names and "code" not in names and "type" not in names:
        yield 1, "This is neither JSON Lines nor CSV with a header that names ref, code or type."
        return
    for n, line in numbered:
        try:
            cells = next(csv.reader([line], strict=True))
        except (csv.Error, StopIteration):
            yield n, "This line is not valid CSV; check its quotation marks."
            continue
        if len(cells) != len(names):
            yield n, f"This line has {len(cells)} cells; the header has {len(names)}."
            continue
        filled = {k: v.strip() for k, v in zip(names, cells, strict=True) if v.strip()}
        yield n, _from_cells(filled)


def _from_cells(cells: dict[str, str]) -> Row:
    """A CSV row in the shape of a JSON row: address columns become a list."""
    row: Row = dict(cells)
    hosting = row.pop("hosting", "own")
    places = []
    for role in AddressRole:
        url = row.pop(f"{role}_url", None)
        digest = row.pop(f"{role}_digest", None)
        if url:
            mode = "prefix" if url.endswith("/") else "exact"
            places.append(
                {"url": url, "mode": mode, "role": role, "hosting": hosting, "digest": digest}
            )
    if places:
        row["addresses"] = places
    return row


def _text(row: Mapping[str, Any], name: str, *, needed: bool) -> str:
    value = row.get(name)
    if value is None and not needed:
        return ""
    if not isinstance(value, str) or (needed and not value.strip()):
        raise InvalidError("The field %(name)s is missing or is not text.", name=name)
    if len(value) > _LONGEST.get(name, 200):
        raise InvalidError("The field %(name)s is too long.", name=name)
    return value.strip()


def _whole(row: Mapping[str, Any], name: str) -> int:
    value = row.get(name, 0)
    if isinstance(value, bool) or not str(value).isdecimal() or len(str(value)) > _DIGITS:
        raise InvalidError("The field %(name)s must be a whole number.", name=name)
    return int(value)


def _choice(row: Mapping[str, Any], name: str, allowed: type[Any], default: str | None) -> str:
    value = row.get(name, default)
    known = [str(member.value) for member in allowed]
    if value not in known:
        raise InvalidError(
            "%(name)s is %(value)s; it must be one of: %(allowed)s.",
            name=name,
            value=value,
            allowed=", ".join(known),
        )
    return str(value)


def _address(row: Any) -> AddressRow:
    if not isinstance(row, dict):
        raise InvalidError("Each address must be an object with at least a url.")
    url = row.get("url")
    if not isinstance(url, str):
        raise InvalidError("Each address must be an object with at least a url.")
    place = place_of(url)
    mode = _choice(row, "mode", Mode, "exact")
    role = _choice(row, "role", AddressRole, "page")
    if mode == Mode.PREFIX and not place.path.endswith("/"):
        raise InvalidError("%(url)s: a prefix address must end with a slash.", url=url)
    digest = row.get("digest") or None
    if digest is not None and not (isinstance(digest, str) and _SHA256.fullmatch(digest)):
        raise InvalidError("%(url)s: a digest is 64 hexadecimal digits (SHA-256).", url=url)
    dial = row.get("connect_to") or None
    if dial is not None and not (isinstance(dial, str) and _DIAL.fullmatch(dial)):
        raise InvalidError("%(url)s: connect_to must be host:port.", url=url)
    return AddressRow(
        place=place,
        url=url.strip(),
        mode=mode,
        role=role,
        hosting=_choice(row, "hosting", Hosting, "own"),
        digest=digest if role in CONTENT_ROLES else None,
        connect_to=dial,
    )


def _protection(row: Mapping[str, Any]) -> dict[str, Any]:
    """Page 2.7 (d): protected needs a reason, an end and the authority's document number."""
    given = row.get("protected")
    if given is None:
        return {"protected_reason": None, "protected_until": None, "protected_document": None}
    sentence = "protected needs reason, until (a date with time zone) and document."
    if not isinstance(given, dict) or not (given.get("reason") and given.get("document")):
        raise InvalidError(sentence)
    try:
        until = datetime.fromisoformat(str(given.get("until")))
    except ValueError as error:
        raise InvalidError(sentence) from error
    if until.tzinfo is None:
        raise InvalidError(sentence)
    return {
        "protected_reason": str(given["reason"]),
        "protected_until": until,
        "protected_document": str(given["document"]),
    }


def check(row: Mapping[str, Any]) -> ResourceRow:
    """The row with every field checked.

    Raises:
        InvalidError: with a sentence that names the first thing to mend.
    """
    ref = row.get("ref")
    if not isinstance(ref, str) or not _REF.fullmatch(ref):
        raise InvalidError("ref must be 1 to 64 letters, digits, dots, dashes or underscores.")
    places = row.get("addresses")
    if not isinstance(places, list) or not 0 < len(places) <= MAX_ADDRESSES:
        raise InvalidError(
            "%(ref)s needs between 1 and %(most)s addresses.", ref=ref, most=MAX_ADDRESSES
        )
    checked = tuple(_address(place) for place in places)
    if len({a.place for a in checked}) != len(checked):
        raise InvalidError("%(ref)s names the same address twice.", ref=ref)
    fields = {
        "title": _text(row, "title", needed=True),
        "kind": _choice(row, "kind", Kind, None),
        "subject": _text(row, "subject", needed=False),
        "grade": _text(row, "grade", needed=False),
        "description": _text(row, "description", needed=False),
        "thumbnail": _text(row, "thumbnail", needed=False),
        **_protection(row),
    }
    if "views_30d" in row:
        fields["views_30d"] = _whole(row, "views_30d")
    return ResourceRow(
        ref,
        _text(row, "platform", needed=True),
        _text(row, "provider", needed=True),
        fields,
        checked,
    )
