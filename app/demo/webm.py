"""Real, playable films without an encoder: every frame is a VP8 key frame made by Pillow.

A lossy WebP picture *is* one VP8 key frame in a RIFF box; a WebM file is a row of such frames with
times. So a few pictures become a film that browsers play and seek, in a page of standard library.
Element numbers are those of the Matroska specification (RFC 9559).
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from PIL import Image

EBML, SEGMENT, INFO, TRACKS, CUES, CLUSTER = (
    0x1A45DFA3,
    0x18538067,
    0x1549A966,
    0x1654AE6B,
    0x1C53BB6B,
    0x1F43B675,
)


@dataclass(frozen=True, slots=True)
class Frame:
    """One encoded key frame and how long it is shown."""

    data: bytes
    ms: int


def key_frame(image: Image.Image, *, quality: int = 70) -> bytes:
    """The picture as one VP8 key frame."""
    box = io.BytesIO()
    image.save(box, "WEBP", quality=quality, method=0)
    riff = box.getvalue()
    at = 12
    while riff[at : at + 4] != b"VP8 ":  # an extended file has a VP8X box before the picture
        at += 8 + struct.unpack_from("<I", riff, at + 4)[0] + 1 & ~1
    size = struct.unpack_from("<I", riff, at + 4)[0]
    return riff[at + 8 : at + 8 + size]


def _element(number: int, body: bytes) -> bytes:
    size = len(body)
    return (
        number.to_bytes((number.bit_length() + 7) // 8)
        + (size | 1 << 56).to_bytes(8)  # always eight bytes: positions are known before writing
        + body
    )


def _uint(number: int, value: int, width: int = 4) -> bytes:
    return _element(number, value.to_bytes(width))


def _head(width: int, height: int, duration_ms: int) -> tuple[bytes, bytes]:
    ebml = _element(
        EBML,
        _uint(0x4286, 1)
        + _uint(0x42F7, 1)
        + _uint(0x42F2, 4)
        + _uint(0x42F3, 8)
        + _element(0x4282, b"webm")
        + _uint(0x4287, 4)
        + _uint(0x4285, 2),
    )
    info = _element(
        INFO,
        _uint(0x2AD7B1, 1_000_000)
        + _element(0x4489, struct.pack(">d", float(duration_ms)))
        + _element(0x4D80, b"chuku demo")
        + _element(0x5741, b"chuku demo"),
    )
    video = _element(0xE0, _uint(0xB0, width, 2) + _uint(0xBA, height, 2))
    track = _element(
        0xAE,
        _uint(0xD7, 1)
        + _uint(0x73C5, 1)
        + _uint(0x9C, 0, 1)
        + _element(0x86, b"V_VP8")
        + _uint(0x83, 1, 1)
        + video,
    )
    return ebml, info + _element(TRACKS, track)


def _cluster(start_ms: int, frames: Sequence[Frame]) -> bytes:
    body = [_uint(0xE7, start_ms, 8)]
    at = 0
    for frame in frames:
        body.append(_element(0xA3, b"\x81" + struct.pack(">h", at) + b"\x80" + frame.data))
        at += frame.ms
    return _element(CLUSTER, b"".join(body))


def _cluster_size(frames: Sequence[Frame]) -> int:
    return len(_cluster(0, ())) + sum(9 + 4 + len(frame.data) for frame in frames)


def _cue(start_ms: int, position: int) -> bytes:
    where = _element(0xB7, _uint(0xF7, 1) + _uint(0xF1, position, 8))
    return _element(0xBB, _uint(0xB3, start_ms, 8) + where)


def film(groups: Sequence[Sequence[Frame]], width: int, height: int) -> Iterator[bytes]:
    """The bytes of a WebM film, one cluster a group (each under half a minute), ready to write."""
    starts, total = [], 0
    for group in groups:
        starts.append(total)
        total += sum(frame.ms for frame in group)
    ebml, head = _head(width, height, total)
    cues_size = len(_element(CUES, b"".join(_cue(0, 0) for _ in groups)))
    positions, at = [], len(head) + cues_size
    for group in groups:
        positions.append(at)
        at += _cluster_size(group)
    cues = _element(CUES, b"".join(_cue(s, p) for s, p in zip(starts, positions, strict=True)))
    yield ebml + SEGMENT.to_bytes(4) + (at | 1 << 56).to_bytes(8) + head + cues
    for group, start in zip(groups, starts, strict=True):
        yield _cluster(start, group)
