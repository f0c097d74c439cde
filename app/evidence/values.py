"""Kinds, states and views of 留存记录 that other packages may hold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.evidence.store import DamagedError


class Kind(StrEnum):
    """What an item is."""

    CAPTURE = "capture"
    COMPLAINT = "complaint"
    ATTACHMENT = "attachment"
    DECISION = "decision"
    PROBE = "probe"
    LETTER = "letter"
    AUTHORITY_DOCUMENT = "authority_document"
    REENTRY = "reentry"


class Act(StrEnum):
    """What can be done to an item (保管链)."""

    SEALED = "sealed"
    READ = "read"
    UNSEALED = "unsealed"
    EXPORTED = "exported"
    VERIFIED = "verified"


class CaptureState(StrEnum):
    """How far a promised capture is."""

    OPEN = "open"
    DONE = "done"
    PARTIAL = "partial"
    FAILED = "failed"


@dataclass(frozen=True)
class ItemView:
    """One object in the vault."""

    id: int
    ref: str
    incident: str | None
    kind: str
    title: str
    sha256: str
    size: int
    media_type: str
    kid: str | None
    facts: dict[str, Any]
    captured_at: datetime


@dataclass(frozen=True)
class CustodyView:
    """One act on an item."""

    item_ref: str
    act: str
    by: str
    at: datetime
    reason: str
    sha256: str
    intact: bool


@dataclass(frozen=True)
class CaptureView:
    """One address that is being, was or could not be captured."""

    id: int
    incident: str
    version_id: int
    address_id: int
    state: str
    attempts: int
    error: str | None
    item_ref: str | None
    asked_at: datetime
    done_at: datetime | None


@dataclass(frozen=True)
class Content:
    """An item as read: the custody row is written either way."""

    item: ItemView
    data: bytes | None

    @property
    def intact(self) -> bool:
        """Whether the bytes are those that were sealed."""
        return self.data is not None

    def require(self) -> bytes:
        """The bytes.

        Raises:
            DamagedError: after the transaction, so that the custody row stays.
        """
        if self.data is None:
            raise DamagedError(
                "The evidence %(sha256)s was changed in the vault.", sha256=self.item.sha256
            )
        return self.data
