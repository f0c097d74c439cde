"""What one answer means; pure. A login page or a 200 is not dark (page 2.7, G6)."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from app.suspension.values import Mode

_BLOCKED_BY = re.compile(r"<[^>]*/blocked/([0-9A-Za-z]{4,32})>[^,]*rel=\"?blocked-by\"?")
_UNAVAILABLE = 451  # RFC 7725
_FORBIDDEN = 403
_GONE = frozenset({404, 410, _UNAVAILABLE})
_SERVED_UP_TO = 400


class Verdict(StrEnum):
    """What one look at one address proved."""

    DARK = "dark"  # refused, and by us
    GONE = "gone"  # not there, but nobody says it was us: two rounds must agree
    SERVED = "served"  # it, a login page, a redirect: somebody gets an answer
    NOT_OURS = "not_ours"  # a folder that has no page of its own, and we do not refuse it
    OTHER = "other"  # an error that proves nothing
    NO_ANSWER = "no_answer"


@dataclass(frozen=True)
class Sight:
    """One look at one address."""

    address_id: int
    url: str
    hosting: str
    verdict: Verdict
    status: int | None = None
    block_ref: str | None = None
    ms: int = 0
    error: str | None = None

    @property
    def lit(self) -> bool:
        """Whether people get the content here again."""
        return self.verdict in {Verdict.SERVED, Verdict.NOT_OURS}


def reference(block_ref: str | None, link: str | None) -> str | None:
    """The block reference an answer carries, in ``X-Block-Ref`` or as ``rel="blocked-by"``."""
    if block_ref:
        return block_ref.strip()
    found = _BLOCKED_BY.search(link or "")
    return found.group(1) if found else None


def judge(status: int, *, ref: str | None, ours: Collection[str], mode: str) -> Verdict:
    """What this answer proves; ``ours`` are the references this resource's holds have."""
    if status in _GONE or status == _FORBIDDEN:
        if ref is not None and ref in ours:
            return Verdict.DARK
        if mode == Mode.PREFIX and status != _UNAVAILABLE:
            return Verdict.NOT_OURS  # a folder of segments answers so when all is served
        return Verdict.GONE if status in _GONE else Verdict.OTHER
    return Verdict.SERVED if status < _SERVED_UP_TO else Verdict.OTHER
