"""Ed25519 verification (RFC 8032, pure Ed25519), standard library only.

Verification needs no secret, so nothing here has to run in constant time. Where the RFC leaves
a choice this file takes the strict one: ``s`` must be below the group order, every encoded point
must be canonical, and the equation is checked without the cofactor, as OpenSSL does. Signing
stays with a vetted library; this file is also copied into dossiers, so it imports nothing of ours.
"""

from __future__ import annotations

import hashlib

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT_MINUS_1 = pow(2, (P - 1) // 4, P)

Point = tuple[int, int, int, int]  # extended coordinates: x = X/Z, y = Y/Z, x*y = T/Z

NEUTRAL: Point = (0, 1, 1, 0)
SIGN_BIT = 1 << 255


def _add(p: Point, q: Point) -> Point:
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * p[3] * q[3] * D % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def _decode(data: bytes) -> Point | None:
    """RFC 8032, 5.1.3; None for anything that is not the canonical encoding of a point."""
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number & (SIGN_BIT - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * SQRT_MINUS_1 % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


def _encode(p: Point) -> bytes:
    inverse = pow(p[2], P - 2, P)
    x, y = p[0] * inverse % P, p[1] * inverse % P
    return (y | ((x & 1) << 255)).to_bytes(32, "little")


def _base() -> Point:
    point = _decode((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))
    if point is None:  # pragma: no cover - a constant of the curve
        raise AssertionError("the base point decodes")
    return point


BASE = _base()


def _sum_of_products(s: int, p: Point, h: int, q: Point) -> Point:
    """``s*p + h*q`` in one pass over the bits."""
    choices = (NEUTRAL, p, q, _add(p, q))
    total = NEUTRAL
    for bit in range(max(s.bit_length(), h.bit_length()) - 1, -1, -1):
        total = _add(total, total)
        choice = (s >> bit & 1) | (h >> bit & 1) << 1
        if choice:
            total = _add(total, choices[choice])
    return total


def verify(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether ``signature`` is one of ``public_key`` over ``message``; never raises for bytes."""
    if len(public_key) != 32 or len(signature) != 64:  # noqa: PLR2004 - sizes of the RFC
        return False
    point = _decode(public_key)
    s = int.from_bytes(signature[32:], "little")
    if point is None or s >= L:
        return False
    digest = hashlib.sha512(signature[:32] + public_key + message).digest()
    h = int.from_bytes(digest, "little") % L
    minus = (P - point[0], point[1], 1, P - point[3])
    return _encode(_sum_of_products(s, BASE, h, minus)) == signature[:32]
