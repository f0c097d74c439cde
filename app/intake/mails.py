"""A mail as it was saved (.eml): sender, subject, words and everything that came with it. Pure.

Nothing is dropped: pictures pasted into the words, mails forwarded as attachments and empty files
come out as pieces too, and whoever takes them says what cannot be taken.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.errors import HeaderParseError
from email.message import EmailMessage
from email.utils import parseaddr
from html.parser import HTMLParser

from app.core.errors import InvalidError

# What mail programs in China call by its older, smaller name.
_WIDER = {"gb2312": "gb18030", "gbk": "gb18030", "gb_2312-80": "gb18030", "x-gbk": "gb18030"}
_BROKEN = (HeaderParseError, LookupError, ValueError, AttributeError, TypeError)


@dataclass(frozen=True)
class Piece:
    """A file that came with a mail."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Mail:
    """What a mail says and who says it."""

    message_id: str
    sender: str
    sender_name: str
    subject: str
    words: str
    pieces: tuple[Piece, ...]


def read(name: str, data: bytes) -> Mail:
    """The mail of this file.

    Raises:
        InvalidError: it is none, or damaged.
    """
    message = message_from_bytes(data, policy=policy.default)
    if not (isinstance(message, EmailMessage) and message.keys()):
        raise InvalidError("“%(name)s” is no mail. Save it as .eml and bring it again.", name=name)
    sender_name, sender = _sender(message)
    words, pieces = _content(message)
    return Mail(
        message_id=_header(message, "Message-ID"),
        sender=sender,
        sender_name=sender_name,
        subject=_header(message, "Subject"),
        words=words,
        pieces=pieces,
    )


def _header(message: EmailMessage, name: str) -> str:
    """One header as one line of text; a header that the library trips over as it stands."""
    try:
        said = str(message.get(name, ""))
    except _BROKEN:
        raw = [value for key, value in message.raw_items() if key.lower() == name.lower()]
        said = str(raw[0]) if raw else ""
    said = said.encode("utf-8", "replace").decode()  # half of a surrogate pair is no text
    return " ".join("".join(c if c.isprintable() else " " for c in said).split())


def _sender(message: EmailMessage) -> tuple[str, str]:
    try:
        first = message["From"].addresses[0]
    except (*_BROKEN, IndexError):
        return parseaddr(_header(message, "From"))
    return str(first.display_name).strip(), str(first.addr_spec).strip()


def _body(message: EmailMessage) -> EmailMessage | None:
    try:
        found = message.get_body(("plain", "html"))
    except _BROKEN:
        return None
    return found if isinstance(found, EmailMessage) else None


def _words(part: EmailMessage) -> str:
    raw = part.get_payload(decode=True)
    content = raw if isinstance(raw, bytes) else b""
    named = str(part.get_content_charset() or "utf-8").lower()
    text = _decoded(content, _WIDER.get(named, named))
    if part.get_content_subtype() == "html":
        text = _Words.of(text)
    lines = (line.rstrip() for line in text.replace("\r\n", "\n").splitlines())
    return "\n".join(lines).strip()


def _decoded(content: bytes, charset: str) -> str:
    """By the charset it names; else as UTF-8 or as Chinese programs write, never a crash."""
    for one in (charset, "utf-8", "gb18030"):
        try:
            return content.decode(one)
        except (LookupError, UnicodeError, ValueError):
            continue
    return content.decode("utf-8", "replace")


def _content(message: EmailMessage) -> tuple[str, tuple[Piece, ...]]:
    """The words, and everything else: what is pasted into them, attached or forwarded."""
    body = _body(message)
    words = [_words(body)] if body is not None else []
    pieces: list[Piece] = []
    for number, (part, is_wording) in enumerate(_leaves(message), start=1):
        named = part.is_attachment() or _file_name(part) is not None
        if part is body:
            continue
        if part.get_content_type() in {"text/plain", "text/html"} and not named:
            # Beside the plain words the same ones as HTML; elsewhere words behind a picture.
            words += [] if is_wording else [_words(part)]
        elif part.get_content_maintype() == "multipart":  # it says so, and has no parts
            words.append(_words(part))
        else:
            pieces.append(Piece(_file_name(part) or _made_up(part, number), _bytes(part)))
    return "\n\n".join(filter(None, words)), tuple(pieces)


def _leaves(part: EmailMessage, *, is_wording: bool = False) -> Iterator[tuple[EmailMessage, bool]]:
    """Every part without parts, and whether it is one of several wordings of the same."""
    inside = part.get_payload()
    if part.get_content_maintype() != "multipart" or not isinstance(inside, list):
        yield part, is_wording
        return
    several = is_wording or part.get_content_subtype() == "alternative"
    for one in inside:
        if isinstance(one, EmailMessage):
            yield from _leaves(one, is_wording=several)


def _bytes(part: EmailMessage) -> bytes:
    inside = part.get_payload()
    if isinstance(inside, list):  # a mail within the mail
        try:
            return b"\n".join(bytes(one) for one in inside if isinstance(one, EmailMessage))
        except _BROKEN:
            return b""
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _file_name(part: EmailMessage) -> str | None:
    try:
        return part.get_filename() or None
    except _BROKEN:
        return None


def _made_up(part: EmailMessage, number: int) -> str:
    if part.get_content_maintype() == "message":
        return f"{number}.eml"
    return f"{number}{mimetypes.guess_extension(part.get_content_type()) or ''}"


class _Words(HTMLParser):
    """The words of a mail that has no plain part, with the addresses its links lead to."""

    _SILENT = ("script", "style", "head", "title")
    _BREAKS = ("br", "p", "div", "li", "tr")

    def __init__(self) -> None:
        super().__init__()
        self._found: list[str] = []
        self._silent = 0
        self._link = ""

    @classmethod
    def of(cls, html: str) -> str:
        reader = cls()
        reader.feed(html)
        reader.close()
        return "".join(reader._found)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in self._SILENT
        if tag in self._BREAKS:
            self._found.append("\n")
        if tag == "a":
            self._link = next((v or "" for n, v in attrs if n == "href"), "")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in self._SILENT and self._silent > 0
        if tag == "a" and self._link.startswith(("http://", "https://")):
            if not self._found or self._link not in self._found[-1]:
                self._found.append(f" {self._link} ")
            self._link = ""

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._found.append(data)
