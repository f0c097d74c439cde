"""Which addresses standing holds darken; pure. An address is dark while any hold covers it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from app.suspension.values import OURS, Match


class Covering(Protocol):
    """What is needed of a hold: its reference and what it covers (None: the whole resource)."""

    @property
    def id(self) -> int: ...

    @property
    def ref(self) -> str: ...

    @property
    def address_id(self) -> int | None: ...


class Place(Protocol):
    """What is needed of an address."""

    @property
    def id(self) -> int: ...

    @property
    def host(self) -> str: ...

    @property
    def path(self) -> str: ...

    @property
    def mode(self) -> str: ...

    @property
    def hosting(self) -> str: ...


def is_covered(holds: Iterable[Covering], address_id: int) -> bool:
    """Whether any of these standing holds covers the address."""
    return any(h.address_id is None or h.address_id == address_id for h in holds)


def dark_places(holds: Sequence[Covering], addresses: Iterable[Place]) -> list[Match]:
    """The places edges must refuse: covered, and served by us or a connected platform.

    A foreign host is never ours to darken; our page that links to it is an address of its own.
    """
    return sorted(
        {
            Match(a.host, a.path, a.mode)
            for a in addresses
            if a.hosting in OURS and is_covered(holds, a.id)
        }
    )


def block_ref(holds: Sequence[Covering]) -> str | None:
    """The reference people are shown: the oldest hold on the whole, else the oldest."""
    if not holds:
        return None
    return min(holds, key=lambda h: (h.address_id is not None, h.id)).ref
