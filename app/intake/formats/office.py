"""Word, Excel and PowerPoint files: a zip of XML, written anew within limits.

The copy has no properties, comments or personal marks; tracked changes are taken as accepted, so
that no deleted words remain; links that would be fetched by themselves lead nowhere.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from typing import Any, BinaryIO

from lxml import etree  # type: ignore[import-untyped]

from app.intake.formats.found import OFFICE, Finding, RefusedError, length, once, said
from app.intake.formats.picture import jpeg_bare, png_bare
from app.intake.formats.picture import look as look_at_picture
from app.intake.formats.text import SHOWN

MAX_UNPACKED = 400 * 1024 * 1024
MAX_RATIO = 200
MAX_MEMBERS = 5_000
MAX_XML = 48 * 1024 * 1024
_TAIL = 22 + 65_535
_PICTURES = 30  # looked into

_HOME = {OFFICE["docx"]: "word/", OFFICE["xlsx"]: "xl/", OFFICE["pptx"]: "ppt/"}
_ACTIVE = re.compile(
    r"vbaproject|vbadata|activex/|macrosheets/|\.(exe|dll|js|vbs|html?|jar|lnk|hta)$",
    re.IGNORECASE,
)
_DROPPED = re.compile(
    r"^(docProps/|customXml/|_xmlsignatures/)|/(comments[^/]*|people|commentAuthors|authors)\.xml$"
    r"|/(comments|threadedComments|persons|revisions|printerSettings|customXml)/",
    re.IGNORECASE,
)
_EMBEDDED = re.compile(
    r"/(embeddings|media)/[^/]+\.(bin|ole|tiff?|heic|jxr|wdp|svg)$", re.IGNORECASE
)
_REMOVED = frozenset(
    {"del", "moveFrom", "commentRangeStart", "commentRangeEnd", "commentReference", "rPrChange",
     "pPrChange", "sectPrChange", "tblPrChange", "tcPrChange", "trPrChange", "tblGridChange",
     "tblPrExChange", "numberingChange", "moveFromRangeStart", "moveFromRangeEnd",
     "moveToRangeStart", "moveToRangeEnd", "rsids", "attachedTemplate", "fileSharing", "absPath",
     "annotationRef", "legacyDrawing"}
)  # fmt: skip
_UNWRAPPED = frozenset({"ins", "moveTo"})
_CHANGES = frozenset({"ins", "del", "moveFrom", "moveTo", "rPrChange", "pPrChange"})
_MARKS = frozenset({"author", "date", "initials", "dateUtc", "userName", "userId", "lastEdited"})
_PROPERTIES = {
    "creator": "author", "lastModifiedBy": "author", "Manager": "author", "Company": "author",
    "created": "time", "modified": "time", "lastPrinted": "time", "Application": "software",
    "Template": "path", "HyperlinkBase": "path", "title": "other", "subject": "other",
    "keywords": "other", "description": "other",
}  # fmt: skip
_BLANK = re.compile(r"^(Normal|default)?(\.dotm|\.dotx)?$", re.IGNORECASE)


def _parse(data: bytes) -> Any:
    rules = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    tree = etree.fromstring(data, rules)
    if tree.getroottree().docinfo.doctype:
        raise RefusedError("unreadable")  # no office writes one; entities are an attack
    return tree


def _name(node: Any) -> str:
    return etree.QName(node).localname if isinstance(node.tag, str) else ""


def _open(file: BinaryIO) -> zipfile.ZipFile:
    """The zip, once its own table shows that it stays within the limits.

    Raises:
        RefusedError: it unpacks too far, or needs a password.
    """
    size = length(file)
    file.seek(max(0, size - _TAIL))
    tail = file.read()
    end = tail.rfind(b"PK\x05\x06")
    if end < 0:
        raise RefusedError("unreadable")
    if int.from_bytes(tail[end + 10 : end + 12], "little") > MAX_MEMBERS:
        raise RefusedError("unpacks")  # before a table of a million lines is read
    file.seek(0)
    parts = zipfile.ZipFile(file)
    infos = parts.infolist()
    if (
        len(infos) > MAX_MEMBERS
        or sum(i.file_size for i in infos) > MAX_UNPACKED
        or sum(i.compress_size for i in infos) > size  # parts that lie over each other
        or any(i.file_size > MAX_RATIO * max(i.compress_size, 1_000) for i in infos)
    ):
        raise RefusedError("unpacks")
    if any(i.flag_bits & 1 for i in infos):
        raise RefusedError("password")
    return parts


def _read(parts: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    with parts.open(info) as part:
        data = part.read(info.file_size + 1)
    if len(data) > info.file_size:
        raise RefusedError("unpacks")
    return data


def _is_xml(name: str) -> bool:
    return name.endswith((".xml", ".rels", ".vml"))


def look(file: BinaryIO, kind: str) -> list[Finding]:
    """What is hidden in the document.

    Raises:
        RefusedError: macros, a password, a bomb, or not such a document.
    """
    found: list[Finding] = []
    changes = comments = pictures = 0
    with _open(file) as parts:
        _admit(parts, _HOME[kind])
        for info in parts.infolist():
            name = info.filename
            if name.startswith("docProps/"):
                found += _in_properties(name, parts, info)
            elif "/embeddings/" in name and info.file_size:
                found.append(("attached", ""))
            elif "/media/" in name and pictures < _PICTURES:
                pictures += 1
                found += _in_picture(name, _read(parts, info))
            elif name.endswith(".xml") and name.startswith(_HOME[kind]):
                some, many = _in_part(name, _limited(parts, info), found)
                changes, comments = changes + some, comments + many
    return once(found + said("changes", changes or "") + said("comments", comments or ""))


def _admit(parts: zipfile.ZipFile, home: str) -> None:
    names = parts.namelist()
    if any(_ACTIVE.search(n) for n in names):
        raise RefusedError("active")
    if "[Content_Types].xml" not in names or not any(n.startswith(home) for n in names):
        raise RefusedError("differs")
    if any(n.startswith("/") or ".." in n.split("/") or "\\" in n for n in names):
        raise RefusedError("unreadable")
    if b"macroEnabled" in _read(parts, parts.getinfo("[Content_Types].xml")):
        raise RefusedError("active")


def _limited(parts: zipfile.ZipFile, info: zipfile.ZipInfo) -> Any:
    if info.file_size > MAX_XML:
        raise RefusedError("unpacks")
    return _parse(_read(parts, info))


def _in_properties(name: str, parts: zipfile.ZipFile, info: zipfile.ZipInfo) -> list[Finding]:
    if not name.endswith(".xml"):
        return [("thumbnail", "")]
    found: list[Finding] = []
    for node in _limited(parts, info).iter():
        key = _PROPERTIES.get(_name(node))
        text = (node.text or "").strip()
        if key and not (key == "path" and _BLANK.match(text)):
            found += said(key, text)
        elif _name(node) == "property":
            found += said("other", f"{node.get('name')}: {''.join(node.itertext())}")
    return found


def _in_part(name: str, tree: Any, found: list[Finding]) -> tuple[int, int]:
    changes = comments = 0
    notes = "omment" in name
    for node in tree.iter():
        kind = _name(node)
        if kind == "ddeLink" or (kind == "instrText" and "DDE" in (node.text or "").upper()):
            raise RefusedError("active")  # it would start a program
        changes += kind in _CHANGES
        comments += notes and kind in {"comment", "cm", "threadedComment"}
        if kind == "absPath":
            found += said("path", node.get("url"))
        for key, value in node.attrib.items():
            if key.rpartition("}")[2] in {"author", "userName"}:
                found += said("author", value)
        if kind == "author" or (kind in {"cmAuthor", "person"} and node.get("name")):
            found += said("author", node.text or node.get("name"))
    return changes, comments


_LOOKED = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png"}


def _in_picture(name: str, data: bytes) -> list[Finding]:
    kind = _LOOKED.get(posixpath.splitext(name)[1].lower())
    try:
        return look_at_picture(io.BytesIO(data), kind) if kind else []
    except Exception:  # noqa: BLE001 - a broken picture inside does not make the document one
        return []


def clean(file: BinaryIO, out: BinaryIO, kind: str) -> str:
    """The document written anew."""
    made = io.BytesIO()
    with _open(file) as parts, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as copy:
        for info in parts.infolist():
            if info.is_dir() or _dropped(info.filename):
                continue
            if _is_xml(info.filename) and info.file_size > MAX_XML:
                raise RefusedError("unpacks")
            fresh = zipfile.ZipInfo(info.filename, (1980, 1, 1, 0, 0, 0))
            fresh.compress_type = zipfile.ZIP_DEFLATED
            copy.writestr(fresh, _bare(info.filename, _read(parts, info)))
    out.write(made.getbuffer())
    return kind


def _dropped(name: str) -> bool:
    owner = re.sub(r"_rels/([^/]+)\.rels$", r"\1", name)
    return bool(_DROPPED.search(owner))


def _bare(name: str, data: bytes) -> bytes:
    ending = posixpath.splitext(name)[1].lower()
    if ending in {".jpg", ".jpeg"}:
        return jpeg_bare(data)
    if ending == ".png":
        return png_bare(data)
    if _EMBEDDED.search(name):
        return b""
    kind = OFFICE.get(ending[1:])
    if kind:
        inner = io.BytesIO()
        clean(io.BytesIO(data), inner, kind)
        return inner.getvalue()
    return _bare_xml(name, data) if _is_xml(name) else data


def _bare_xml(name: str, data: bytes) -> bytes:
    tree = _parse(data)
    if name == "[Content_Types].xml":
        _drop(tree, lambda node: _dropped((node.get("PartName") or "").lstrip("/")))
    elif name.endswith(".rels"):
        _relations(name, tree)
    else:
        _strip(tree)
    return bytes(etree.tostring(tree, xml_declaration=True, encoding="UTF-8", standalone=True))


def _drop(tree: Any, goes: Any) -> None:
    for node in list(tree):
        if goes(node):
            tree.remove(node)


def _relations(name: str, tree: Any) -> None:
    folder = posixpath.dirname(posixpath.dirname(name))

    def goes(node: Any) -> bool:
        if node.get("TargetMode") == "External":
            return str(node.get("Type", "")).endswith("/attachedTemplate")
        target = str(node.get("Target", ""))
        whole = target.lstrip("/") if target.startswith("/") else posixpath.join(folder, target)
        return _dropped(posixpath.normpath(whole))

    _drop(tree, goes)
    for node in tree:
        if node.get("TargetMode") == "External" and not node.get("Type", "").endswith("/hyperlink"):
            node.set("Target", "about:blank")


def _strip(tree: Any) -> None:
    for node in list(tree.iter()):
        kind, parent = _name(node), node.getparent()
        if parent is not None and (kind in _REMOVED or kind in _UNWRAPPED):
            _take_out(node, parent, keep=kind in _UNWRAPPED)
            continue
        for key in list(node.attrib):
            if _marks(kind, key, node.get(key)):
                del node.attrib[key]


def _marks(kind: str, key: str, value: str) -> bool:
    """Whether this attribute says who or when, or where a file lay."""
    local = key.rpartition("}")[2]
    path = kind in {"cNvPr", "docPr"} and local == "descr" and re.search(r"[:/\\]", value)
    printer = kind == "pageSetup" and local == "id"
    return bool(path or printer or (local in _MARKS and "}" in key) or local.startswith("rsid"))


def _take_out(node: Any, parent: Any, *, keep: bool) -> None:
    where = parent.index(node)
    if keep:
        for inner in reversed(list(node)):
            parent.insert(where + 1, inner)
    tail = node.tail
    parent.remove(node)
    if tail and tail.strip():
        before = parent[where - 1] if where else None
        if before is None:
            parent.text = (parent.text or "") + tail
        else:
            before.tail = (before.tail or "") + tail


def render(file: BinaryIO, out: BinaryIO, _kind: str) -> str:
    """The words, a paragraph or row a line."""
    lines: list[str] = []
    spare = SHOWN
    with _open(file) as parts:
        wanted = re.compile(
            r"^(word/(document|footnotes|endnotes)|xl/sharedStrings|ppt/slides/slide\d+)\.xml$"
        )
        for info in sorted(parts.infolist(), key=lambda i: _natural(i.filename)):
            if not wanted.match(info.filename):
                continue
            tree = _limited(parts, info)
            _strip(tree)
            for node in tree.iter():
                if _name(node) not in {"p", "si"} or spare <= 0:
                    continue
                line = "".join(t.text or "" for t in node.iter() if _name(t) == "t")
                lines.append(line)
                spare -= len(line) + 1
    out.write("\n".join(lines)[:SHOWN].encode())
    return "text/plain"


def _natural(name: str) -> list[Any]:
    return [int(p) if p.isdigit() else p for p in re.split(r"(\d+)", name)]
