"""The receipt (design page 3.6): a public reference, a secret code, a signed proof. Pure.

The code is 23 random Crockford symbols and a check symbol over GF(32): the weighted sum of all 24
is zero, with weights that are distinct powers of a generator, so every single wrong symbol and
every swap of two different neighbours is noticed before any index is asked.
"""

from __future__ import annotations

import secrets
import unicodedata
from dataclasses import dataclass

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 24
GROUP = 4
_VALUE = {symbol: n for n, symbol in enumerate(ALPHABET)}
_LOOKS_LIKE = str.maketrans({"O": "0", "I": "1", "L": "1"})
_IGNORED = " -‐‑‒–—－_·.\t\r\n　"


def _powers() -> tuple[tuple[int, ...], dict[int, int]]:
    """Powers of x modulo x⁵+x²+1 and their logarithms."""
    values, x = [], 1
    for _ in range(31):
        values.append(x)
        x <<= 1
        if x & 32:
            x ^= 0b100101
    return tuple(values), {value: n for n, value in enumerate(values)}


_POWER, _LOG = _powers()


def _times(a: int, b: int) -> int:
    if a == 0 or b == 0:
        return 0
    return _POWER[(_LOG[a] + _LOG[b]) % 31]


def _sum(symbols: str) -> int:
    total = 0
    for place, symbol in enumerate(symbols):
        total ^= _times(_POWER[place], _VALUE[symbol])
    return total


def new_secret(length: int = LENGTH) -> str:
    """24 symbols, ungrouped: 115 random bits and the check symbol."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(length - 1))
    last = _POWER[length - 1]
    check = _times(_sum(body), _POWER[(31 - _LOG[last]) % 31])
    return body + ALPHABET[check]


def grouped(secret: str, size: int = GROUP) -> str:
    """Six groups of four, as people read and type it."""
    return "-".join(secret[i : i + size] for i in range(0, len(secret), size))


@dataclass(frozen=True)
class Typed:
    """What somebody typed: the normal form, and what is wrong with it (None = nothing)."""

    secret: str
    wrong: str | None  # "empty" | "length" | "symbol" | "check"


def read(text: str, length: int = LENGTH) -> Typed:
    """The code in its normal form; dashes, spaces, case, full width and O/I/L do not matter."""
    plain = unicodedata.normalize("NFKC", text[:200]).upper()
    plain = "".join(c for c in plain if c not in _IGNORED).translate(_LOOKS_LIKE)
    if not plain:
        return Typed("", "empty")
    if any(c not in _VALUE for c in plain):
        return Typed(plain, "symbol")
    if len(plain) != length:
        return Typed(plain, "length")
    return Typed(plain, None if _sum(plain) == 0 else "check")
