"""The one outgoing HTTP client: times out, caps sizes, and checks the address really dialled.

``ipaddress.is_private`` is not an SSRF filter (design page 6, fact 8), and a check before the
connect leaves a rebinding window; here the connected peer itself is judged.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urljoin, urlsplit

from app.core import transaction

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
# What Python calls global and is not: NAT64, 6to4, Teredo, IPv4-compatible, IETF protocol space.
_NOT_GLOBAL = tuple(
    ipaddress.ip_network(n)
    for n in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96", "192.0.0.0/24")
)
_REDIRECTS = {301, 302, 303, 307, 308}
_PORTS = {80, 443}


class HttpError(Exception):
    """No answer that counts: refused address, no connection, time or size exceeded."""


@dataclass(frozen=True)
class Response:
    """One answer, with the heads as they went over the wire (for evidence)."""

    url: str
    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    remote: str
    request_head: bytes
    truncated: bool = False
    took_ms: int = 0
    history: tuple[Response, ...] = field(default=(), repr=False)

    def header(self, name: str) -> str | None:
        """The first header of that name."""
        wanted = name.lower()
        return next((v for k, v in self.headers if k.lower() == wanted), None)


def networks(text: str) -> tuple[Network, ...]:
    """``"127.0.0.0/8, ::1"`` as networks.

    Raises:
        ValueError: for what is no network.
    """
    return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())


def may_dial(address: str, port: int, allow: Iterable[Network] = ()) -> bool:
    """Whether we may talk to this address: public unicast on 80/443, or listed."""
    ip = ipaddress.ip_address(address.split("%", maxsplit=1)[0])
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    if any(ip.version == net.version and ip in net for net in allow):
        return True
    if any(ip.version == net.version and ip in net for net in _NOT_GLOBAL):
        return False
    return ip.is_global and not ip.is_multicast and port in _PORTS


def _connect(host: str, port: int, timeout: float, allow: Iterable[Network]) -> socket.socket:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise HttpError(f"{host}: no such host") from error
    allow = tuple(allow)
    good = [info for info in found if may_dial(str(info[4][0]), int(info[4][1]), allow)]
    if not good:
        raise HttpError(f"{host}:{port}: address not allowed")
    last: OSError | None = None
    for family, kind, proto, _name, address in good:
        link = socket.socket(family, kind, proto)
        link.settimeout(timeout)
        try:
            link.connect(address)
        except OSError as error:
            last = error
            link.close()
        else:
            return link
    raise HttpError(f"{host}:{port}: {last}")


def fetch(
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    connect_to: str | None = None,
    allow_private: Iterable[Network] = (),
    max_bytes: int = 1_000_000,
    deadline: float = 10.0,
    redirects: int = 0,
) -> Response:
    """Ask once (following up to ``redirects`` hops, each re-checked), within ``deadline`` seconds.

    ``connect_to`` is ``host:port`` to dial instead of the URL's own host; the Host header stays.
    A body over ``max_bytes`` is cut and marked ``truncated``.

    Raises:
        HttpError: refused address, no connection, deadline passed, or not HTTP.
        RuntimeError: when a database transaction is open here.
    """
    if transaction.is_open():
        raise RuntimeError("no network call inside a transaction")
    until = time.monotonic() + deadline
    history: list[Response] = []
    allow = tuple(allow_private)
    while True:
        answer = _once(url, method, dict(headers or {}), body, connect_to, allow, max_bytes, until)
        target = answer.header("Location")
        if answer.status not in _REDIRECTS or not target or len(history) >= redirects:
            return Response(**{**answer.__dict__, "history": tuple(history)})
        history.append(answer)
        following = urljoin(url, target)
        if urlsplit(following).netloc != urlsplit(url).netloc:
            connect_to = None
        url = following


def _once(
    url: str,
    method: str,
    headers: dict[str, str],
    body: bytes | None,
    connect_to: str | None,
    allow: tuple[Network, ...],
    max_bytes: int,
    until: float,
) -> Response:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username:
        raise HttpError(f"not an http address: {url[:200]}")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    host, dial_port = parts.hostname, port
    if connect_to:
        host, _, given = connect_to.rpartition(":")
        host, dial_port = host.strip("[]"), int(given)
    began = time.monotonic()
    link = _connect(host, dial_port, max(0.1, min(5.0, until - began)), allow)
    try:
        remote = str(link.getpeername()[0])
        if parts.scheme == "https":
            link = ssl.create_default_context().wrap_socket(link, server_hostname=parts.hostname)
        connection = http.client.HTTPConnection(parts.hostname, port)
        connection.sock = link
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        head = {
            "Host": parts.netloc.rpartition("@")[2],
            "Connection": "close",
            **headers,
        }
        link.settimeout(max(0.1, until - time.monotonic()))
        connection.request(method, _ascii(path), body=body, headers=head)
        raw = connection.getresponse()
        data, truncated = _read(raw, link, max_bytes, until)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise HttpError(f"{parts.hostname}: {type(error).__name__}: {error}") from error
    finally:
        link.close()
    lines = [
        f"{method} {_ascii(path)} HTTP/1.1",
        *(f"{k}: {v}" for k, v in head.items()),
    ]
    return Response(
        url=url,
        status=raw.status,
        reason=raw.reason,
        headers=tuple(raw.getheaders()),
        body=data,
        remote=remote,
        request_head=("\r\n".join(lines) + "\r\n\r\n").encode(),
        truncated=truncated,
        took_ms=int((time.monotonic() - began) * 1000),
    )


def _ascii(path: str) -> str:
    return quote(path, safe="/%?&=:;,+$!*'()@~#[]-._")


def _read(
    raw: http.client.HTTPResponse, link: socket.socket, max_bytes: int, until: float
) -> tuple[bytes, bool]:
    data = bytearray()
    while True:
        left = until - time.monotonic()
        if left <= 0:
            raise HttpError("deadline passed")
        link.settimeout(left)
        piece = raw.read1(65536)
        if not piece:
            return bytes(data), False
        data += piece
        if len(data) > max_bytes:
            return bytes(data[:max_bytes]), True
