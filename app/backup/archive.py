"""The backup's file: a zip whose last member lists every other one by its SHA-256."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.core.errors import AppError

FORMAT = "chuku-backup/1"
MANIFEST = "manifest.json"
_PIECE = 1 << 20


class BackupError(AppError):
    """A backup cannot be made or read; the sentence says why."""

    key = "backup"


@dataclass
class Writing:
    """A backup that is being written; hashes are taken on the way."""

    archive: zipfile.ZipFile
    members: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, name: str, pieces: Iterable[bytes], *, packed: bool = False) -> str:
        """Put one member; its SHA-256."""
        info = zipfile.ZipInfo(name)
        info.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
        digest, size = hashlib.sha256(), 0
        try:
            with self.archive.open(info, "w", force_zip64=True) as out:
                for piece in pieces:
                    digest.update(piece)
                    size += len(piece)
                    out.write(piece)
        finally:  # what a source gave before it failed is in the zip, so it is listed
            self.members[name] = {"sha256": digest.hexdigest(), "size": size}
        return digest.hexdigest()


@contextmanager
def writing(file: Path) -> Iterator[Writing]:
    """A new backup that has its name only once it is whole and durable.

    Raises:
        BackupError: there is a file of that name.
    """
    if file.exists():
        raise BackupError("%(file)s exists; a backup overwrites nothing.", file=str(file))
    fresh = file.with_name(f".{file.name}.part")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as out:
            with zipfile.ZipFile(out, "w") as archive:
                yield Writing(archive)
            out.flush()
            os.fsync(out.fileno())
        fresh.rename(file)
    finally:
        fresh.unlink(missing_ok=True)


def finish(made: Writing, facts: dict[str, Any]) -> None:
    """Write the manifest: what there is, and what the backup was taken of."""
    body = {"format": FORMAT, **facts, "members": made.members}
    text = json.dumps(body, ensure_ascii=False, indent=1, sort_keys=True)
    made.archive.writestr(MANIFEST, text, zipfile.ZIP_DEFLATED)


@dataclass(frozen=True)
class Backup:
    """A backup that was read: its manifest, and its members on request."""

    archive: zipfile.ZipFile
    manifest: dict[str, Any]

    @property
    def members(self) -> dict[str, dict[str, Any]]:
        """What the manifest lists."""
        found: dict[str, dict[str, Any]] = self.manifest["members"]
        return found

    def under(self, prefix: str) -> list[str]:
        """Members whose names begin so, in order."""
        return sorted(name for name in self.members if name.startswith(prefix))

    def pieces(self, name: str) -> Iterator[bytes]:
        """One member's bytes."""
        with self.archive.open(name) as source:
            while piece := source.read(_PIECE):
                yield piece

    def extract(self, name: str, to: Path) -> None:
        """Write one member durably, readable by its owner only."""
        with os.fdopen(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            for piece in self.pieces(name):
                out.write(piece)
            out.flush()
            os.fsync(out.fileno())


@contextmanager
def reading(file: Path) -> Iterator[Backup]:
    """The backup, after every member was compared with the manifest.

    Raises:
        BackupError: it is none, or something in it is missing, added or changed.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            made = Backup(archive, _manifest(archive))
            _compare(made)
            yield made
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise BackupError(
            "%(file)s is not a whole backup: %(why)s", file=str(file), why=error
        ) from error


def _manifest(archive: zipfile.ZipFile) -> dict[str, Any]:
    found = json.loads(archive.read(MANIFEST))
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise ValueError("its manifest is of another kind")
    return found


def _compare(made: Backup) -> None:
    names = set(made.archive.namelist()) - {MANIFEST}
    for name in sorted(names ^ set(made.members)):
        there = "listed and missing" if name in made.members else "there and not listed"
        raise ValueError(f"{name} is {there}")
    for name, wanted in made.members.items():
        digest = hashlib.sha256()
        for piece in made.pieces(name):
            digest.update(piece)
        if digest.hexdigest() != wanted["sha256"]:
            raise ValueError(f"{name} was changed")
