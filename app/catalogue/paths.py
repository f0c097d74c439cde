"""One spelling for one place: what the edge compares is what the catalogue stores.

The rules are nginx's own for ``$uri``: percent-decoded once, dot segments and double slashes
removed, the query ignored. ``tests/edge/path_vectors.json`` is shared with the edge agent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

from app.core.errors import InvalidError

MAX_URL = 2_000
_BROKEN_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_NO_ADDRESS = "This is not a web address. Copy it from the browser's address bar."


@dataclass(frozen=True, slots=True)
class Place:
    """Host and path of an address, both canonical."""

    host: str
    path: str


def canonical_path(path: str) -> str:
    """The path percent-decoded, without dot segments, double slashes, query or fragment.

    Raises:
        InvalidError: for what nginx answers with 400: a climb above the root, a broken percent
            sign, a zero byte.
    """
    bare = path.split("?", 1)[0].split("#", 1)[0]
    decoded = unquote(bare, errors="replace")
    if _BROKEN_PERCENT.search(bare) or "\0" in decoded:
        raise InvalidError(_NO_ADDRESS)
    kept: list[str] = []
    parts = decoded.split("/")
    for part in parts:
        if part == "..":
            if not kept:
                raise InvalidError(_NO_ADDRESS)
            kept.pop()
        elif part not in {"", "."}:
            kept.append(part)
    tail = "/" if kept and parts[-1] in {"", ".", ".."} else ""
    return "/" + "/".join(kept) + tail


def _page(path: str) -> str:
    """A folder and its index page are one page."""
    return path + "index.html" if path.endswith("/") else path


def covers(mode: str, path: str, asked: str) -> bool:
    """Whether an address of the catalogue covers this canonical path, as the edge judges it."""
    if mode == "exact":
        return _page(asked) == _page(path)
    below = path if path.endswith("/") else path + "/"
    return asked == path or asked + "/" == below or asked.startswith(below)


def canonical_host(host: str) -> str:
    """The host in lower case, without port and without the root's dot."""
    bare = host.strip().lower()
    if bare.startswith("["):
        return bare.split("]", 1)[0] + "]"
    if bare.count(":") == 1:
        bare = bare.split(":", 1)[0]
    return bare.removesuffix(".")


def _split(url: str) -> SplitResult:
    text = url.strip()
    if not text or len(text) > MAX_URL or any(ord(c) < 32 for c in text):  # noqa: PLR2004
        raise InvalidError(_NO_ADDRESS)
    try:
        return urlsplit(text if "://" in text else f"http://{text}")
    except ValueError as error:
        raise InvalidError(_NO_ADDRESS) from error


def place_of(url: str) -> Place:
    """Host and path of a pasted or imported address; a missing scheme is forgiven.

    Raises:
        InvalidError: for what cannot be an http(s) address.
    """
    parts = _split(url)
    host = canonical_host(parts.netloc.rsplit("@", 1)[-1])
    if parts.scheme.lower() not in {"http", "https"} or not host or " " in host:
        raise InvalidError(_NO_ADDRESS)
    return Place(host, canonical_path(parts.path or "/"))
