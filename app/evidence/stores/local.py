"""A folder: files 0440 under their SHA-256, complete before their name exists."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path

from app.core.errors import NotFoundError
from app.core.failpoint import failpoint
from app.evidence.store import DamagedError, Store

_PIECE = 1 << 20
_DIGEST = re.compile(r"[0-9a-f]{64}")


class LocalStore:
    """``file:/path/of/the/vault``."""

    scheme = "file"

    def __init__(self, url: str) -> None:
        self._root = Path(url.removeprefix("file:").removeprefix("//"))

    def _file(self, sha256: str) -> Path:
        if not _DIGEST.fullmatch(sha256):
            raise NotFoundError("There is nothing in the vault under this digest.")
        return self._root / sha256[:2] / sha256[2:4] / sha256

    def put(self, data: bytes | Path) -> tuple[str, int]:
        """Write beside, sync, link under the digest, sync the folder."""
        fresh = self._fresh()
        try:
            sha256, size = self._copy(data, fresh)
            failpoint("evidence.mid_file")
            self._name(fresh, self._file(sha256))
        finally:
            fresh.unlink(missing_ok=True)
        return sha256, size

    def _fresh(self) -> Path:
        self._root.mkdir(parents=True, exist_ok=True, mode=0o700)
        return self._root / f".new-{secrets.token_hex(8)}"

    @staticmethod
    def _copy(data: bytes | Path, fresh: Path) -> tuple[str, int]:
        digest, size = hashlib.sha256(), 0
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o440), "wb") as out:
            for piece in (data,) if isinstance(data, bytes) else _read(data):
                digest.update(piece)
                out.write(piece)
                size += len(piece)
            out.flush()
            os.fsync(out.fileno())
        return digest.hexdigest(), size

    def _name(self, fresh: Path, file: Path) -> None:
        for folder in (file.parent.parent, file.parent):
            if not folder.exists():
                folder.mkdir(mode=0o700, exist_ok=True)
                _sync(folder.parent)
        try:
            os.link(fresh, file)  # refuses to overwrite, unlike a rename
        except FileExistsError:
            for _piece in self.pieces(file.name):  # the same content: it must still be intact
                pass
            return
        _sync(file.parent)

    def pieces(self, sha256: str) -> Iterator[bytes]:
        """The bytes, re-hashed on the way."""
        digest = hashlib.sha256()
        try:
            for piece in _read(self._file(sha256)):
                digest.update(piece)
                yield piece
        except FileNotFoundError as error:
            raise NotFoundError("There is nothing in the vault under this digest.") from error
        if digest.hexdigest() != sha256:
            raise DamagedError("The evidence %(sha256)s was changed in the vault.", sha256=sha256)

    def digests(self) -> Iterator[str]:
        """The names of the files, in order."""
        found = sorted(f.name for f in self._root.glob("??/??/*") if _DIGEST.fullmatch(f.name))
        yield from found

    def holds(self, sha256: str) -> bool:
        """Whether there is a file of that name."""
        return self._file(sha256).is_file()


def _read(file: Path) -> Iterator[bytes]:
    with file.open("rb") as source:
        while piece := source.read(_PIECE):
            yield piece


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


STORE: type[Store] = LocalStore
