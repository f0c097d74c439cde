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
from typing import Any

from werkzeug.datastructures import MultiDict

from app.core.crypto import sha256_hex
from app.core.errors import InvalidError
from app.intake import forms, mails, parse, schema
from app.intake.mails import Piece
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
    "minor": ("minor", "未满14岁"),
    "guardian": ("guardian", "监护人同意"),
    "lang": ("lang", "language", "语言"),
}
_YES, _NO = {"yes", "y", "1", "true", "是"}, {"", "no", "n", "0", "false", "否"}
LABEL = 120
_COLUMN = {alias: name for name, aliases in NAMES.items() for alias in aliases}
SAMPLE = (
    "resource,url,place,text,kind,phone,email,name,lang\r\n"
    "R0042,,12:35,这一段的答案和课本不一样。,scientific,,,,zh\r\n"
    "七年级数学 上册,,第12页,插图和文字对不上。,,,zhao@school.example,赵老师,zh\r\n"
)


@dataclass(frozen=True)
class Entry:
    """One complaint of a file: its answers, or what has to be mended before it can be taken."""

    label: str  # "line 3", or a mail's subject: how its bringer finds it again
    digest: str
    answers: dict[str, Any]
    language: str = "zh"
    errors: dict[str, str] = field(default_factory=dict)
    unread: tuple[str, ...] = ()  # titles of filled cells that mean nothing here
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
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    count, before = 0, 1
    try:
        titles = [cell.strip() for cell in next(lines, [])]
        head = [_COLUMN.get(title.lower(), "") for title in titles]
        if "text" not in head or not {"resource", "url"} & set(head):
            raise InvalidError(
                "The first line of “%(name)s” must name the columns: at least text (内容) and "
                "resource (资源) or url (网址).",
                name=name,
            )
        for cells in lines:
            line, before = before + 1, lines.line_num
            if not any(cell.strip() for cell in cells):
                continue
            count += 1
            if count > ROWS:
                raise InvalidError(
                    "“%(name)s” has more than %(most)s rows. Split it.", name=name, most=ROWS
                )
            yield _row(f"{name}:{line}", titles, [cell.strip() for cell in cells])
    except csv.Error as error:
        raise InvalidError(
            "“%(name)s” breaks off at line %(line)s: a quotation mark is not closed, or stands "
            "within a cell.",
            name=name, line=before + 1,
        ) from error  # fmt: skip


def _row(label: str, titles: list[str], cells: list[str]) -> Entry:
    row, unread = _named(titles, cells)
    answers: dict[str, Any] = {}
    errors: dict[str, str] = {}
    if any(cells[len(titles) :]):
        errors["row"] = N_("This line has more cells than the first one: put commas in quotes.")
    answers["resource"], wrong = _resource(row.get("resource", ""), row.get("url", ""))
    errors |= wrong
    said = MultiDict({"text": row.get("text", ""), "kind": _kind(row.get("kind", ""))})
    answers["text"], wrong = forms.text(said)
    errors |= wrong
    if "kind" in wrong:  # a word that is none has no words to show it by
        answers["text"]["kind"] = None
        errors["kind"] = N_("There is no such kind. Leave it out if you are not sure.")
    if place := row.get("place", ""):
        found = parse.places(place)
        answers["places"] = [[p.kind, p.start, p.end] for p in found]
        if not found:
            errors["place"] = N_("Please write the place like 12:35, 第12页, 第3题 or p. 12.")
    for name in ("minor", "guardian"):
        if row.get(name, "").lower() not in _YES | _NO:
            errors[name] = N_("Please write yes or no.")
    answers["contact"], wrong = forms.contact(_reach(row))
    errors |= wrong
    return Entry(
        label=label,
        digest=sha256_hex(json.dumps(row, sort_keys=True, ensure_ascii=False).encode()),
        answers=answers,
        language="en" if row.get("lang", "").lower().startswith("en") else "zh",
        errors=errors,
        unread=unread,
    )


def _named(titles: list[str], cells: list[str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """The cells by their meaning, empty ones left out; and the titles of those nobody reads."""
    row: dict[str, str] = {}
    unread: list[str] = []
    for title, cell in zip(titles, cells, strict=False):
        name = _COLUMN.get(title.lower(), "")
        if not cell:
            continue
        if name and row.get(name, cell) == cell:
            row[name] = cell
        else:  # no meaning, or a second column of one meaning that says something else
            unread.append(title)
    return row, tuple(unread)


def _resource(title: str, url: str) -> tuple[dict[str, Any], dict[str, str]]:
    if not title and not url:
        return {}, {"resource": N_("Please say which resource: its number, title or address.")}
    found = {"hint": title} | ({"url": url} if url else {})
    if len(title) > schema.HINT_LIMIT or len(url) > schema.URL_LIMIT:
        return found, {
            "resource": N_("That is too long. A title and where you found it are enough.")
        }
    return found, {}


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
            "minor": "yes" if row.get("minor", "").lower() in _YES else "",
            "guardian": "yes" if row.get("guardian", "").lower() in _YES else "",
        }
    )


def _mail(name: str, data: bytes) -> Entry:
    mail = mails.read(name, data)
    errors: dict[str, str] = {}
    answers: dict[str, Any] = {}
    urls = parse.urls(mail.words)
    answers["resource"], errors = _resource(mail.subject, urls[0] if urls else "")
    # Where an address names the resource, the subject is no title but part of what is said.
    words = f"{mail.subject}\n\n{mail.words}".strip() if urls else mail.words or mail.subject
    answers["text"], wrong = forms.text(MultiDict({"text": words}))
    errors |= wrong
    answers["places"] = [[p.kind, p.start, p.end] for p in parse.places(mail.words)]
    way = "email" if mail.sender else "none"
    reach = {
        "way": way,
        "email_address": mail.sender,
        "name": mail.sender_name[: forms.NAME_LIMIT],
    }
    answers["contact"], wrong = forms.contact(MultiDict(reach))
    # By its Message-ID, and by what it says: some programs give every mail the same one, and a
    # mail must never be taken for another.
    known = (mail.message_id, mail.sender, mail.subject, mail.words)
    files = () if mail.message_id else tuple(sha256_hex(p.content) for p in mail.pieces)
    return Entry(
        label=mail.subject[:LABEL] or name,
        digest=sha256_hex(json.dumps([*known, *files], ensure_ascii=False).encode()),
        answers=answers,
        language="zh" if any("\u3400" <= c <= "\u9fff" for c in words) else "en",
        errors=errors | wrong,
        pieces=mail.pieces,
        is_mail=True,
    )
