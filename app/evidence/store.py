"""The port of the vault: content-addressed, written once, read back under its own hash.

Adding a store = one file in ``stores/`` whose last line is ``STORE: type[Store] = …``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from app.core.errors import AppError


class DamagedError(AppError):
    """What lies in the vault is not what was sealed."""

    key = "evidence-damaged"


class Store(Protocol):
    """Where sealed bytes lie; the scheme of ``CHUKU_VAULT_URL`` chooses it."""

    scheme: str

    def __init__(self, url: str) -> None: ...

    def put(self, data: bytes | Path) -> tuple[str, int]:
        """Keep the bytes durably under their SHA-256: (hex digest, size); twice is once."""
        ...

    def pieces(self, sha256: str) -> Iterator[bytes]:
        """The bytes, re-hashed on the way.

        Raises:
            NotFoundError: nothing under that digest.
            DamagedError: at the end, when the hash of what was read differs.
        """
        ...

    def digests(self) -> Iterator[str]:
        """Every digest that is kept, for backups; what is put meanwhile may or may not be in."""
        ...

    def holds(self, sha256: str) -> bool:
        """Whether there is something under that digest (not whether it is intact)."""
        ...
