"""Pictures: decoded and made anew, upright, without anything beside the pixels."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any, BinaryIO

from PIL import Image, ImageOps, features

from app.intake.formats.found import Finding, RefusedError, in_xmp, once, said

MAX_PIXELS = 80_000_000
MAX_FRAMES = 600
MAX_ALL_FRAMES = 160_000_000  # pixels of all frames together
SHOWN = 2_048
READS = {
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/gif": "GIF",
    "image/webp": "WEBP",
    "image/bmp": "BMP",
    "image/x-ms-bmp": "BMP",
}
_EXIF = (
    ("device", 0x010F), ("device", 0x0110), ("software", 0x0131), ("author", 0x013B),
    ("time", 0x0132), ("author", 0x8298), ("author", 0x9C9D), ("other", 0x010E), ("other", 0x9C9C),
)  # fmt: skip
_INNER = (
    ("time", 0x9003), ("device", 0xA434), ("device", 0xA431), ("author", 0xA430),
)  # fmt: skip
_THUMBNAIL, _MAKER_NOTE, _ORIENTATION = 0x0201, 0x927C, 0x0112
_TEXTS = {"author": "author", "artist": "author", "software": "software", "creation time": "time"}
Image.MAX_IMAGE_PIXELS = None  # our own limit answers with a sentence


def _open(file: BinaryIO, kind: str) -> Image.Image:
    file.seek(0)
    picture = Image.open(file, formats=[READS[kind]])
    if picture.width * picture.height > MAX_PIXELS:
        raise RefusedError("unpacks")
    return picture


def _frames(picture: Image.Image) -> int:
    """How many frames; found by going through them, never more than the limit."""
    if not getattr(picture, "is_animated", False):
        return 1
    count = 1
    try:
        while count <= MAX_FRAMES:
            picture.seek(count)
            count += 1
    except EOFError:
        pass
    picture.seek(0)
    if count > MAX_FRAMES or count * picture.width * picture.height > MAX_ALL_FRAMES:
        raise RefusedError("unpacks")
    return count


def look(file: BinaryIO, kind: str) -> list[Finding]:
    """What is hidden in the picture; decoding all of it shows that it is one."""
    with _open(file, kind) as picture:
        found = _in_exif(picture)
        _frames(picture)
        picture.load()
        found += _in_info(picture.info)
        for name, text in dict(getattr(picture, "text", {}) or {}).items():
            if name.lower().startswith("xml:com.adobe.xmp"):
                found += in_xmp(str(text).encode())
            else:
                found += said(_TEXTS.get(name.lower(), "other"), text)
    return once(found)


def _in_info(info: dict[Any, Any]) -> list[Finding]:
    found = said("other", info.get("comment"))
    for name in ("xmp", "XML:com.adobe.xmp"):
        packet = info.get(name)
        if packet:
            found += in_xmp(packet if isinstance(packet, bytes) else str(packet).encode())
    return found


def _in_exif(picture: Image.Image) -> list[Finding]:
    try:
        exif = picture.getexif()
        place = exif.get_ifd(0x8825)
        inner = exif.get_ifd(0x8769)
        small = exif.get_ifd(1)
    except (SyntaxError, ValueError, TypeError, OSError, struct.error):
        return said("other", "EXIF")
    found = [("location", _where(place))] if place else []
    found += [f for key, tag in _EXIF for f in said(key, _text(exif.get(tag)))]
    found += [f for key, tag in _INNER for f in said(key, _text(inner.get(tag)))]
    if _THUMBNAIL in small:
        found.append(("thumbnail", ""))
    if _MAKER_NOTE in inner:
        found += said("other", "MakerNote")
    return found or (said("other", "EXIF") if set(exif) - {_ORIENTATION} else [])


def _text(value: Any) -> Any:
    if isinstance(value, bytes) and b"\0" in value[:2]:
        return value.decode("utf-16-le", "replace").strip("\0")
    return value.strip("\0") if isinstance(value, str) else value


def _where(place: dict[int, Any]) -> str:
    try:
        parts = []
        for name, ref in ((2, 1), (4, 3)):
            degrees, minutes, seconds = (float(v) for v in place[name])
            sign = -1 if str(place.get(ref, ""))[:1] in {"S", "W"} else 1
            parts.append(f"{sign * (degrees + minutes / 60 + seconds / 3600):.5f}")
        return ", ".join(parts)
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return ""


def _bare(picture: Image.Image) -> Image.Image:
    """Only the pixels, upright."""
    upright = ImageOps.exif_transpose(picture)
    alpha = upright.mode in {"RGBA", "LA", "PA"} or "transparency" in upright.info
    mode = "RGBA" if alpha else "L" if upright.mode in {"1", "L"} else "RGB"
    plain = upright.convert(mode)
    return Image.frombytes(mode, plain.size, plain.tobytes())


def clean(file: BinaryIO, out: BinaryIO, kind: str) -> str:
    """The picture made anew; answers its type."""
    with _open(file, kind) as picture:
        if _frames(picture) > 1:
            return _moving(picture, out, kind)
        bare = _bare(picture)
    if kind == "image/jpeg":
        bare.convert("RGB" if bare.mode == "RGBA" else bare.mode).save(out, "JPEG", quality=92)
        return kind
    if kind == "image/webp" and features.check("webp"):
        bare.save(out, "WEBP", quality=92)
        return kind
    bare.save(out, "PNG")
    return "image/png"


def _moving(picture: Image.Image, out: BinaryIO, kind: str) -> str:
    pace: list[int] = []

    def frames() -> Iterator[Image.Image]:
        for n in range(1, count):
            picture.seek(n)
            yield _bare(picture)

    count = _frames(picture)
    for n in range(count):
        picture.seek(n)
        pace.append(int(picture.info.get("duration") or 100))
    loop = int(picture.info.get("loop", 0))
    picture.seek(0)
    first = _bare(picture)
    name = READS[kind]
    first.save(out, name, save_all=True, append_images=frames(), duration=pace, loop=loop)
    return kind


def render(file: BinaryIO, out: BinaryIO, kind: str) -> str:
    """A PNG of at most 2048 pixels a side."""
    with _open(file, kind) as picture:
        small = ImageOps.exif_transpose(picture).convert("RGB")
    small.thumbnail((SHOWN, SHOWN))
    Image.frombytes("RGB", small.size, small.tobytes()).save(out, "PNG")
    return "image/png"


def jpeg_bare(data: bytes) -> bytes:
    """A JPEG inside another file without its metadata segments; the picture is not touched."""
    if data[:2] != b"\xff\xd8":
        raise RefusedError("unreadable")
    kept, at = [data[:2]], 2
    while at + 4 <= len(data) and data[at] == 0xFF:  # noqa: PLR2004 - a marker
        marker = data[at + 1]
        if marker == 0xDA:  # noqa: PLR2004 - the picture begins; what follows its end is left out
            end = data.rfind(b"\xff\xd9")
            return b"".join([*kept, data[at : end + 2 if end > at else len(data)]])
        size = 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        # APP0 (JFIF) and APP14 (Adobe) say how to read the colours; the other APPs and COM go.
        if marker in {0xE0, 0xEE} or not (0xE0 <= marker <= 0xEF or marker == 0xFE):  # noqa: PLR2004
            kept.append(data[at : at + size])
        at += size
    raise RefusedError("unreadable")


_PNG_KEPT = frozenset(
    {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"pHYs", b"bKGD"}
)


def png_bare(data: bytes) -> bytes:
    """The same for a PNG."""
    if data[:8] != b"\x89PNG\r\n\x1a\n":
        raise RefusedError("unreadable")
    kept, at = [data[:8]], 8
    while at + 8 <= len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        if data[at + 4 : at + 8] in _PNG_KEPT:
            kept.append(data[at:end])
        if data[at + 4 : at + 8] == b"IEND":
            return b"".join(kept)
        at = end
    raise RefusedError("unreadable")
