"""Taking a backup while everything runs.

The order keeps what belongs together: a key is durable before the row that uses it and a file
before the row that names it, so database first, then the keys' names, then the vault. Key material
never goes in: it is backed up apart, so that erasure survives old backups (design 2.6).
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url

from app.audit.accesswriter import FOLDER as ACCESS
from app.audit.upkeep import bring_up_to_date
from app.backup import archive, databases
from app.core import schema
from app.core.errors import NotFoundError
from app.core.keystore import KeyStore
from app.core.settings import Settings
from app.evidence import vault
from app.evidence.store import DamagedError

_PIECE = 1 << 20


@dataclass(frozen=True)
class Saved:
    """What went in."""

    file: Path
    entries: int
    files: int
    damaged: tuple[str, ...]  # vault files that are not what their name says


def save(file: Path, settings: Settings, keys: KeyStore, *, at: datetime) -> Saved:
    """Write the backup to ``file``; nothing has to stop for it.

    Raises:
        BackupError: the file is there already, or the database cannot be copied.
    """
    checkpoint = bring_up_to_date(every=timedelta())
    with archive.writing(file) as made:
        database = _database(made, settings, file.parent)
        names = _key_names(keys)
        damaged = _vault(made, settings)
        _access(made, settings)
        facts: dict[str, Any] = {
            "at": at.isoformat(),
            "schema": schema.current(),
            "database": database,
            "checkpoint": checkpoint.as_json() if checkpoint else None,
            "keys": names,
            "damaged": damaged,
        }
        archive.finish(made, facts)
    size = checkpoint.size if checkpoint else 0
    return Saved(file, size, len(made.members) - 1, tuple(damaged))


def _database(made: archive.Writing, settings: Settings, beside: Path) -> str:
    with tempfile.TemporaryDirectory(prefix=".chuku-backup-", dir=beside) as folder:
        copied = Path(folder) / "database"
        member = databases.copy(make_url(settings.database_url), copied)
        made.add(member, _pieces(copied), packed=member == databases.SQLITE)
    return member


def _pieces(file: Path, *, size: int | None = None) -> Iterator[bytes]:
    left = file.stat().st_size if size is None else size
    with file.open("rb") as source:
        while left > 0 and (piece := source.read(min(_PIECE, left))):
            left -= len(piece)
            yield piece


def _key_names(keys: KeyStore) -> dict[str, list[str]]:
    return {
        "data": keys.data_key_ids(),
        "signing": [key.kid for key in keys.public_keys()],
        "secrets": [name for name, _made in keys.secrets_named("")],
    }


def _vault(made: archive.Writing, settings: Settings) -> list[str]:
    store = vault.store_of(settings.vault_url)
    damaged = []
    for sha256 in store.digests():
        try:
            made.add(f"vault/{sha256}", store.pieces(sha256))
        except (DamagedError, NotFoundError):
            damaged.append(sha256)  # its bytes go in as they are, under its name
    return damaged


def _access(made: archive.Writing, settings: Settings) -> None:
    """The log of Art. 19: sealed days as they are, the open day as far as it goes."""
    for _look in range(2):  # a day that is sealed meanwhile changes its name
        for file in sorted((settings.folder / ACCESS).glob("*.jsonl*")):
            name = f"{ACCESS}/{file.name}"
            if name not in made.members:
                with contextlib.suppress(FileNotFoundError):
                    made.add(name, _pieces(file, size=file.stat().st_size))
