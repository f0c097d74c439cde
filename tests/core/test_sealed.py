"""Sealing piece by piece: nothing can be cut, swapped, moved or appended; reading may jump."""

from __future__ import annotations

import io
import os

import pytest

from app.core import crypto, sealed
from app.core.crypto import SealError
from app.core.sealed import CHUNK, Reader, Spool, Writer

KEY = b"k" * 32
SIZES = (0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 7)


def _sealed(data: bytes, aad: str = "attachment:a") -> bytes:
    out = io.BytesIO()
    writer = Writer(out, KEY, aad=aad)
    for start in range(0, len(data), 10_007):
        writer.write(data[start : start + 10_007])
    writer.close()
    assert (writer.size, writer.sha256) == (len(data), crypto.sha256_hex(data))
    return out.getvalue()


@pytest.mark.parametrize("size", SIZES)
def test_what_was_sealed_opens_again(size):
    data = os.urandom(size)
    assert sealed.unseal(KEY, _sealed(data), aad="attachment:a") == data


def test_it_opens_however_it_arrives():
    data = os.urandom(2 * CHUNK + 5)
    whole = _sealed(data)
    arriving = (whole[n : n + 997] for n in range(0, len(whole), 997))
    assert b"".join(sealed.pieces(arriving, KEY, aad="attachment:a")) == data


def test_what_was_sealed_in_one_piece_opens_too():
    old = crypto.seal(KEY, b"old", aad="attachment:a")
    assert sealed.unseal(KEY, old, aad="attachment:a") == b"old"


@pytest.mark.parametrize(
    "harm",
    [
        lambda s: s[:-1],
        lambda s: s[: 17 + CHUNK + 16],  # exactly one chunk
        lambda s: s + s[-21:],
        lambda s: s[:20] + bytes([s[20] ^ 1]) + s[21:],
        lambda s: s[:5] + bytes([s[5] ^ 1]) + s[6:],
        lambda s: s[:17] + s[17 + CHUNK + 16 : 17 + 2 * (CHUNK + 16)] + s[17 : 17 + CHUNK + 16]
        + s[17 + 2 * (CHUNK + 16) :],
    ],
)  # fmt: skip
def test_cut_appended_altered_or_swapped_it_does_not_open(harm):
    whole = _sealed(os.urandom(2 * CHUNK + 5))
    with pytest.raises(SealError):
        sealed.unseal(KEY, harm(whole), aad="attachment:a")


def test_another_place_or_key_does_not_open_it():
    whole = _sealed(b"x")
    with pytest.raises(SealError):
        sealed.unseal(KEY, whole, aad="attachment:b")
    with pytest.raises(SealError):
        sealed.unseal(b"j" * 32, whole, aad="attachment:a")


@pytest.mark.parametrize("size", SIZES)
def test_a_reader_jumps_as_in_a_file(size):
    data = os.urandom(size)
    file = io.BytesIO(_sealed(data))
    reader = io.BufferedReader(Reader(file, sealed.content_key(file, KEY, aad="attachment:a")))
    plain = io.BytesIO(data)
    for offset, whence in ((0, 2), (size // 2, 0), (0, 0), (-min(3, size), 2), (size + 9, 0)):
        assert reader.seek(offset, whence) == plain.seek(offset, whence)
        assert reader.read(CHUNK + 3) == plain.read(CHUNK + 3)
    with pytest.raises(OSError, match="beginning"):
        reader.seek(-size - 1, 2)


def test_an_upload_is_given_back_and_never_lies_in_clear(tmp_path, monkeypatch):
    kept = []
    real = sealed.tempfile.TemporaryFile
    monkeypatch.setattr(
        sealed.tempfile, "TemporaryFile", lambda: kept.append(real(dir=tmp_path)) or kept[-1]
    )
    data = b"clear words " * 60_000
    spool = Spool()
    for start in range(0, len(data), 64_000):
        spool.write(data[start : start + 64_000])
    assert spool.seek(0) == 0
    assert spool.read() == data
    os.lseek(kept[0].fileno(), 0, os.SEEK_SET)
    assert b"clear words" not in os.read(kept[0].fileno(), 2_000_000)
    spool.close()
    assert kept[0].closed


def test_a_small_upload_needs_no_file(monkeypatch):
    monkeypatch.delattr(sealed.tempfile, "TemporaryFile")
    spool = Spool()
    spool.write(b"small")
    spool.seek(0)
    assert spool.read() == b"small"
