"""How often one source may ask: counted in Redis, in this process when Redis is gone.

Keys are HMACs of a network prefix under a key that lives one day; no address is kept. Limits are
per source and resource, never one global cap that a single attacker can fill.
"""

from __future__ import annotations

import ipaddress
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

import redis

from app.core import bell, clock
from app.core.crypto import keyed_hash
from app.core.errors import TooManyError
from app.core.keystore import keys

Result = TypeVar("Result")
_KEPT = 20_000
_local: OrderedDict[str, int] = OrderedDict()
_notes: OrderedDict[str, tuple[str, float]] = OrderedDict()  # value and end; apart: dearer to make
_lock = threading.Lock()
_client: redis.Redis | None = None
_day_keys: dict[str, bytes] = {}


def configure(url: str | None) -> None:
    """Count in this Redis, from nothing in this process; None counts in this process only."""
    global _client, _day_keys
    _client, _day_keys = bell.connect(url) if url else None, {}
    with _lock:
        _local.clear()
        _notes.clear()


def network_prefix(address: str) -> str:
    """The /32 of IPv4, the /56 of IPv6: one household, one classroom."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped:
            return str(ip.ipv4_mapped)
        return str(ipaddress.ip_network((ip, 56), strict=False))
    return str(ip)


def day_key(at: datetime | None = None) -> bytes:
    """The key of that day (default: today), which is destroyed after 48 h.

    Raises:
        KeyGoneError: it was destroyed already.
    """
    global _day_keys  # noqa: PLW0603 - cache of two values: older ones leave memory, too
    today = clock.now()
    living = {f"{day:%Y-%m-%d}" for day in (today, today - timedelta(days=1))}
    name = f"{at or today:%Y-%m-%d}"
    known = _day_keys.get(name) if name in living else None
    if known is None:
        known = keys().secret(f"day:{name}")
        both = {**_day_keys, name: known}
        _day_keys = {day: key for day, key in both.items() if day in living}
    return known


def day_tag(address: str) -> str:
    """HMAC of the network prefix under today's key, which is destroyed after 48 h."""
    return tag(address)


def tag(address: str, *more: str, at: datetime | None = None) -> str:
    """HMAC of the network prefix together with ``more`` under the key of that day."""
    named = "\n".join((network_prefix(address), *more))
    return keyed_hash(day_key(at), named).hex()[:32]


def hit(what: str, address: str, *, limit: int, seconds: int) -> None:
    """Count one; refuse above ``limit`` in this window of ``seconds``.

    Raises:
        TooManyError: with the seconds to wait.
    """
    window = int(time.time()) // seconds  # noqa: TID251 - a window, not a moment of the product
    n = _count(f"chuku:limit:{what}:{day_tag(address)}:{window}", seconds)
    if n > limit:
        raise TooManyError(
            "Too many requests at once. Please wait a minute and send again.",
            retry_after=seconds - int(time.time()) % seconds,  # noqa: TID251
        )


def _count(key: str, seconds: int) -> int:
    def add(client: redis.Redis) -> int:
        with client.pipeline() as pipe:
            pipe.incr(key)
            pipe.expire(key, seconds)
            return int(pipe.execute()[0])

    counted = _redis(add)
    return _count_here(key) if counted is None else counted


def _redis(act: Callable[[redis.Redis], Result]) -> Result | None:
    """What Redis says; None when it is gone: then this process counts for itself."""
    if _client is None:
        return None
    try:
        return act(_client)
    except redis.RedisError:
        return None


def _count_here(key: str, *, by: int = 1) -> int:
    with _lock:
        n = _local.pop(key, 0) + by
        _local[key] = n
        while len(_local) > _KEPT:
            _local.popitem(last=False)
        return n


def take(names: Sequence[str], *, seconds: int) -> list[float]:
    """Count one under each name; answers how many there were within the last ``seconds``.

    A sliding estimate: the window before counts by the share of it that still matters, so that
    nobody gets two full windows around a border.
    """
    now, before, share = _windows(names, seconds)

    def add(client: redis.Redis) -> list[tuple[int, int]]:
        with client.pipeline(transaction=False) as pipe:
            for this, last in zip(now, before, strict=True):
                pipe.incr(this)
                pipe.expire(this, 2 * seconds)
                pipe.get(last)
            told = pipe.execute()
        return [(int(n), int(last or 0)) for n, last in zip(told[::3], told[2::3], strict=True)]

    counts = _redis(add)
    if counts is None:
        counts = [
            (_count_here(this), _local.get(last, 0)) for this, last in zip(now, before, strict=True)
        ]
    return [n + last * share for n, last in counts]


def give_back(names: Sequence[str], *, seconds: int) -> None:
    """Uncount one under each name: what was counted did not happen."""
    now, _, _ = _windows(names, seconds)

    def uncount(client: redis.Redis) -> bool:
        with client.pipeline(transaction=False) as pipe:
            for this in now:
                pipe.decr(this)
                pipe.expire(this, 2 * seconds)
            pipe.execute()
        return True

    if not _redis(uncount):
        for this in now:
            _count_here(this, by=-1)


def _windows(names: Sequence[str], seconds: int) -> tuple[list[str], list[str], float]:
    moment = clock.now().timestamp()
    n, share = int(moment // seconds), 1 - moment % seconds / seconds
    now, before = ([f"chuku:took:{name}:{w}" for name in names] for w in (n, n - 1))
    return now, before, share


def claim(name: str, owner: str, *, seconds: int) -> bool:
    """Whether ``owner`` is the first to take this name within ``seconds``, or took it before."""
    key = f"chuku:note:{name}"

    def first(client: redis.Redis) -> bool:
        with client.pipeline() as pipe:
            pipe.set(key, owner, nx=True, ex=seconds)
            pipe.get(key)
            return bool(pipe.execute()[1] == owner.encode())

    mine = _redis(first)
    if mine is not None:
        return mine
    with _lock:
        kept = _noted_here(key)
        if kept is None:
            _note_here(key, owner, seconds)
        return kept in (None, owner)


def note(name: str, value: str, *, seconds: int) -> None:
    """Keep a word under this name, in place of an earlier one."""
    key = f"chuku:note:{name}"
    if not _redis(lambda client: bool(client.set(key, value, ex=seconds))):
        with _lock:
            _note_here(key, value, seconds)


def noted(name: str) -> str | None:
    """What was kept under the name, as long as it lasts."""
    key = f"chuku:note:{name}"
    found = _redis(lambda client: client.get(key))
    if isinstance(found, bytes):
        return found.decode()
    with _lock:
        return _noted_here(key)


def _note_here(key: str, value: str, seconds: int) -> None:
    _notes[key] = (value, clock.now().timestamp() + seconds)
    while len(_notes) > _KEPT:
        _notes.popitem(last=False)


def _noted_here(key: str) -> str | None:
    kept = _notes.get(key)
    if kept is not None and kept[1] <= clock.now().timestamp():
        del _notes[key]
        return None
    return kept[0] if kept else None
