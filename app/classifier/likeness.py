"""The same problem? Fingerprints of complaints and how likely two tell one thing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

_Key = TypeVar("_Key")
Print = Mapping[str, Any]
_TIME = "time"
# Fewer than these are grouped with a new claim: grouping compares each with each.
_NEAR = 12
_LEAST = 0.05
_UNITS = frozenset({"page", "slide", "exercise"})


def fingerprint(
    text: str, *, about: str = "", places: Iterable[tuple[str, str | None]] = ()
) -> dict[str, Any]:
    """The fingerprint of a masked text about the resource of that title, as plain values.

    ``places`` are locators as the complainant gave them: (kind, from). It holds hashed pieces,
    senses and places, no word; it ends with the masked text it came from.
    """
    from nlp_models.likeness import fingerprint as prints  # noqa: PLC0415  (pypinyin late)

    known = [name for kind, start in places if (name := _place(kind, start)) is not None]
    return prints.fingerprint(text, about=about, places=known).as_dict()


def _place(kind: str, start: str | None) -> str | None:
    from nlp_models.times import seconds  # noqa: PLC0415  (late as above)

    if not start:
        return None
    if kind == _TIME:
        value = int(start) if start.isascii() and start.isdecimal() else seconds(start)
        return f"time:{value}" if isinstance(value, int) else None
    digits = "".join(char for char in start if char in "0123456789")
    return f"{kind}:{int(digits)}" if kind in _UNITS and digits else None


def terms(print_: Print) -> list[int]:
    """By which pieces an index finds it again."""
    from nlp_models.likeness import index  # noqa: PLC0415  (late as above)

    return index.terms(_read(print_))


def copies(a: Print, b: Print) -> bool:
    """Whether one text is the other with a word or two changed."""
    from nlp_models.likeness import index  # noqa: PLC0415  (late as above)

    return index.copies(_read(a), _read(b))


def elsewhere(a: Print, b: Print) -> bool:
    """Whether both name a place of one kind and never the same: pages 3 and 9."""
    from nlp_models.likeness import compare  # noqa: PLC0415  (late as above)

    return compare.elsewhere(_read(a), _read(b))


def alike(one: Print, others: Mapping[_Key, Print]) -> dict[_Key, float]:
    """How likely each of the others tells the problem that the one tells."""
    from nlp_models.likeness import compare  # noqa: PLC0415  (late as above)

    mine = _read(one)
    return {key: compare.alike(mine, _read(other)) for key, other in others.items()}


def same(one: Print, others: Mapping[_Key, Print]) -> dict[_Key, float]:
    """The others that tell the problem that the one tells, with their likeness to it.

    Those likest to the one are grouped with it, so that one chance likeness joins no strangers.
    """
    scores = alike(one, others)
    near = sorted((key for key in scores if scores[key] >= _LEAST), key=lambda key: -scores[key])
    groups = grouped(dict(enumerate([one, *(others[key] for key in near[:_NEAR])])))
    group = next(group for group in groups if 0 in group)
    return {near[index - 1]: scores[near[index - 1]] for index in group if index}


def grouped(prints: Mapping[_Key, Print]) -> list[list[_Key]]:
    """The keys in groups of one problem each, in the order given; for some dozens."""
    from nlp_models.likeness import compare  # noqa: PLC0415  (late as above)

    known = {key: _read(one) for key, one in prints.items()}
    keys: Sequence[_Key] = list(known)

    def likeness(a: _Key, b: _Key) -> float:
        return compare.alike(known[a], known[b])

    return compare.grouped(keys, likeness, compare.weights().group_at)


def _read(print_: Print) -> Any:
    from nlp_models.likeness.fingerprint import Fingerprint  # noqa: PLC0415  (late as above)

    return Fingerprint.from_dict(print_)
