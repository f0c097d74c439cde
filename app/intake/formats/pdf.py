"""PDF through qpdf: who, when and with what go; scripts, actions and attached files as well."""

from __future__ import annotations

from typing import Any, BinaryIO

import pikepdf

from app.intake.formats.found import Finding, RefusedError, in_xmp, once, said
from app.intake.formats.picture import jpeg_bare

_DEEP = 40
_PAGES = 3_000
_RUNS = frozenset({"/JavaScript", "/Launch", "/ImportData", "/SubmitForm", "/RichMediaExecute"})
_INFO = (
    ("author", "/Author"), ("software", "/Creator"), ("software", "/Producer"),
    ("time", "/CreationDate"), ("time", "/ModDate"), ("other", "/Title"), ("other", "/Subject"),
    ("other", "/Keywords"), ("author", "/Company"),
)  # fmt: skip
# Of every dictionary: what may say who, when or with what, or what runs.
_GONE = (
    "/Metadata", "/PieceInfo", "/LastModified", "/Thumb", "/AA", "/JS", "/OpenAction", "/AF",
    "/Collection", "/EmbeddedFiles", "/JavaScript", "/EF", "/RichMediaContent", "/Perms",
)  # fmt: skip
_OF_NOTES = ("/T", "/M", "/CreationDate", "/NM", "/RC")


def _open(file: BinaryIO) -> Any:
    file.seek(0)
    try:
        return pikepdf.open(file)
    except pikepdf.PasswordError as error:
        raise RefusedError("password") from error


def _kind(action: Any) -> str:
    return str(action.get("/S", "")) if isinstance(action, pikepdf.Dictionary) else ""


def look(file: BinaryIO, _type: str) -> list[Finding]:
    """What is hidden in the document.

    Raises:
        RefusedError: a password is needed, or it runs something by itself.
    """
    with _open(file) as book:
        root = book.Root
        names = root.get("/Names", {})
        if "/JavaScript" in names or "/AA" in root or _kind(root.get("/OpenAction")) in _RUNS:
            raise RefusedError("active")
        found = [f for key, name in _INFO for f in said(key, book.docinfo.get(name))]
        if "/Metadata" in root:
            found += in_xmp(_packet(root.Metadata))
        notes = 0
        for n, page in enumerate(book.pages):
            if n >= _PAGES:
                break
            for note in page.get("/Annots", []):
                if not isinstance(note, pikepdf.Dictionary):
                    continue
                if _kind(note.get("/A")) in _RUNS or "/AA" in note:
                    raise RefusedError("active")
                notes += "/T" in note
                found += said("author", note.get("/T"))
        found += said("comments", notes or "")
        if "/EmbeddedFiles" in names:
            found.append(("attached", ""))
    return once(found)


def _packet(stream: Any) -> bytes:
    try:
        return bytes(stream.read_bytes())
    except MemoryError as error:
        raise RefusedError("unpacks") from error
    except pikepdf.PdfError:
        return b""


def clean(file: BinaryIO, out: BinaryIO, kind: str) -> str:
    """The same pages without all of that; what nothing refers to any more is left out."""
    with _open(file) as book:
        for name in ("/Info", "/ID"):
            if name in book.trailer:
                del book.trailer[name]
        for thing in book.objects:
            _strip(thing, 0)
        book.save(out, deterministic_id=True, encryption=False)
    return kind


def _strip(thing: Any, depth: int) -> None:
    """Of one object and what stands directly in it; the others have their own turn."""
    if depth > _DEEP:
        raise RefusedError("unpacks")
    inside: list[Any] = []
    if isinstance(thing, pikepdf.Array):
        inside = list(thing)
    elif isinstance(thing, pikepdf.Dictionary | pikepdf.Stream):
        _bare(thing)
        inside = [thing[name] for name in thing.keys()]  # noqa: SIM118 - not a dict
    for inner in inside:
        if isinstance(inner, pikepdf.Object) and not inner.is_indirect:
            _strip(inner, depth + 1)


def _bare(thing: Any) -> None:
    note = "/Rect" in thing and "/Subtype" in thing  # something on a page
    for name in (*_GONE, *(_OF_NOTES if note else ())):
        if name in thing:
            del thing[name]
    if _kind(thing.get("/A")) in _RUNS:
        del thing["/A"]
    if isinstance(thing, pikepdf.Stream):
        _strip_picture(thing)


def _strip_picture(stream: Any) -> None:
    if stream.get("/Filter") != pikepdf.Name.DCTDecode:
        return
    raw = bytes(stream.read_raw_bytes())
    bare = jpeg_bare(raw)
    if bare != raw:
        parms = stream.get("/DecodeParms")
        stream.write(bare, filter=pikepdf.Name.DCTDecode, decode_parms=parms)
