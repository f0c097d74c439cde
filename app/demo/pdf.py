"""Small real PDF files: a cover picture and pages of Chinese text that can be searched and copied.

The text uses the standard STSong-Light face with the predefined UniGB-UCS2-H map, which every
reader supplies, so a paper of four pages is a few kilobytes and nothing has to be embedded.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image

PAGE = (595, 842)
_FONT_SIZES = (18, 12)


class _Writer:
    def __init__(self) -> None:
        self.objects: list[bytes] = []

    def add(self, body: bytes) -> int:
        self.objects.append(body)
        return len(self.objects)

    def stream(self, head: str, data: bytes) -> int:
        return self.add(
            f"<<{head} /Length {len(data)}>>\nstream\n".encode() + data + b"\nendstream"
        )

    def finish(self, root: int, info: int) -> bytes:
        out = bytearray(b"%PDF-1.5\n%\xe5\x87\xba\xe5\xba\x93\n")
        offsets = []
        for n, body in enumerate(self.objects, start=1):
            offsets.append(len(out))
            out += f"{n} 0 obj\n".encode() + body + b"\nendobj\n"
        start = len(out)
        out += f"xref\n0 {len(offsets) + 1}\n0000000000 65535 f \n".encode()
        out += b"".join(f"{at:010d} 00000 n \n".encode() for at in offsets)
        out += (
            f"trailer\n<</Size {len(offsets) + 1} /Root {root} 0 R /Info {info} 0 R>>\n"
            f"startxref\n{start}\n%%EOF\n"
        ).encode()
        return bytes(out)


def _hex(text: str) -> str:
    return text.encode("utf-16-be").hex()


def _wrap(line: str, width: int) -> list[str]:
    return [line[i : i + width] for i in range(0, len(line), width)] or [""]


def _text(lines: Sequence[str], footer: str) -> bytes:
    title, *rest = lines
    ops = ["BT", f"/F1 {_FONT_SIZES[0]} Tf", "56 760 Td", f"<{_hex(title)}> Tj"]
    ops += [f"/F1 {_FONT_SIZES[1]} Tf", "0 -14 Td"]
    for line in rest:
        ops.append("0 -12 Td")
        for piece in _wrap(line, 38):
            ops += ["0 -20 Td", f"<{_hex(piece)}> Tj"]
    ops += ["ET", "BT", "/F1 9 Tf", "56 40 Td", f"<{_hex(footer)}> Tj", "ET"]
    return "\n".join(ops).encode()


def paper(
    title: str,
    chapters: Sequence[Sequence[str]],
    footer: str,
    cover: Image.Image | None = None,
) -> bytes:
    """A PDF with an optional cover picture and one page a chapter."""
    pdf = _Writer()
    cid = pdf.add(
        b"<</Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /DW 1000"
        b" /CIDSystemInfo <</Registry (Adobe) /Ordering (GB1) /Supplement 4>>"
        b" /FontDescriptor 2 0 R>>"
    )
    pdf.add(
        b"<</Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [-25 -254 1000 880]"
        b" /ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93>>"
    )
    font = pdf.add(
        f"<</Type /Font /Subtype /Type0 /BaseFont /STSong-Light-UniGB-UCS2-H"
        f" /Encoding /UniGB-UCS2-H /DescendantFonts [{cid} 0 R]>>".encode()
    )
    contents: list[tuple[int, str]] = []
    if cover is not None:
        box = io.BytesIO()
        cover.convert("RGB").save(box, "JPEG", quality=72)
        picture = pdf.stream(
            f"/Type /XObject /Subtype /Image /Width {cover.width} /Height {cover.height}"
            " /ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /DCTDecode",
            box.getvalue(),
        )
        height = PAGE[0] * cover.height // cover.width
        ops = f"q {PAGE[0]} 0 0 {height} 0 {PAGE[1] - height - 120} cm /Im Do Q".encode()
        contents.append((pdf.stream("", ops), f" /XObject <</Im {picture} 0 R>>"))
    for n, lines in enumerate(chapters, start=1):
        contents.append((pdf.stream("", _text(lines, f"{footer}    {n}")), ""))
    first = len(pdf.objects) + 1
    tree = first + len(contents)
    for content, extra in contents:
        pdf.add(
            f"<</Type /Page /Parent {tree} 0 R /MediaBox [0 0 {PAGE[0]} {PAGE[1]}]"
            f" /Resources <</Font <</F1 {font} 0 R>>{extra}>> /Contents {content} 0 R>>".encode()
        )
    kids = " ".join(f"{first + i} 0 R" for i in range(len(contents)))
    pdf.add(f"<</Type /Pages /Kids [{kids}] /Count {len(contents)}>>".encode())
    root = pdf.add(f"<</Type /Catalog /Pages {tree} 0 R /Lang (zh-CN)>>".encode())
    info = pdf.add(f"<</Title <feff{_hex(title)}> /Producer (chuku demo)>>".encode())
    return pdf.finish(root, info)
