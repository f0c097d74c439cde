"""Mail over SMTP: one recipient, one stable Message-ID, text and HTML, the server's own words."""

from __future__ import annotations

import contextlib
import hashlib
import ipaddress
import re
import smtplib
import ssl
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from urllib.parse import unquote, urlsplit

from app.notices.channel import Channel, LaterError, Outgoing, RefusedError
from app.notices.facts import one_line

TIMEOUT = 15  # seconds for each answer of the server; shorter than the outbox lease
_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[^\s@<>,;:\"()\[\]\\]+")
_OK, _PERMANENT = 200, 500


class Email:
    """The channel that needs nobody."""

    name = "email"
    by_hand = False
    task = ""

    def __init__(self, timeout: float = TIMEOUT) -> None:
        self._timeout = timeout

    def deliver(self, out: Outgoing, *, server: str) -> str:
        """Hand over to the server named by ``smtp[s]://user:password@host:port``."""
        if not server:
            raise LaterError("no mail server is set (CHUKU_SMTP_URL)", doubtful=False)
        sender, to = _plain(out.sender), _plain(out.address)
        data = message(out).as_bytes(policy=SMTP)
        try:
            return _send(_Server.of(server), self._timeout, sender, to, data)
        except smtplib.SMTPNotSupportedError as error:
            raise RefusedError(one_line(str(error))) from error
        except (OSError, smtplib.SMTPException) as error:
            # Before the message was handed over: nothing can have arrived.
            raise LaterError(_words(error), doubtful=False) from error


def hand_over(made: EmailMessage, to: str, *, server: str) -> str:
    """Hand a ready message to the server; its own words on acceptance.

    Raises:
        RefusedError: it will never be accepted.
        LaterError: try again.
    """
    if not server:
        raise LaterError("no mail server is set (CHUKU_SMTP_URL)", doubtful=False)
    sender, to = _plain(str(made["From"].addresses[0].addr_spec)), _plain(to)
    try:
        return _send(_Server.of(server), TIMEOUT, sender, to, made.as_bytes(policy=SMTP))
    except smtplib.SMTPNotSupportedError as error:
        raise RefusedError(one_line(str(error))) from error
    except (OSError, smtplib.SMTPException) as error:
        raise LaterError(_words(error), doubtful=False) from error


def message(out: Outgoing) -> EmailMessage:
    """The message; the same ``out`` always gives the same bytes."""
    made = EmailMessage(policy=SMTP)
    made["From"] = Address(display_name="", addr_spec=_plain(out.sender))
    made["To"] = Address(display_name=_header(out.name), addr_spec=_plain(out.address))
    made["Subject"] = _header(out.subject)
    made["Date"] = out.date
    made["Message-ID"] = out.message_id
    if out.answers:
        made["In-Reply-To"] = made["References"] = out.answers
    made["Auto-Submitted"] = "auto-generated"
    made["Content-Language"] = "zh-Hans"
    made["X-Chuku-Notice"] = _header(out.notice_ref)
    made.set_content(out.text, cte="base64")
    made.add_alternative(out.html, subtype="html", cte="base64")
    made.set_boundary(f"=_{hashlib.sha256(out.message_id.encode()).hexdigest()[:32]}")
    return made


def _header(text: str) -> str:
    # One line, and nothing that a header parser would decode into something else.
    return one_line(text).replace("=?", "= ?")


def _plain(address: str) -> str:
    if not _ADDRESS.fullmatch(address):
        raise RefusedError("this is not a mail address")
    return address


@dataclass(frozen=True)
class _Server:
    host: str
    port: int
    secure: bool
    user: str
    password: str

    @classmethod
    def of(cls, url: str) -> _Server:
        parts = urlsplit(url)
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
            raise LaterError("CHUKU_SMTP_URL is not smtp[s]://…", doubtful=False)
        secure = parts.scheme == "smtps"
        return cls(
            parts.hostname,
            parts.port or (465 if secure else 25),
            secure,
            unquote(parts.username or ""),
            unquote(parts.password or ""),
        )

    @property
    def here(self) -> bool:
        """On this machine: there is no wire to protect."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def _connect(server: _Server, timeout: float) -> smtplib.SMTP:
    smtp: smtplib.SMTP
    if server.secure:
        context = ssl.create_default_context()
        smtp = smtplib.SMTP_SSL(server.host, server.port, timeout=timeout, context=context)
    else:
        smtp = smtplib.SMTP(server.host, server.port, timeout=timeout)
    try:
        smtp.ehlo_or_helo_if_needed()
        if not server.secure and not server.here and smtp.has_extn("starttls"):
            smtp.starttls(context=ssl.create_default_context())
            smtp.ehlo()
        if server.user:
            smtp.login(server.user, server.password)
    except BaseException:
        smtp.close()
        raise
    return smtp


def _send(server: _Server, timeout: float, sender: str, to: str, data: bytes) -> str:
    smtp = _connect(server, timeout)
    try:
        said = _hand_over(smtp, sender, to, data)
    except BaseException:
        smtp.close()
        raise
    with contextlib.suppress(OSError, smtplib.SMTPException):
        smtp.quit()  # accepted is accepted, however the server says goodbye
    return said


def _hand_over(smtp: smtplib.SMTP, sender: str, to: str, data: bytes) -> str:
    # A refused sender is our fault, not this contact's: somebody mends it and it goes out.
    _demand(*smtp.mail(sender), permanent=False)
    _demand(*smtp.rcpt(to), permanent=True)
    try:
        code, said = smtp.data(data)
    except smtplib.SMTPDataError as error:
        code, said = error.smtp_code, _bytes(error.smtp_error)
    except (OSError, smtplib.SMTPServerDisconnected) as error:
        # The answer is missing: the message may have been taken. It goes again, as the same one.
        raise LaterError(_words(error), doubtful=True) from error
    _demand(code, said, permanent=True)
    return f"{code} {one_line(said.decode('utf-8', 'replace'))}"[:500]


def _bytes(said: bytes | str) -> bytes:
    return said if isinstance(said, bytes) else said.encode()


def _demand(code: int, said: bytes, *, permanent: bool) -> None:
    if _OK <= code < _OK + 100:
        return
    words = f"{code} {one_line(said.decode('utf-8', 'replace'))}"[:500]
    if permanent and code >= _PERMANENT:
        raise RefusedError(words)
    raise LaterError(words, doubtful=False)


def _words(error: Exception) -> str:
    return one_line(f"{type(error).__name__}: {error}")[:500]


CHANNEL: Channel = Email()
