"""Real files with something hidden in each; ``CANARY`` must not be found in any clean copy."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping

import pikepdf
from PIL import Image, PngImagePlugin

from app.demo import webm

CANARY = "CanaryZhaoSan"
WORDS = "visible words stay"
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
SCRIPT = b"<script>alert(1)</script>"


def _saved(picture: Image.Image, kind: str, **how: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **how)
    return out.getvalue()


def drawing(size: tuple[int, int] = (120, 80)) -> Image.Image:
    picture = Image.new("RGB", size, "teal")
    picture.paste("white", (0, 0, size[0] // 2, size[1] // 2))
    return picture


def _exif(orientation: int = 6) -> Image.Exif:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "PhoneMaker", f"{CANARY}-Phone"
    exif[0x0131], exif[0x013B] = f"{CANARY}-Software", CANARY
    exif[0x0132] = "2026:11:01 08:30:00"
    exif[0x0112] = orientation
    place = exif.get_ifd(0x8825)
    place[1], place[2] = "N", (31.0, 13.0, 49.44)
    place[3], place[4] = "E", (121.0, 28.0, 25.32)
    return exif


XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description xmp:CreatorTool="'
    + CANARY.encode()
    + b'-Tool"/></rdf:RDF></x:xmpmeta>'
)


def jpeg() -> bytes:
    """A photo lying on its side, with a place, a device, an author, XMP and a comment."""
    return _saved(drawing(), "JPEG", exif=_exif(), comment=CANARY.encode(), xmp=XMP)


def png() -> bytes:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Author", CANARY)
    texts.add_itxt("Software", f"{CANARY}-Paint")
    return _saved(drawing(), "PNG", pnginfo=texts, exif=_exif(1))


def webp() -> bytes:
    return _saved(drawing(), "WEBP", exif=_exif(), xmp=XMP)


def gif() -> bytes:
    frames = [drawing(), Image.new("RGB", (120, 80), "red")]
    return _saved(
        frames[0], "GIF", save_all=True, append_images=frames[1:], comment=CANARY.encode()
    )


def bmp() -> bytes:
    return _saved(drawing(), "BMP")


def huge_png() -> bytes:
    """Fifty thousand by fifty thousand pixels in a few hundred bytes."""
    data = bytearray(_saved(Image.new("1", (8, 8)), "PNG"))
    head = b"IHDR" + struct.pack(">IIBBBBB", 50_000, 50_000, 1, 0, 0, 0, 0)
    import zlib

    data[12:33] = head + struct.pack(">I", zlib.crc32(head))
    return bytes(data)


def pdf(**protect: object) -> bytes:
    """A page with a picture from a phone, a note, an attached file, properties and XMP."""
    book = pikepdf.new()
    book.add_blank_page(page_size=(300, 300))
    page = book.pages[0]
    photo = book.make_stream(
        jpeg(), Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, Width=120, Height=80,
        ColorSpace=pikepdf.Name.DeviceRGB, BitsPerComponent=8, Filter=pikepdf.Name.DCTDecode,
    )  # fmt: skip
    page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im0=photo))
    page.Contents = book.make_stream(f"q /Im0 Do Q % {WORDS}".encode())
    note = pikepdf.Dictionary(
        Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Text, Rect=[10, 10, 30, 30],
        T=CANARY, Contents=WORDS, M="D:20261101083000",
    )  # fmt: skip
    page.Annots = book.make_indirect([book.make_indirect(note)])
    with book.open_metadata() as meta:
        meta["dc:creator"] = [CANARY]
    book.docinfo["/Author"] = CANARY
    book.docinfo["/Producer"] = f"{CANARY}-Writer"
    book.docinfo["/CreationDate"] = "D:20261101083000"
    book.attachments["list.txt"] = CANARY.encode()
    out = io.BytesIO()
    book.save(out, compress_streams=False, **protect)
    return out.getvalue()


def pdf_with_password() -> bytes:
    return pdf(encryption=pikepdf.Encryption(owner="owner", user="user"))


def pdf_with_script() -> bytes:
    book = pikepdf.open(io.BytesIO(pdf()))
    book.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_R = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_CORE = (
    f'{_HEAD}<cp:coreProperties xmlns:cp="urn:cp" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    f'xmlns:dcterms="urn:t"><dc:creator>{CANARY}</dc:creator><cp:lastModifiedBy>{CANARY}2'
    "</cp:lastModifiedBy><dcterms:created>2026-11-01T08:30:00Z</dcterms:created>"
    "</cp:coreProperties>"
)
_APP = (
    f"{_HEAD}<Properties><Application>Writer</Application><Company>{CANARY} School</Company>"
    "</Properties>"
)


def zipped(parts: Mapping[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as box:
        for name, part in parts.items():
            box.writestr(name, part)
    return out.getvalue()


def _types(*parts: str) -> str:
    listed = "".join(f'<Override PartName="/{p}" ContentType="application/xml"/>' for p in parts)
    return f'{_HEAD}<Types xmlns="urn:types">{listed}</Types>'


def _rels(*targets: tuple[str, str, str]) -> str:
    listed = "".join(
        f'<Relationship Id="r{n}" Type="{_REL}/{kind}" Target="{target}"{mode}/>'
        for n, (kind, target, mode) in enumerate(targets)
    )
    return f'{_HEAD}<Relationships xmlns="urn:rels">{listed}</Relationships>'


def docx(**more: str | bytes) -> bytes:
    """Tracked changes, a comment, properties, a phone's photo, a template on somebody's disk."""
    body = (
        f'{_HEAD}<w:document {_W} {_R}><w:body><w:p w:rsidR="00AA"><w:r><w:t>{WORDS}</w:t></w:r>'
        f'<w:ins w:id="1" w:author="{CANARY}" w:date="2026-11-01T08:30:00Z"><w:r><w:t>added words'
        f'</w:t></w:r></w:ins><w:del w:id="2" w:author="{CANARY}"><w:r><w:delText>deleted {CANARY}'
        '</w:delText></w:r></w:del><w:commentRangeStart w:id="0"/><w:r><w:commentReference w:id="0"'
        "/></w:r></w:p></w:body></w:document>"
    )
    comments = (
        f'{_HEAD}<w:comments {_W}><w:comment w:id="0" w:author="{CANARY}" w:initials="CZ"><w:p>'
        f"<w:r><w:t>remark of {CANARY}</w:t></w:r></w:p></w:comment></w:comments>"
    )
    external = ' TargetMode="External"'
    return zipped(
        {
            "[Content_Types].xml": _types("word/document.xml", "word/comments.xml",
                                          "docProps/core.xml", "docProps/app.xml"),
            "_rels/.rels": _rels(("officeDocument", "word/document.xml", ""),
                                 ("core-properties", "docProps/core.xml", ""),
                                 ("extended-properties", "docProps/app.xml", "")),
            "word/document.xml": body,
            "word/comments.xml": comments,
            "word/_rels/document.xml.rels": _rels(
                ("comments", "comments.xml", ""),
                ("image", "media/image1.jpeg", ""),
                ("image", f"http://fetch.example/{CANARY}.png", external),
                ("hyperlink", "https://school.example/page", external),
            ),
            "word/_rels/settings.xml.rels": _rels(
                ("attachedTemplate", f"file:///C:/Users/{CANARY}/Normal.dotm", external)
            ),
            "word/settings.xml": f'{_HEAD}<w:settings {_W}><w:rsids><w:rsid w:val="00AA"/></w:rsids>'
                                 "</w:settings>",
            "word/media/image1.jpeg": jpeg(),
            "word/embeddings/oleObject1.bin": CANARY.encode(),
            "word/media/icon.svg": f"<svg><title>{CANARY}</title></svg>",
            "docProps/core.xml": _CORE,
            "docProps/app.xml": _APP,
            "docProps/thumbnail.jpeg": jpeg(),
            **more,
        }
    )  # fmt: skip


def xlsx() -> bytes:
    sheet = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return zipped(
        {
            "[Content_Types].xml": _types("xl/workbook.xml", "xl/comments1.xml",
                                          "docProps/core.xml"),
            "_rels/.rels": _rels(("officeDocument", "xl/workbook.xml", ""),
                                 ("core-properties", "docProps/core.xml", "")),
            "xl/workbook.xml": f'{_HEAD}<workbook xmlns="{sheet}"><fileSharing userName="{CANARY}"/>'
                               f'<x15ac:absPath xmlns:x15ac="urn:x" url="C:\\Users\\{CANARY}\\"/>'
                               "</workbook>",
            "xl/sharedStrings.xml": f'{_HEAD}<sst xmlns="{sheet}"><si><t>{WORDS}</t></si></sst>',
            "xl/comments1.xml": f'{_HEAD}<comments xmlns="{sheet}"><authors><author>{CANARY}</author>'
                                '</authors><commentList><comment ref="A1" authorId="0"><text><t>'
                                f"{CANARY}</t></text></comment></commentList></comments>",
            "xl/worksheets/_rels/sheet1.xml.rels": _rels(("comments", "../comments1.xml", "")),
            "xl/worksheets/sheet1.xml": f'{_HEAD}<worksheet xmlns="{sheet}"/>',
            "docProps/core.xml": _CORE,
        }
    )  # fmt: skip


def pptx() -> bytes:
    draw = 'xmlns:a="urn:a" xmlns:p="urn:p"'
    return zipped(
        {
            "[Content_Types].xml": _types("ppt/presentation.xml", "ppt/commentAuthors.xml"),
            "_rels/.rels": _rels(("officeDocument", "ppt/presentation.xml", "")),
            "ppt/presentation.xml": f"{_HEAD}<p:presentation {draw}/>",
            "ppt/_rels/presentation.xml.rels": _rels(("commentAuthors", "commentAuthors.xml", "")),
            "ppt/commentAuthors.xml": f'{_HEAD}<p:cmAuthorLst {draw}><p:cmAuthor name="{CANARY}"/>'
                                      "</p:cmAuthorLst>",
            "ppt/comments/comment1.xml": f"{_HEAD}<p:cmLst {draw}><p:cm><p:text>{CANARY}</p:text>"
                                         "</p:cm></p:cmLst>",
            "ppt/slides/slide1.xml": f'{_HEAD}<p:sld {draw}><p:cNvPr descr="C:\\{CANARY}.png"/>'
                                     f"<a:p><a:r><a:t>{WORDS}</a:t></a:r></a:p></p:sld>",
        }
    )  # fmt: skip


def zip_bomb_docx() -> bytes:
    return docx(**{"word/big.xml": b" " * (60 * 1024 * 1024)})


def docx_of_many_parts() -> bytes:
    return docx(**{f"word/media/p{n}.emf": b"" for n in range(5_100)})


def encrypted_docx() -> bytes:
    """A zip whose members say that they need a password."""
    data = bytearray(docx())
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(mark)
        while at >= 0:
            data[at + flags] |= 1
            at = data.find(mark, at + 4)
    return bytes(data)


def ole_docx() -> bytes:
    """How Word writes a document with a password: the old container."""
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHH", 0x3E, 3, 0xFFFE)
    sector = struct.pack("<HH", 9, 6) + bytes(6) + struct.pack("<IIIII", 0, 1, 1, 0, 4096)
    body = head + sector + struct.pack("<II", 0xFFFFFFFE, 0) + struct.pack("<II", 0xFFFFFFFE, 0)
    return body.ljust(512, b"\xff") + bytes(1024)


def _box(name: bytes, *inner: bytes) -> bytes:
    body = b"".join(inner)
    return struct.pack(">I", 8 + len(body)) + name + body


def _track(handler: bytes, offset: int, sample: bytes) -> bytes:
    table = _box(
        b"stbl",
        _box(b"stsd", struct.pack(">II", 0, 0)),
        _box(b"stsc", struct.pack(">IIIII", 0, 1, 1, 1, 1)),
        _box(b"stsz", struct.pack(">III", 0, len(sample), 1)),
        _box(b"stco", struct.pack(">III", 0, 1, offset)),
    )
    return _box(
        b"trak",
        _box(b"tkhd", struct.pack(">IIIII", 0, 3_845_000_000, 3_845_000_000, 1, 0)),
        _box(
            b"mdia",
            _box(b"mdhd", struct.pack(">IIIII", 0, 3_845_000_000, 3_845_000_000, 600, 600)),
            _box(b"hdlr", bytes(8) + handler + bytes(12) + CANARY.encode() + b"\0"),
            _box(b"minf", table),
        ),
    )


def mp4(brand: bytes = b"isom") -> bytes:
    """A film with one picture sample, a sensor's track, a place, a device and a time."""
    seen, sensed = b"PICTURE-SAMPLE" * 40, (CANARY + "-sensor").encode() * 8
    ftyp = _box(b"ftyp", brand, struct.pack(">I", 512), brand)
    mdat = _box(b"mdat", seen, sensed)
    start = len(ftyp) + 8
    udta = _box(
        b"udta",
        _box(b"\xa9xyz", struct.pack(">HH", 18, 5575), b"+31.2304+121.4737/"),
        _box(b"\xa9mod", struct.pack(">HH", len(CANARY), 5575), CANARY.encode()),
    )
    moov = _box(
        b"moov",
        _box(b"mvhd", struct.pack(">IIIII", 0, 3_845_000_000, 3_845_000_000, 600, 600)),
        _track(b"vide", start, seen),
        _track(b"meta", start + len(seen), sensed),
        udta,
    )
    return ftyp + mdat + moov + _box(b"uuid", bytes(16), XMP)


def mov() -> bytes:
    return mp4(b"qt  ")


def film() -> bytes:
    """A real WebM with tags, a title and a date put into it."""
    frames = [webm.Frame(webm.key_frame(drawing((160, 96))), 400) for _ in range(3)]
    plain = b"".join(webm.film([frames], 160, 96))
    tag = webm._element(0x45A3, b"ARTIST") + webm._element(0x4487, CANARY.encode())
    tags = webm._element(0x1254C367, webm._element(0x7373, webm._element(0x67C8, tag)))
    info = plain.index(webm._element(webm.INFO, b"")[:4])
    size = int.from_bytes(plain[info + 4 : info + 12], "big") & ((1 << 56) - 1)
    more = webm._element(0x7BA9, CANARY.encode()) + webm._element(0x4461, bytes(7) + b"\x01")
    body = plain[info + 12 : info + 12 + size] + more
    inside = webm._element(webm.INFO, body) + plain[info + 12 + size :] + tags
    return plain[: info - 12] + webm._element(webm.SEGMENT, inside)


def mp3() -> bytes:
    def frame(name: bytes, text: bytes) -> bytes:
        return name + struct.pack(">IH", len(text) + 1, 0) + b"\x03" + text

    tag = frame(b"TPE1", CANARY.encode()) + frame(b"TSSE", b"Recorder") + frame(b"COMM", b"engx")
    size = len(tag)
    safe = bytes([(size >> 21) & 127, (size >> 14) & 127, (size >> 7) & 127, size & 127])
    sound = (b"\xff\xfb\x90\x64" + bytes(413)) * 30
    old = b"TAG" + CANARY.encode().ljust(30, b"\0") + bytes(95)
    return b"ID3\x03\0\0" + safe + tag + sound + old


def wav() -> bytes:
    sound = b"\x01\x02" * 800
    info = b"INFO" + b"IART" + struct.pack("<I", 14) + CANARY.encode() + b"\0"
    chunks = (
        b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 16000, 2, 16)
        + b"LIST" + struct.pack("<I", len(info)) + info + b"\0" * (len(info) % 2)
        + b"data" + struct.pack("<I", len(sound)) + sound
    )  # fmt: skip
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def jpeg_and_zip() -> bytes:
    """A picture that is a zip as well."""
    return jpeg() + zipped({"run.txt": "x"})


def png_and_page() -> bytes:
    """A picture with a page behind its end."""
    return png() + SCRIPT
