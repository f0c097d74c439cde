"""Public references and random tokens."""

from __future__ import annotations

import secrets

# Crockford base32: no I, L, O, U, so that a reference can be read over the phone.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_ref(length: int = 8) -> str:
    """A public reference of ``length`` Crockford symbols."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def new_token() -> str:
    """A 192-bit URL-safe token, for cookies and links; stored hashed."""
    return secrets.token_urlsafe(24)
