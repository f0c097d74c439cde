"""Looks at addresses as anyone could: its own name, no cookies, every own address.

Called with no transaction open. What the answers mean is ``sight.py``; what follows from them
is ``observation.py``.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from app.core import http
from app.suspension.sight import Sight, Verdict, judge, reference

AT_ONCE = 8
DEADLINE = 5.0
MAX_BYTES = 16_384
_BY_RANGE = frozenset({"media", "segment", "attachment"})


class Looked(Protocol):
    """What is needed of a catalogue address."""

    @property
    def id(self) -> int: ...
    @property
    def url(self) -> str: ...
    @property
    def mode(self) -> str: ...
    @property
    def role(self) -> str: ...
    @property
    def hosting(self) -> str: ...
    @property
    def connect_to(self) -> str | None: ...


def look(
    address: Looked, *, ours: Collection[str], nets: tuple[http.Network, ...], identity: str
) -> Sight:
    """One look at one address; never raises for what the address does."""
    headers = {"User-Agent": identity, "Accept": "*/*", "Cache-Control": "no-cache"}
    if address.role in _BY_RANGE:
        headers["Range"] = "bytes=0-0"  # enough to see whether it is served
    try:
        answer = http.fetch(
            address.url,
            headers=headers,
            connect_to=address.connect_to,
            allow_private=nets,
            max_bytes=MAX_BYTES,
            deadline=DEADLINE,
        )
    except (http.HttpError, ValueError) as error:
        return Sight(
            address.id, address.url, address.hosting, Verdict.NO_ANSWER, error=str(error)[:300]
        )
    ref = reference(answer.header("X-Block-Ref"), answer.header("Link"))
    return Sight(
        address_id=address.id,
        url=address.url,
        hosting=address.hosting,
        verdict=judge(answer.status, ref=ref, ours=ours, mode=address.mode),
        status=answer.status,
        block_ref=ref,
        ms=answer.took_ms,
    )


def look_at_all(
    addresses: Sequence[Looked],
    *,
    ours: Collection[str],
    nets: tuple[http.Network, ...],
    identity: str,
) -> list[Sight]:
    """One round; a slow address does not hold up the others."""
    if not addresses:
        return []
    with ThreadPoolExecutor(max_workers=min(AT_ONCE, len(addresses))) as pool:
        looks = [pool.submit(look, a, ours=ours, nets=nets, identity=identity) for a in addresses]
        return [done.result() for done in looks]
