"""Fetching one address as it is served, through the origin that still answers for held resources.

Only addresses of the catalogue are fetched (law 9), and only their own host is followed.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from app.catalogue.values import AddressRole, AddressView, Hosting
from app.core.http import HttpError, Network, Response, fetch, networks
from app.core.settings import Settings

MAX_BYTES = 64 * 1024 * 1024
RANGE_BYTES = 8 * 1024 * 1024  # what is asked of a slow medium at later attempts
DEADLINE = 45.0  # seconds; a job's lease is 90
PLAYLIST = "index.m3u8"
_HOPS = 3
_REDIRECTS = {301, 302, 303, 307, 308}
_PASSING = {408, 425, 429, 451}  # ask again; 451 is our own stop, not the content
USER_AGENT = "Chuku-Evidence/1 (+records under Arts. 20-22)"


class NotCapturedError(Exception):
    """This attempt brought nothing that counts; the text says why."""


@dataclass(frozen=True)
class Fetched:
    """What one address answered; ``last`` is the answer that carries the content."""

    hops: tuple[Response, ...]
    last: Response
    via: str  # origin | address
    partial: str | None


@dataclass(frozen=True)
class _Way:
    """How this address is reached."""

    via: str
    dial: str | None
    allow: tuple[Network, ...]
    headers: dict[str, str]
    until: float

    def get(self, url: str, max_bytes: int) -> Response:
        return fetch(
            url,
            headers=self.headers,
            connect_to=self.dial,
            allow_private=self.allow,
            max_bytes=max_bytes,
            deadline=max(0.1, self.until - time.monotonic()),
        )


def take(address: AddressView, settings: Settings, *, ranged: bool) -> Fetched:
    """Fetch the address (its beginning only when ``ranged``).

    Raises:
        NotCapturedError: no answer, a refusal, or a failing server; worth another attempt.
    """
    failure = "no way leads to this address"
    for way in _ways(address, settings, ranged=ranged):
        try:
            hops = _follow(address.url, way)
        except HttpError as error:
            failure = str(error)
            continue
        status = hops[-1].status
        if status >= 500 or status in _PASSING:  # noqa: PLR2004
            failure = f"the address answered {status}"
        elif address.role == AddressRole.SEGMENT and address.url.endswith("/"):
            return _segments(address.url, hops, way)
        elif status != 404 or way.via == "address":  # noqa: PLR2004 - the origin may not serve it
            return Fetched(hops, hops[-1], way.via, _missing(hops[-1]))
    raise NotCapturedError(failure)


def _ways(address: AddressView, settings: Settings, *, ranged: bool) -> Iterator[_Way]:
    """The origin first, for what we serve; then as everybody reaches it."""
    headers = {"User-Agent": USER_AGENT, "Accept": "*/*", "Accept-Encoding": "identity"}
    if ranged:
        headers["Range"] = f"bytes=0-{RANGE_BYTES - 1}"
    allow = networks(settings.probe_nets)
    origin = _origin(settings) if address.hosting != Hosting.EXTERNAL else None
    until = time.monotonic() + DEADLINE
    if origin:
        yield _Way("origin", origin[0], (*allow, *origin[1]), headers, until)
    yield _Way("address", address.connect_to, allow, headers, until)


def _segments(url: str, hops: tuple[Response, ...], way: _Way) -> Fetched:
    """A folder of segments: its playlist and what that names below the folder, to the cap."""
    found, left = list(hops), MAX_BYTES
    try:
        playlist = way.get(urljoin(url, PLAYLIST), left)
        if playlist.status != 200:  # noqa: PLR2004 - no playlist: the folder's answer is all
            return Fetched(hops, hops[-1], way.via, _missing(hops[-1]))
        found.append(playlist)
        lines = playlist.body.decode("utf-8", "replace").splitlines()
        named = [urljoin(url, line.strip()) for line in lines if line.strip()[:1] not in {"", "#"}]
        for piece in dict.fromkeys(name for name in named if name.startswith(url)):
            left -= len(found[-1].body)
            if left <= 0:
                return Fetched(tuple(found), playlist, way.via, _missing_bytes(MAX_BYTES))
            found.append(way.get(piece, left))
    except HttpError as error:
        return Fetched(tuple(found), found[-1], way.via, f"segments are missing: {error}")
    bad = next((reason for hop in found[len(hops) :] if (reason := _missing(hop))), None)
    return Fetched(tuple(found), playlist, way.via, bad)


def _follow(url: str, way: _Way) -> tuple[Response, ...]:
    """The address and its redirects on the same host."""
    hops: list[Response] = []
    while True:
        answer = way.get(url, MAX_BYTES)
        hops.append(answer)
        target = answer.header("Location")
        if answer.status not in _REDIRECTS or not target or len(hops) > _HOPS:
            return tuple(hops)
        following = urljoin(url, target)
        if urlsplit(following).netloc != urlsplit(url).netloc:
            return tuple(hops)
        url = following


def _missing_bytes(kept: int) -> str:
    return f"only the first {kept} bytes were kept"


def _missing(answer: Response) -> str | None:
    """What is not in this capture, in one sentence; None when all of it is."""
    if answer.truncated:
        return _missing_bytes(len(answer.body))
    if answer.status == 206:  # noqa: PLR2004 - Partial Content
        whole = (answer.header("Content-Range") or "").rpartition("/")[2]
        if not whole.isdecimal() or int(whole) > len(answer.body):
            return f"only the first {len(answer.body)} of {whole or '?'} bytes were asked for"
    if answer.status >= 300:  # noqa: PLR2004
        return f"the address answered {answer.status}"
    return None


def _origin(settings: Settings) -> tuple[str, tuple[Network, ...]] | None:
    """Where the origin listens, and its own network (the operator named it in the settings)."""
    if not settings.origin_url:
        return None
    parts = urlsplit(settings.origin_url)
    host = parts.hostname or "127.0.0.1"
    try:
        own: tuple[Network, ...] = (ipaddress.ip_network(host),)
    except ValueError:
        own = ()
    shown = f"[{host}]" if ":" in host else host
    return f"{shown}:{parts.port or 80}", own
