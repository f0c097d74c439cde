"""What others see of the catalogue: values, never rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """The kinds of resources that Art. 2 names."""

    COURSE = "course"
    TEXTBOOK = "textbook"
    BOOK = "book"
    SLIDES = "slides"
    CASE = "case"
    EXPERIMENT = "experiment"
    RESEARCH_VIDEO = "research_video"
    TOOL = "tool"


class AddressRole(StrEnum):
    """What is served at an address."""

    PAGE = "page"
    MEDIA = "media"
    SEGMENT = "segment"
    ATTACHMENT = "attachment"
    LISTING = "listing"


class Mode(StrEnum):
    """Whether an address is one place or everything below it."""

    EXACT = "exact"
    PREFIX = "prefix"


class Hosting(StrEnum):
    """Who serves it: the platform, a connected platform, or somebody else (Art. 16: 外链)."""

    OWN = "own"
    CONNECTED = "connected"
    EXTERNAL = "external"


# Page 1: only content is compared by digest, never shared assets.
CONTENT_ROLES = (AddressRole.MEDIA, AddressRole.SEGMENT, AddressRole.ATTACHMENT)


@dataclass(frozen=True, slots=True)
class AddressView:
    """One place where a version is served."""

    id: int
    host: str
    path: str
    mode: str
    role: str
    hosting: str
    url: str
    digest: str | None
    connect_to: str | None
    resource_id: int
    version_id: int


@dataclass(frozen=True, slots=True)
class SameContent:
    """The same bytes somewhere else: another resource, perhaps another platform."""

    address: AddressView
    resource_id: int
    resource_ref: str
    title: str
    platform_id: int


@dataclass(frozen=True, slots=True)
class AddressHit:
    """The catalogue address that a pasted URL falls under."""

    address_id: int
    resource_id: int
    version_id: int
    role: str
    host: str
    path: str


@dataclass(frozen=True, slots=True)
class ResourceView:
    """One resource as the other features need it."""

    id: int
    ref: str
    platform_id: int
    provider_id: int
    title: str
    kind: str
    subject: str
    grade: str
    views_30d: int
    protected_until: datetime | None
    removed_at: datetime | None
    version_id: int


@dataclass(frozen=True, slots=True)
class VersionView:
    """One delivered state of a resource."""

    id: int
    resource_id: int
    n: int
    digest: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Card:
    """A resource as the public sees it."""

    id: int
    ref: str
    title: str
    kind: str
    subject: str
    grade: str
    description: str
    provider: str
    platform_id: int
    platform: str
    thumbnail_url: str
    removed_at: datetime | None
    addresses: tuple[AddressView, ...]


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did; ``errors`` are (line number, sentence)."""

    added: int
    changed: int
    same: int
    errors: tuple[tuple[int, str], ...]
