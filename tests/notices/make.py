"""Letters as an incident promises them, over a small catalogue with every body."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from sqlalchemy.orm import Session

from app.authorities import queries as authorities
from app.notices import service

MINUTE = timedelta(minutes=1)


def sample(**more: Any) -> dict[str, Any]:
    """The facts of an ordinary Art. 20 case."""
    return {
        "resource_title": "初中物理：浮力",
        "resource_ref": "R0001",
        "resource_kind": "course",
        "addresses": ["http://kecheng.example/r/R0001/index.html"],
        "incident_ref": "4F7K2M9Q",
        "category": "legal",
        "kind": "gambling",
        "wording": "found",
        "severe": False,
        "severe_reason": None,
        "summary": "课件最后一页的二维码指向赌博网站。",
        "held": True,
        "stopped_at_text": "2026年11月22日11时02分",
        "found_at_text": "2026年11月22日11时08分",
        "review_by_text": None,
        "complaints": 3,
        "attachments": [],
        "way_back": None,
        "correction": None,
        "decision": None,
        "state": "found",
        **more,
    }


def claim() -> dict[str, str]:
    return {
        "claimant": "示例出版社",
        "contact": "示例路1号",
        "work": "《示例教材》",
        "statement": "未经许可使用本社教材插图。",
        "proof": "版权页复印件",
    }


def make_letter(tx: Session, at: datetime, *, body: str = "auth", **more: Any) -> int:
    """A promised letter to one body of the catalogue; the notice's id."""
    facts = more.pop("facts", None) or sample()
    given = {
        "duty_key": "4F7K2M9Q:report:4",
        "kind": "report",
        "platform_id": authorities.platform(tx, "yunchuan").id,
        "incident": "4F7K2M9Q",
        "body_id": authorities.body(tx, body).id,
        "roles": ["authority"],
        "article": 20,
        "sign_within": 30 * MINUTE,
        **more,
    }
    return service.promise(tx, facts=facts, at=at, **given)


@dataclass
class Sink:
    """A real SMTP server; ``answers`` says how it treats a recipient."""

    answers: dict[str, str] = field(default_factory=dict)
    kept: list[tuple[list[str], bytes]] = field(default_factory=list)
    tried: list[str] = field(default_factory=list)
    port: int = 0

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if self.answers.get(address) == "550 rcpt":
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        to = envelope.rcpt_tos[0]
        self.tried.append(to)
        answer = self.answers.get(to, "250 kept")
        if answer in {"drop", "kept, drop"}:
            if answer == "kept, drop":
                self.kept.append((list(envelope.rcpt_tos), envelope.content))
            server.transport.close()
            return "421 gone"
        if answer.startswith("250"):
            self.kept.append((list(envelope.rcpt_tos), envelope.content))
        return answer

    @property
    def messages(self) -> list[EmailMessage]:
        parsed = [message_from_bytes(data, policy=default) for _, data in self.kept]
        return [one for one in parsed if isinstance(one, EmailMessage)]

    def to(self) -> list[str]:
        return [one for recipients, _ in self.kept for one in recipients]

    def text(self) -> str:
        """All that left the house, headers and bodies, decoded."""
        return "\n".join(_decoded(self.messages))


def _decoded(messages: Iterable[EmailMessage]) -> Iterable[str]:
    for one in messages:
        yield "\n".join(f"{name}: {value}" for name, value in one.items())
        for part in one.walk():
            if not part.is_multipart():
                yield str(part.get_content())


def start(sink: Sink) -> Controller:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        sink.port = probe.getsockname()[1]
    controller = Controller(sink, hostname="127.0.0.1", port=sink.port)
    controller.start()
    return controller
