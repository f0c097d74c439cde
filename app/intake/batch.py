"""Complaints that arrive in files, tables (CSV) and mails (EML), read as answers. Pure.

Everything is read by the same strict readers as the form; what cannot be read is named with its
line, and nothing is guessed. A row is known again by its digest, a mail by its Message-ID.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parseaddr
from html.parser import HTMLParser
from typing import Any

from werkzeug.datastructures import MultiDict

from app.core.crypto import sha256_hex
from app.core.errors import InvalidError
from app.intake import forms, parse, schema
from app.intake.schema import N_

ROWS = 500
MAX_BYTES = 20 * 1024 * 1024  # of one upload: a table, or some mails with their pictures
NAMES = {
    "resource": ("resource", "资源", "资源名称", "资源编号", "title", "id"),
    "url": ("url", "address", "网址", "链接"),
    "place": ("place", "where", "位置", "时间点", "页码"),
    "text": ("text", "description", "内容", "问题", "问题描述", "举报内容"),
    "kind": ("kind", "category", "类别", "类型"),
    "phone": ("phone", "telephone", "电话", "手机"),
    "email": ("email", "mail", "邮箱", "电子邮箱"),
    "name": ("name", "姓名", "称呼", "联系人"),
    "lang": ("lang", "language", "语言"),
}
_COLUMN = {alias: name for name, aliases in NAMES.items() for alias in aliases}
SAMPLE = (
    "resource,url,place,text,kind,phone,email,name,lang\r\n"
    "R0042,,12:35,这一段的答案和课本不一样。,scientific,,,,zh\r\n"
    "七年级数学 上册,,第12页,插图和文字对不上。,,,zhao@school.example,赵老师,zh\r\n"
)


@dataclass(frozen=True)
class Piece:
    """A file that came with a mail."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Entry:
    """One complaint of a file: its answers, or what has to be mended before it can be taken."""

    label: str  # "line 3", or a mail's subject: how its bringer finds it again
    digest: str
    answers: dict[str, Any]
    language: str = "zh"
    errors: dict[str, str] = field(default_factory=dict)
    pieces: tuple[Piece, ...] = ()
    is_mail: bool = False


def read(name: str, data: bytes) -> list[Entry]:
    """The complaints of one file, by its ending.

    Raises:
        InvalidError: it is neither a table nor a mail, or a table without what is needed.
    """
    if len(data) > MAX_BYTES:
        raise InvalidError("“%(name)s” is larger than 20 MB. Split it.", name=name)
    if name.lower().endswith((".eml", ".mail")):
        return [_mail(name, data)]
    return list(_table(name, data))


def _decoded(data: bytes, name: str) -> str:
    """UTF-8, or GB 18030 as Chinese spreadsheets write it."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise InvalidError(
        "“%(name)s” is no text. Save the table as CSV (UTF-8), or bring mails as .eml.", name=name
    )


def _table(name: str, data: bytes) -> Iterator[Entry]:
    text = _decoded(data, name)
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    head = [_COLUMN.get(cell.strip().lower(), "") for cell in next(lines, [])]
    if "text" not in head or not {"resource", "url"} & set(head):
        raise InvalidError(
            "The first line of “%(name)s” must name the columns: at least text (内容) and resource "
            "(资源) or url (网址).",
            name=name,
        )
    count = 0
    try:
        for cells in lines:
            if not any(cell.strip() for cell in cells):
                continue
            count += 1
            if count > ROWS:
                raise InvalidError(
                    "“%(name)s” has more than %(most)s rows. Split it.", name=name, most=ROWS
                )
            row = {n: c.strip() for n, c in zip(head, cells, strict=False) if n}
            yield _row(f"{name}:{lines.line_num}", row)
    except csv.Error as error:
        raise InvalidError(
            "“%(name)s” breaks off at line %(line)s: a quotation mark is not closed.",
            name=name, line=lines.line_num,
        ) from error  # fmt: skip


def _row(label: str, row: dict[str, str]) -> Entry:
    answers: dict[str, Any] = {}
    errors: dict[str, str] = {}
    answers["resource"], wrong = _resource(row.get("resource", ""), row.get("url", ""))
    errors |= wrong
    said = MultiDict({"text": row.get("text", ""), "kind": _kind(row.get("kind", ""))})
    answers["text"], wrong = forms.text(said)
    errors |= wrong
    if place := row.get("place", ""):
        found = parse.places(place)
        answers["places"] = [[p.kind, p.start, p.end] for p in found]
        if not found:
            errors["place"] = N_("Please write the place like 12:35, 第12页, 第3题 or p. 12.")
    answers["contact"], wrong = forms.contact(_reach(row))
    errors |= wrong
    return Entry(
        label=label,
        digest=sha256_hex(json.dumps(row, sort_keys=True, ensure_ascii=False).encode()),
        answers=answers,
        language="en" if row.get("lang", "").lower().startswith("en") else "zh",
        errors=errors,
    )


def _resource(title: str, url: str) -> tuple[dict[str, Any], dict[str, str]]:
    if not title and not url:
        return {}, {"resource": N_("Please say which resource: its number, title or address.")}
    found: dict[str, Any] = {"hint": title[: schema.HINT_LIMIT]}
    return found | ({"url": url[:2000]} if url else {}), {}


def _kind(said: str) -> str:
    """A kind by its key or in plain words; what is neither is refused by the form's reader."""
    words = {w: k.key for k in schema.KINDS.values() for w in (k.key, k.zh, k.en.lower())}
    return words.get(said.lower(), said)


def _reach(row: dict[str, str]) -> MultiDict[str, str]:
    phone, mail = row.get("phone", ""), row.get("email", "")
    return MultiDict(
        {
            "way": "phone" if phone else "email" if mail else "none",
            "phone_address": phone,
            "email_address": mail,
            "name": row.get("name", ""),
        }
    )


class _Words(HTMLParser):
    """The words of a mail that has no plain part."""

    _SILENT = ("script", "style", "head", "title")

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self._silent += tag in self._SILENT
        if tag in {"br", "p", "div", "li", "tr"}:
            self.found.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in self._SILENT and self._silent > 0

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.found.append(data)


def _mail(name: str, data: bytes) -> Entry:
    message = message_from_bytes(data, policy=policy.default)
    assert isinstance(message, EmailMessage)
    if not message.keys():
        raise InvalidError("“%(name)s” is no mail. Save it as .eml and bring it again.", name=name)
    subject = str(message.get("Subject", "")).strip()
    body = _body(message)
    sender = parseaddr(str(message.get("From", "")))
    errors: dict[str, str] = {}
    answers: dict[str, Any] = {"resource": {"hint": subject[: schema.HINT_LIMIT]}}
    if urls := parse.urls(body):
        answers["resource"]["url"] = urls[0]
    if not subject and not urls:
        errors["resource"] = N_("Please say which resource: its number, title or address.")
    answers["text"], wrong = forms.text(MultiDict({"text": body or subject}))
    errors |= wrong
    answers["places"] = [[p.kind, p.start, p.end] for p in parse.places(body)]
    way = "email" if sender[1] else "none"
    reach = {"way": way, "email_address": sender[1], "name": sender[0][: forms.NAME_LIMIT]}
    answers["contact"], wrong = forms.contact(MultiDict(reach))
    known = str(message.get("Message-ID", "")).strip()
    return Entry(
        label=subject or name,
        digest=sha256_hex(known.encode() if known else data),
        answers=answers,
        language="zh" if any("\u3400" <= c <= "\u9fff" for c in body + subject) else "en",
        errors=errors | wrong,
        pieces=tuple(_pieces(message)),
        is_mail=True,
    )


def _body(message: EmailMessage) -> str:
    part = message.get_body(("plain", "html"))
    if part is None:
        return ""
    try:
        text = str(part.get_content())
    except (LookupError, UnicodeError):  # a charset nobody knows
        text = bytes(part.get_payload(decode=True) or b"").decode("utf-8", "replace")
    if part.get_content_subtype() == "html":
        words = _Words()
        words.feed(text)
        text = "".join(words.found)
    lines = (line.rstrip() for line in text.replace("\r\n", "\n").splitlines())
    return "\n".join(lines).strip()


def _pieces(message: EmailMessage) -> Iterator[Piece]:
    for number, part in enumerate(message.iter_attachments(), start=1):
        content = part.get_payload(decode=True)
        if isinstance(content, bytes) and content:
            yield Piece(part.get_filename() or f"{number}", content)
