"""What travels between the doors, the service and the pages of other features."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any


class Source(StrEnum):
    """Through which door a complaint came."""

    PORTAL = "portal"
    ASSISTANT = "assistant"
    API = "api"
    EMBED = "embed"
    PHONE = "phone"
    MAIL = "mail"
    MONITOR = "monitor"
    INSPECTION = "inspection"
    IMPORT = "import"


class LocatorKind(StrEnum):
    """What kind of place in the resource."""

    TIME = "time"
    PAGE = "page"
    SLIDE = "slide"
    EXERCISE = "exercise"
    LINK = "link"
    WHOLE = "whole"


class Scan(StrEnum):
    """What the scanner said about an upload."""

    WAITING = "waiting"  # quarantined until the scanner has looked
    CLEAN = "clean"
    UNSCANNED = "unscanned"
    QUARANTINED = "quarantined"


@dataclass(frozen=True)
class Place:
    """One locator: kind and from–to as the person gave them."""

    kind: str
    start: str | None = None
    end: str | None = None
    fragment: str = field(default="", compare=False)  # opens the resource there: t=754, page=12


@dataclass(frozen=True)
class Upload:
    """A file that passed inspection and lies sealed in the staging folder."""

    ref: str
    name: str
    media_type: str
    size: int
    sha256: str
    scan: str
    found: tuple[tuple[str, str], ...] = ()  # hidden in it, e.g. ("location", "31.23, 121.47")

    @property
    def hidden(self) -> dict[str, list[str]]:
        """What hides in it: each kind once with its values, the place first."""
        kinds = sorted(
            dict.fromkeys(key for key, _ in self.found), key=lambda key: key != "location"
        )
        return {k: [value for key, value in self.found if key == k and value] for k in kinds}

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Upload:
        """From the JSON of a draft."""
        found = ((f, "") if isinstance(f, str) else (f[0], f[1]) for f in value.get("found", ()))
        return cls(**{**value, "found": tuple(found)})


@dataclass(frozen=True)
class Contact:
    """How the complainant may be reached; empty address = not at all."""

    way: str = "none"  # none | phone | email
    address: str = ""
    name: str = ""
    minor: bool = False
    guardian: bool = False


@dataclass(frozen=True)
class Filing:
    """One complaint as a door hands it over; every door fills the same."""

    source: str
    text: str
    language: str = "zh"
    resource_ref: str | None = None
    resource_url: str | None = None
    resource_hint: str = ""
    places: tuple[Place, ...] = ()
    kind: str | None = None
    contact: Contact = Contact()
    files: tuple[tuple[Upload, str], ...] = ()  # with the vault digest of the sealed bytes
    kid: str | None = None  # the key that sealed the files; else a fresh one
    network: str | None = None  # network prefix: makes the tags, is not stored
    day_tag: str | None = None
    sort_after: timedelta = timedelta()  # a flood's surplus is sorted later
    joins: int | None = None  # the complaint whose problem this one tells again, by its own word
    entered_by: str | None = None  # account:3, when an officer types it in
    exercise: bool = False


@dataclass(frozen=True)
class Filed:
    """What the complainant gets; ``secret`` is shown once."""

    ref: str
    secret: str
    proof: dict[str, Any]
    complaint_id: int
    received_at: datetime
    accept_by: datetime
    handle_by: datetime


_SAID_AS = {"document": "Word", "sheet": "Excel", "presentation": "PowerPoint", "plain": "TXT"}


def previews(media_type: str) -> bool:
    """Whether a picture or words can be made anew of this type."""
    made_anew = ("image/", "application/vnd.openxmlformats", "text/plain")
    return media_type.startswith(made_anew)


@dataclass(frozen=True)
class AttachmentView:
    """An attachment without its bytes; the name is unsealed only for who may see it."""

    ref: str
    media_type: str
    size: int
    sha256: str
    scan: str
    added_at: datetime
    copy: str = "none"  # wanted | made | none: the copy without hidden data
    copy_type: str | None = None
    copy_size: int | None = None
    found: tuple[str, ...] = ()  # what hides in the original, without its values

    @property
    def label(self) -> str:
        """The type as people say it."""
        last = self.media_type.rpartition("/")[2]
        return _SAID_AS.get(last.rpartition(".")[2], last.removeprefix("x-").upper())

    @property
    def opens(self) -> bool:
        """Whether there is something to look at without asking for it."""
        if self.scan == Scan.CLEAN and self.copy == "made":
            return True
        return self.scan in {Scan.CLEAN, Scan.UNSCANNED} and previews(self.media_type)


@dataclass(frozen=True)
class ComplaintView:
    """A complaint as triage works on it: the masked copy, no identity."""

    id: int
    ref: str
    source: str
    masked_text: str
    language: str
    resource_id: int | None
    version_id: int | None
    platform_id: int | None
    resource_hint: str | None
    resource_url: str | None
    locators: tuple[Place, ...]
    kind: str | None
    source_tag: str | None
    minor: bool
    wants_reply: bool
    state: str
    received_at: datetime
    accept_by: datetime
    handle_by: datetime
    exercise: bool
    joins: int | None = None
    appealed_at: datetime | None = None
    attachments: tuple[AttachmentView, ...] = ()


@dataclass(frozen=True)
class ClaimView:
    """One line of the claims on an incident's page."""

    complaint_id: int
    ref: str
    source: str
    received_at: datetime
    state: str
    masked_text: str
    kind: str | None
    locators: tuple[Place, ...]
    minor: bool
    source_tag: str | None
    attachments: tuple[AttachmentView, ...] = ()
    messages: int = 0
    unread: int = 0


@dataclass(frozen=True)
class MessageView:
    """A word between complainant and officer."""

    id: int
    direction: str  # in | out
    kind: str
    text: str
    at: datetime
    by: str = ""


@dataclass(frozen=True)
class StepView:
    """A state the complaint reached."""

    state: str
    at: datetime


@dataclass(frozen=True)
class ReceiptView:
    """What the holder of the receipt code sees."""

    complaint_id: int
    ref: str
    state: str
    resource_title: str
    received_at: datetime
    accept_by: datetime
    handle_by: datetime
    outcome: str | None
    steps: tuple[StepView, ...]
    messages: tuple[MessageView, ...] = ()
    places: tuple[Place, ...] = ()
    files: int = 0
    malicious: int = 0  # of these files
    erased: bool = False
    may: frozenset[str] = field(default_factory=frozenset)  # message | withdraw | confirm | appeal
    appealed_at: datetime | None = None
    pinged: bool = False
    minor: bool = False
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Teachable:
    """A complaint whose masked words may be learnt from."""

    complaint_id: int
    ref: str
    masked_text: str
    resource_known: bool
    answered_at: datetime | None  # an officer answered and closed it, no incident took it
