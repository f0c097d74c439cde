"""The demo's mail sink: a real SMTP server that keeps every letter, and a page to read them.

It can be told to misbehave (``<folder>/behaviour``: ``ok`` ``451`` ``550`` ``hang``), so that
faults are tried against the running parts.
"""

from __future__ import annotations

import asyncio
import email
import html
import time
from email.message import EmailMessage
from email.policy import default as policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

_STYLE = (
    "body{font:1rem/1.6 system-ui,'Noto Sans CJK SC',sans-serif;margin:0 auto;max-width:60rem;"
    "padding:1rem;color:#1c2430;background:#fbfaf7}a{color:#0b4f8a}li{margin:.6rem 0}"
    "pre{white-space:pre-wrap;background:#fff;border:1px solid #d8d3c8;padding:1rem}"
    "small{color:#5a6270}h1{font-size:1.4rem}"
)


class _Keeper:
    """Writes each accepted message to one file, durable before the 250."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        behaviour = self._behaviour()
        if behaviour == "hang":
            await asyncio.sleep(600)
        if behaviour in {"451", "550"}:
            return f"{behaviour} told to refuse"
        content = envelope.content or b""
        data = content if isinstance(content, bytes) else content.encode()
        head = f"X-Envelope-To: {', '.join(envelope.rcpt_tos)}\r\n".encode()
        name = f"{time.time_ns():020d}.eml"
        part = self._folder / f".{name}"
        part.write_bytes(head + data)
        part.replace(self._folder / name)
        return f"250 kept as {name}"

    def _behaviour(self) -> str:
        try:
            return (self._folder / "behaviour").read_text().strip()
        except OSError:
            return "ok"


def letters(folder: Path) -> list[tuple[str, EmailMessage]]:
    """Every kept message with its file name, newest first."""
    found = []
    for file in sorted(folder.glob("*.eml"), reverse=True):
        message = email.message_from_bytes(file.read_bytes(), policy=policy)
        assert isinstance(message, EmailMessage)
        found.append((file.stem, message))
    return found


class _Page(BaseHTTPRequestHandler):
    folder: Path

    def do_GET(self) -> None:
        path = urlsplit(self.path).path.strip("/")
        if not path:
            return self._send(200, _index(self.folder))
        file = self.folder / f"{Path(path).name}.eml"
        if not file.is_file():
            return self._send(404, _frame("没有这封信", "<p><a href='/'>返回信箱</a></p>"))
        message = email.message_from_bytes(file.read_bytes(), policy=policy)
        assert isinstance(message, EmailMessage)
        return self._send(200, _letter(message))

    def _send(self, status: int, page: str) -> None:
        body = page.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header(
            "Content-Security-Policy",
            "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'",
        )
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
        return


def _frame(title: str, content: str) -> str:
    return (
        f"<!doctype html><html lang='zh-Hans'><meta charset='utf-8'><title>{title}</title>"
        f"<meta name='viewport' content='width=device-width'><style>{_STYLE}</style>"
        f"<main><h1>{title}</h1>{content}</main>"
    )


def _index(folder: Path) -> str:
    rows = [
        f"<li><a href='/{name}'>{html.escape(str(m['Subject'] or '（无标题）'))}</a><br>"
        f"<small>{html.escape(str(m['To'] or ''))} · {html.escape(str(m['Date'] or ''))}</small>"
        for name, m in letters(folder)
    ]
    content = f"<ol reversed>{''.join(rows)}</ol>" if rows else "<p>还没有信件。</p>"
    return _frame("演示信箱", "<p>演示环境发出的每封函件都留在这里。</p>" + content)


def _letter(message: EmailMessage) -> str:
    rows = "".join(
        f"<small>{name}: {html.escape(str(message[name] or ''))}</small><br>"
        for name in ("From", "To", "Subject", "Date", "Message-ID")
    )
    part = message.get_body(("plain",)) or message.get_body(("html",))
    text = html.escape(str(part.get_content())) if part is not None else ""
    linked = _with_links(text)
    files = "".join(
        f"<li>{html.escape(a.get_filename() or '附件')}" for a in message.iter_attachments()
    )
    return _frame(
        html.escape(str(message["Subject"] or "")),
        f"<p><a href='/'>返回信箱</a></p><p>{rows}</p><pre>{linked}</pre><ul>{files}</ul>",
    )


def _with_links(escaped: str) -> str:
    words = []
    for word in escaped.split(" "):
        lines = [
            f"<a href='{line}' rel='noreferrer'>{line}</a>"
            if line.startswith(("http://", "https://"))
            else line
            for line in word.split("\n")
        ]
        words.append("\n".join(lines))
    return " ".join(words)


def serve(folder: Path, *, smtp_port: int, http_port: int) -> None:
    """Take mail and show it until the process ends."""
    folder.mkdir(parents=True, exist_ok=True)
    controller = Controller(
        _Keeper(folder), hostname="127.0.0.1", port=smtp_port, data_size_limit=50_000_000
    )
    controller.start()
    page = type("Page", (_Page,), {"folder": folder})
    ThreadingHTTPServer(("127.0.0.1", http_port), page).serve_forever()
