"""Sealing what is large, piece by piece: never whole in memory, never in clear on a disk.

Layout: version(1) = 2, salt(16), then chunks of at most 64 KiB, each AES-256-GCM with its tag.
Every content has a key of its own, HKDF(key, salt, ``aad``); a chunk's nonce is its number and
whether it is the last, so that none can be cut off, swapped, moved or appended. A reader may seek.
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
import tempfile
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.core import crypto
from app.core.crypto import SealError

CHUNK = 1 << 16
_VERSION = b"\x02"
_SALT = 16
_HEAD = 1 + _SALT
_TAG = 16
_IN_MEMORY = 1 << 18  # what is smaller than this needs no file while it is received


def _derive(key: bytes, salt: bytes, aad: str) -> bytes:
    return HKDF(hashes.SHA256(), length=32, salt=salt, info=b"chuku sealed " + aad.encode()).derive(
        key
    )


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def content_key(sealed: BinaryIO, key: bytes, *, aad: str) -> bytes:
    """The key of this one content, for who may read it and nothing else.

    Raises:
        SealError: it was not sealed piece by piece.
    """
    sealed.seek(0)
    head = sealed.read(_HEAD)
    if head[:1] != _VERSION or len(head) < _HEAD:
        raise SealError("unknown seal version")
    return _derive(key, head[1:], aad)


class Writer:
    """Seals what is written to it; knows size and SHA-256 of the content. Close it to finish."""

    def __init__(self, out: BinaryIO, key: bytes, *, aad: str) -> None:
        salt = os.urandom(_SALT)
        out.write(_VERSION + salt)
        self._out = out
        self._box = AESGCM(_derive(key, salt, aad))
        self._rest = bytearray()
        self._number = 0
        self._digest = hashlib.sha256()
        self.size = 0

    @property
    def sha256(self) -> str:
        """Of the content so far, in clear."""
        return self._digest.hexdigest()

    def write(self, data: Any) -> int:
        """Seal what fills a chunk, keep the rest."""
        view = memoryview(data)
        self._digest.update(view)
        self.size += len(view)
        self._rest += view
        while len(self._rest) > CHUNK:
            self._emit(bytes(self._rest[:CHUNK]), last=False)
            del self._rest[:CHUNK]
        return len(view)

    def _emit(self, chunk: bytes, *, last: bool) -> None:
        self._out.write(self._box.encrypt(_nonce(self._number, last=last), chunk, None))
        self._number += 1

    def close(self) -> None:
        """Write the last chunk; without it the content does not open."""
        self._emit(bytes(self._rest), last=True)
        self._rest.clear()


class Reader(io.RawIOBase):
    """Sealed content as a file in clear that can be read from any place; wrap it in a buffer."""

    def __init__(self, sealed: BinaryIO, own_key: bytes) -> None:
        super().__init__()
        self._sealed = sealed
        self._box = AESGCM(own_key)
        body = sealed.seek(0, io.SEEK_END) - _HEAD
        self._chunks = max(1, -(-body // (CHUNK + _TAG)))
        self.size = body - self._chunks * _TAG
        self._at = 0
        self._held: tuple[int, bytes] = (-1, b"")

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def tell(self) -> int:
        """Where the next byte comes from."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go there; nothing is read yet."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        if base + offset < 0:
            raise OSError(errno.EINVAL, "before the beginning")  # as files do
        self._at = base + offset
        return self._at

    def readinto(self, buffer: Any) -> int:
        """The next bytes, at most to the end of a chunk.

        Raises:
            SealError: this chunk was altered or moved.
        """
        view = memoryview(buffer)
        if self._at >= self.size or not view:
            return 0
        number, within = divmod(self._at, CHUNK)
        part = self._chunk(number)[within : within + len(view)]
        view[: len(part)] = part
        self._at += len(part)
        return len(part)

    def _chunk(self, number: int) -> bytes:
        if self._held[0] != number:
            self._sealed.seek(_HEAD + number * (CHUNK + _TAG))
            last = number == self._chunks - 1
            self._held = (
                number,
                _opened(self._box, self._sealed.read(CHUNK + _TAG), number, last=last),
            )
        return self._held[1]


def _opened(box: AESGCM, chunk: bytes, number: int, *, last: bool) -> bytes:
    try:
        return box.decrypt(_nonce(number, last=last), chunk, None)
    except InvalidTag as error:
        raise SealError("the sealed value does not open") from error


def pieces(sealed: Iterable[bytes], key: bytes, *, aad: str) -> Iterator[bytes]:
    """The content, piece by piece; also of what was sealed in one piece.

    Raises:
        SealError: altered, cut off, another key or another place.
    """
    rest, number, box = bytearray(), 0, None
    for piece in sealed:
        rest += piece
        if box is None:
            if rest[:1] != _VERSION or len(rest) < _HEAD:
                continue
            box = AESGCM(_derive(key, bytes(rest[1:_HEAD]), aad))
            del rest[:_HEAD]
        while len(rest) > CHUNK + _TAG:
            yield _opened(box, bytes(rest[: CHUNK + _TAG]), number, last=False)
            del rest[: CHUNK + _TAG]
            number += 1
    if box is None:
        yield crypto.unseal(key, bytes(rest), aad=aad)
    else:
        yield _opened(box, bytes(rest), number, last=True)


def unseal(key: bytes, sealed: bytes, *, aad: str) -> bytes:
    """The whole content, for what is small.

    Raises:
        SealError: altered, another key, or another place.
    """
    return b"".join(pieces([sealed], key, aad=aad))


class Spool(io.RawIOBase):
    """Takes an upload while it arrives, then gives it back; beyond memory it lies sealed.

    Write, then seek to the beginning, then read: nothing else.
    """

    def __init__(self) -> None:
        super().__init__()
        self._out: io.BytesIO | Writer = io.BytesIO()
        self._file: BinaryIO | None = None
        self._key = os.urandom(32)
        self._in: BinaryIO | None = None

    def writable(self) -> bool:
        """Until it is read."""
        return self._in is None

    def readable(self) -> bool:
        """Once it was rewound."""
        return True

    def seekable(self) -> bool:
        """Once it was rewound."""
        return True

    def write(self, data: Any) -> int:
        """Keep it: in memory at first, then sealed under a key that only this object knows."""
        if isinstance(self._out, io.BytesIO) and self._out.tell() + len(memoryview(data)) > (
            _IN_MEMORY
        ):
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the spool
            sealing = Writer(self._file, self._key, aad="spool")
            sealing.write(self._out.getvalue())
            self._out = sealing
        return self._out.write(data)

    def _rewound(self) -> BinaryIO:
        if self._in is None:
            if isinstance(self._out, io.BytesIO):
                self._in = self._out
            else:
                assert self._file is not None
                self._out.close()
                self._file.flush()
                own = content_key(self._file, self._key, aad="spool")
                self._in = io.BufferedReader(Reader(self._file, own), CHUNK)
        return self._in

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """The first time ends the writing."""
        return self._rewound().seek(offset, whence)

    def tell(self) -> int:
        """Where the next byte comes from."""
        return self._rewound().tell()

    def readinto(self, buffer: Any) -> int:
        """The next bytes."""
        view = memoryview(buffer)
        part = self._rewound().read(len(view))
        view[: len(part)] = part
        return len(part)

    def close(self) -> None:
        """Let go of memory and file."""
        if self._file is not None:
            self._file.close()
        super().close()
