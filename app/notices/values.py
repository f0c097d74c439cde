"""The words of letters and what other packages see of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What a letter is for (page 1, words)."""

    REPORT = "report"
    INFORM = "inform"
    REMIND = "remind"
    NUDGE = "nudge"
    CORRECT = "correct"
    RESTORE = "restore"
    FORWARD = "forward"


class State(StrEnum):
    """States of a notice (page 3.7)."""

    PROMISED = "promised"
    RENDERED = "rendered"
    SENT = "sent"
    DELIVERED = "delivered"
    SIGNED = "signed"
    BOUNCED = "bounced"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Step(StrEnum):
    """Where the chain of one recipient's contacts stands (law 6)."""

    FIRST = "first"
    NUDGE = "nudge"
    SECOND_CONTACT = "second_contact"
    SECOND_CHANNEL = "second_channel"
    SUPERVISOR = "supervisor"


@dataclass(frozen=True)
class DeliveryView:
    """One delivery to one contact; ``by_hand`` = somebody must telephone or carry it."""

    id: int
    channel: str
    step: str
    contact: str
    address: str
    state: str
    by_hand: bool
    attempts: int
    last_error: str | None
    receipt: str | None
    promised_at: datetime
    sent_at: datetime | None
    read_at: datetime | None
    message_id: str


@dataclass(frozen=True)
class SignatureView:
    """签收."""

    name: str
    position: str
    how: str
    at: datetime
    answer: str | None


@dataclass(frozen=True)
class NoticeView:
    """One letter as the desk shows it."""

    id: int
    ref: str
    number: str | None
    subject: str | None
    kind: str
    platform_id: int
    incident: str | None
    body_id: int
    body: str
    roles: tuple[str, ...]
    article: int | None
    category: str
    wording: str
    severe: bool
    state: str
    step: str
    promised_at: datetime
    sent_at: datetime | None
    signed_at: datetime | None
    sign_by: datetime | None
    exercise: bool
    supersedes: str | None  # ref
    nudged: int  # how many nudges went out
    deliveries: tuple[DeliveryView, ...] = ()
    signature: SignatureView | None = None
    rendered_sha256: str | None = None
    vault_sha256: str | None = None

    @property
    def unsigned(self) -> bool:
        """Whether somebody still has to sign it."""
        return self.state not in {State.SIGNED, State.CANCELLED}


@dataclass(frozen=True)
class LetterPage:
    """What the holder of a link sees."""

    notice: NoticeView
    contact_id: int
    article_html: str
    read_at: datetime | None
    followed_by: tuple[tuple[str, str | None], ...]  # (kind, number) of later letters


@dataclass(frozen=True)
class Drawn:
    """A letter drawn up: its exact words."""

    subject: str
    text: bytes
    html: bytes
    sha256: str
    template_version: str


Context = dict[str, Any]
