"""Questions to the catalogue."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.catalogue import finding
from app.catalogue.models import Address, Resource, ResourceVersion
from app.catalogue.names import BODY, PLATFORM
from app.catalogue.paths import covers, place_of
from app.catalogue.values import (
    CONTENT_ROLES,
    AddressHit,
    AddressView,
    Card,
    ResourceView,
    SameContent,
    VersionView,
)
from app.core.errors import InvalidError, NotFoundError

_URL = re.compile(r"https?://[^\s<>\"'\u2e80-\u9fff\uf900-\uffef]+", re.IGNORECASE)
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def _address_view(row: Address) -> AddressView:
    return AddressView(
        row.id,
        row.host,
        row.path,
        row.mode,
        row.role,
        row.hosting,
        row.url,
        row.digest,
        row.connect_to,
        row.resource_id,
        row.version_id,
    )


def addresses(session: Session, version_id: int) -> list[AddressView]:
    """Every place where this version is served, the one to show people first."""
    rows = session.scalars(
        sa.select(Address)
        .where(Address.version_id == version_id)
        .order_by(Address.rank, Address.id)
    )
    return [_address_view(row) for row in rows]


def address(session: Session, address_id: int) -> AddressView:
    """One address.

    Raises:
        NotFoundError: when there is none.
    """
    row = session.get(Address, address_id)
    if row is None:
        raise NotFoundError("There is no such address in the catalogue.")
    return _address_view(row)


def resource_addresses(session: Session, resource_id: int) -> list[AddressView]:
    """Every place where any version of the resource is served."""
    rows = session.scalars(
        sa.select(Address)
        .where(Address.resource_id == resource_id)
        .order_by(Address.rank, Address.id)
    )
    return [_address_view(row) for row in rows]


def current_version(session: Session, resource_id: int) -> VersionView:
    """The version that is served now.

    Raises:
        NotFoundError: when the resource is unknown.
    """
    row = session.scalar(
        sa.select(ResourceVersion)
        .where(ResourceVersion.resource_id == resource_id)
        .order_by(ResourceVersion.n.desc())
        .limit(1)
    )
    if row is None:
        raise NotFoundError("There is no such resource in the catalogue.")
    return VersionView(row.id, row.resource_id, row.n, row.digest, row.since)


def resource(session: Session, key: int | str) -> ResourceView:
    """One resource by id or ref.

    Raises:
        NotFoundError: when it is unknown.
    """
    match = Resource.id == key if isinstance(key, int) else Resource.ref == key
    row = session.scalar(sa.select(Resource).where(match))
    if row is None:
        raise NotFoundError("There is no such resource in the catalogue.")
    return ResourceView(
        row.id,
        row.ref,
        row.platform_id,
        row.provider_id,
        row.title,
        row.kind,
        row.subject,
        row.grade,
        row.views_30d,
        row.protected_until,
        row.removed_at,
        current_version(session, row.id).id,
    )


def platform_of_ref(session: Session, ref: str) -> int | None:
    """The platform of the resource with this ref; None when there is no such resource."""
    return session.scalar(sa.select(Resource.platform_id).where(Resource.ref == ref))


def provider_of(session: Session, resource_id: int) -> int:
    """The body that delivered the resource."""
    return resource(session, resource_id).provider_id


def resources_of_provider(session: Session, provider_id: int) -> list[int]:
    """The resources that this provider delivered."""
    return list(
        session.scalars(
            sa.select(Resource.id).where(Resource.provider_id == provider_id).order_by(Resource.id)
        )
    )


def platform_views(session: Session, platform_id: int) -> int:
    """All views of the platform's resources in 30 days: what the precaution's cap is a share of."""
    total = session.scalar(
        sa.select(sa.func.coalesce(sa.func.sum(Resource.views_30d), 0)).where(
            Resource.platform_id == platform_id
        )
    )
    return int(total or 0)


def _thumbnail(row: Resource, places: Sequence[AddressView]) -> str:
    own = next((a for a in places if a.hosting != "external"), None)
    if not row.thumbnail or own is None:
        return ""
    parts = urlsplit(own.url)
    return f"{parts.scheme}://{parts.netloc}{row.thumbnail}"


def _cards(session: Session, rows: Sequence[tuple[Resource, str, str]]) -> list[Card]:
    ids = [row.id for row, _, _ in rows]
    places: dict[int, list[AddressView]] = {i: [] for i in ids}
    for found in session.scalars(
        sa.select(Address).where(Address.resource_id.in_(ids)).order_by(Address.rank, Address.id)
    ):
        places[found.resource_id].append(_address_view(found))
    return [
        Card(
            row.id,
            row.ref,
            row.title,
            row.kind,
            row.subject,
            row.grade,
            row.description,
            provider,
            row.platform_id,
            platform,
            _thumbnail(row, places[row.id]),
            row.removed_at,
            tuple(places[row.id]),
        )
        for row, provider, platform in rows
    ]


def _named() -> sa.Select[Resource, str, str]:
    return (
        sa.select(Resource, BODY.c.name, PLATFORM.c.name)
        .join(BODY, BODY.c.id == Resource.provider_id)
        .join(PLATFORM, PLATFORM.c.id == Resource.platform_id)
    )


def card(session: Session, key: int | str) -> Card:
    """The public card of one resource, by id or ref.

    Raises:
        NotFoundError: when it is unknown.
    """
    match = Resource.id == key if isinstance(key, int) else Resource.ref == key
    rows = [(r[0], r[1], r[2]) for r in session.execute(_named().where(match))]
    if not rows:
        raise NotFoundError("There is no such resource in the catalogue.")
    return _cards(session, rows)[0]


def cards(session: Session, ids: Iterable[int]) -> dict[int, Card]:
    """Public cards by resource id."""
    found = session.execute(_named().where(Resource.id.in_(set(ids))))
    return {c.id: c for c in _cards(session, [(r[0], r[1], r[2]) for r in found])}


def search(
    session: Session,
    q: str,
    *,
    limit: int,
    offset: int = 0,
    platform_id: int | None = None,
) -> list[Card]:
    """Resources that match what a person typed, best first; all in id order for an empty query.

    An exact id, a pasted address, a part of the title, characters, pinyin and initials all work.
    """
    text = q.strip()
    # People paste a whole share message; the address in it counts.
    pasted = _URL.search(text)
    hit = by_url(session, pasted.group() if pasted else text) if "/" in text else None
    if hit is not None:
        return [card(session, hit.resource_id)] if offset == 0 else []
    ids = finding.find(session, text, limit=limit, offset=offset, platform_id=platform_id)
    found = cards(session, ids)
    return [found[i] for i in ids if i in found]


def by_url(session: Session, url: str) -> AddressHit | None:
    """The address that a pasted URL falls under: the exact one, else the longest prefix."""
    try:
        place = place_of(url)
    except InvalidError:
        return None
    # On one machine people paste localhost for 127.0.0.1; elsewhere a host is only itself.
    hosts = _LOOPBACK if place.host in _LOOPBACK else (place.host,)
    parts = place.path.split("/")
    above = ["/".join(parts[:n]) + "/" for n in range(1, len(parts))]
    wanted = [place.path, place.path + "/", place.path + "index.html", *above]
    rows = session.scalars(
        sa.select(Address).where(Address.host.in_(hosts), Address.path.in_(wanted))
    )
    hits = [row for row in rows if covers(row.mode, row.path, place.path)]
    if not hits:
        return None
    best = max(hits, key=lambda row: (row.mode == "exact", len(row.path)))
    return AddressHit(best.id, best.resource_id, best.version_id, best.role, best.host, best.path)


def same_content(session: Session, version_id: int) -> list[SameContent]:
    """Where the content of this version is served by other resources (防止扩散)."""
    digests = sa.select(Address.digest).where(
        Address.version_id == version_id,
        Address.digest.is_not(None),
        Address.role.in_(CONTENT_ROLES),
    )
    mine = sa.select(ResourceVersion.resource_id).where(ResourceVersion.id == version_id)
    rows = session.execute(
        sa.select(Address, Resource)
        .join(Resource, Resource.id == Address.resource_id)
        .where(
            Address.digest.in_(digests),
            Address.role.in_(CONTENT_ROLES),
            Address.resource_id.not_in(mine),
        )
        .order_by(Resource.id, Address.rank)
    )
    return [SameContent(_address_view(a), r.id, r.ref, r.title, r.platform_id) for a, r in rows]
