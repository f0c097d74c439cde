"""A zip that holds one valid BagIt bag (RFC 8493), written in one pass.

The zip's comment is the SHA-256 of everything before it, so that even a byte no file covers (a
date in the zip's own directory) cannot change unnoticed.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

_COMMENT = 64
_DATE = (1980, 1, 1, 0, 0, 0)  # the bag's own dates stand in bag-info.txt


class BagWriter:
    """Takes files in order; ``close`` writes manifests and tag files."""

    def __init__(self, out: Path, name: str) -> None:
        self._out, self._name = out, name
        self._zip = zipfile.ZipFile(out, "w", zipfile.ZIP_STORED)
        self._payload: dict[str, str] = {}
        self._tags: dict[str, str] = {}
        self._octets = 0

    def add(self, path: str, content: bytes | Iterable[bytes]) -> str:
        """Write one file (``data/…`` is payload, the rest tag files); its SHA-256."""
        digest = hashlib.sha256()
        info = zipfile.ZipInfo(f"{self._name}/{path}", _DATE)
        info.external_attr = 0o100444 << 16
        with self._zip.open(info, "w", force_zip64=True) as file:
            for piece in _pieces(content):
                digest.update(piece)
                file.write(piece)
                self._octets += len(piece) if path.startswith("data/") else 0
        rows = self._payload if path.startswith("data/") else self._tags
        rows[path] = digest.hexdigest()
        return rows[path]

    def close(self, info: dict[str, str]) -> None:
        """Finish the bag and seal the zip."""
        self.add("bagit.txt", b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")
        oxum = {"Payload-Oxum": f"{self._octets}.{len(self._payload)}"}
        lines = [f"{key}: {value}\n" for key, value in {**info, **oxum}.items()]
        self.add("bag-info.txt", "".join(lines).encode())
        self.add("manifest-sha256.txt", _manifest(self._payload))
        self.add("tagmanifest-sha256.txt", _manifest(self._tags))
        self._zip.comment = b"0" * _COMMENT
        self._zip.close()
        self._seal()

    def _seal(self) -> None:
        digest = hashlib.sha256()
        left = self._out.stat().st_size - _COMMENT
        with self._out.open("r+b") as file:
            while left > 0:
                piece = file.read(min(1 << 20, left))
                digest.update(piece)
                left -= len(piece)
            file.seek(-_COMMENT, 2)
            file.write(digest.hexdigest().encode())


def _pieces(content: bytes | Iterable[bytes]) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
    else:
        yield from content


def _manifest(rows: dict[str, str]) -> bytes:
    return "".join(f"{digest}  {path}\n" for path, digest in sorted(rows.items())).encode()
