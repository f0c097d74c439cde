"""Verbs that change the catalogue."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.audit.service import record
from app.catalogue import rows
from app.catalogue.models import (
    Address,
    Resource,
    ResourceSearch,
    ResourceUsage,
    ResourceVersion,
)
from app.catalogue.names import BODY, PLATFORM
from app.catalogue.rows import AddressRow, ResourceRow
from app.catalogue.tokens import index_text, stage
from app.catalogue.values import ImportReport
from app.core.errors import AppError, ConflictError, InvalidError, NotFoundError

RowVerb = Callable[..., str]
_INDEX = sa.text("INSERT INTO resource_fts(rowid, tokens) VALUES (:id, :tokens)")
_FORGET = sa.text(
    "INSERT INTO resource_fts(resource_fts, rowid, tokens) VALUES ('delete', :id, :tokens)"
)
_NO_OTHERS: Mapping[str, RowVerb] = MappingProxyType({})


def import_lines(
    tx: Session,
    lines: Iterable[str],
    at: datetime,
    *,
    by: str = "system:import",
    others: Mapping[str, RowVerb] = _NO_OTHERS,
) -> ImportReport:
    """Write every good row of a file and list the bad ones; the same file twice changes nothing.

    ``others`` writes the row types that are not resources (``authorities.service.ROWS``): the two
    packages do not know each other, so whoever opens the door brings them together.
    """
    verbs = {"resource": upsert_resource, **others}
    counts = {"added": 0, "changed": 0, "same": 0}
    errors: list[tuple[int, str]] = []
    for number, row in rows.read(lines):
        if isinstance(row, str):
            errors.append((number, row))
            continue
        kind = str(row.get("type", "resource"))
        verb = verbs.get(kind)
        if verb is None:
            known = ", ".join(sorted(verbs))
            errors.append((number, f"type is {kind[:40]}; here it must be one of: {known}."))
            continue
        try:
            with tx.begin_nested():  # a bad row leaves nothing half written
                counts[verb(tx, row=row, by=by, at=at)] += 1
        except AppError as error:
            errors.append((number, str(error)))
    return ImportReport(counts["added"], counts["changed"], counts["same"], tuple(errors))


def upsert_resource(tx: Session, *, row: Mapping[str, Any], by: str, at: datetime) -> str:
    """Write one resource with its addresses; ``added``, ``changed`` or ``same``.

    Other content is a new version. An address that a later row leaves out is kept: it may still be
    served, and what is served must be stopped with the rest.
    """
    checked = rows.check(row)
    owner = _owner(tx, checked)
    found = tx.scalar(sa.select(Resource).where(Resource.ref == checked.ref))
    if found is None:
        resource = Resource(
            ref=checked.ref, **owner, **checked.fields, created_at=at, updated_at=at
        )
        tx.add(resource)
        tx.flush()
        outcome = "added"
    else:
        resource = found
        outcome = "changed" if _set(resource, {**owner, **checked.fields}) else "same"
    version, fresh = _version(tx, resource.id, checked.addresses, at)
    moved = _place_addresses(tx, resource.id, version.id, checked.addresses)
    if outcome == "same" and (fresh or moved):
        outcome = "changed"
    if outcome == "same":
        return outcome
    resource.updated_at = at
    _index(tx, resource)
    tx.flush()
    record(
        tx,
        actor=by,
        action=f"resource.{outcome}",
        subject=f"resource:{resource.ref}",
        at=at,
        version=version.n,
        digest=version.digest,
    )
    return outcome


def _set(row: Any, values: dict[str, Any]) -> bool:
    changed = {k: v for k, v in values.items() if getattr(row, k) != v}
    for name, value in changed.items():
        setattr(row, name, value)
    return bool(changed)


def _owner(tx: Session, row: ResourceRow) -> dict[str, Any]:
    platform_id = tx.scalar(sa.select(PLATFORM.c.id).where(PLATFORM.c.code == row.platform))
    if platform_id is None:
        raise InvalidError("There is no platform %(code)s; import it first.", code=row.platform)
    provider = tx.execute(
        sa.select(BODY.c.id, BODY.c.kind).where(BODY.c.code == row.provider)
    ).first()
    if provider is None or provider.kind != "provider":
        # Art. 10: every resource has a provider with a named responsible person.
        raise InvalidError("There is no provider %(code)s; import it first.", code=row.provider)
    return {"platform_id": int(platform_id), "provider_id": int(provider.id)}


def _content_digest(places: Iterable[AddressRow]) -> str:
    lines = sorted(
        f"{a.role} {a.place.host}{a.place.path} {a.digest}\n" for a in places if a.digest
    )
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _version(
    tx: Session, resource_id: int, places: tuple[AddressRow, ...], at: datetime
) -> tuple[ResourceVersion, bool]:
    digest = _content_digest(places)
    current = tx.scalar(
        sa.select(ResourceVersion)
        .where(ResourceVersion.resource_id == resource_id)
        .order_by(ResourceVersion.n.desc())
        .limit(1)
    )
    if current is not None and current.digest == digest:
        return current, False
    n = 1 if current is None else current.n + 1
    version = ResourceVersion(resource_id=resource_id, n=n, digest=digest, since=at)
    tx.add(version)
    tx.flush()
    return version, True


def _place_addresses(
    tx: Session, resource_id: int, version_id: int, places: tuple[AddressRow, ...]
) -> bool:
    known = {
        (row.host, row.path): row
        for row in tx.scalars(sa.select(Address).where(Address.resource_id == resource_id))
    }
    moved = False
    for rank, given in enumerate(places):
        key = (given.place.host, given.place.path)
        values = {
            "version_id": version_id,
            "mode": given.mode,
            "role": given.role,
            "hosting": given.hosting,
            "url": given.url,
            "digest": given.digest,
            "connect_to": given.connect_to,
            "rank": rank,
        }
        if key in known:
            moved |= _set(known.pop(key), values)
            continue
        _refuse_taken(tx, key)
        tx.add(Address(resource_id=resource_id, host=key[0], path=key[1], **values))
        moved = True
    for left in known.values():
        moved |= _set(left, {"version_id": version_id})
    tx.flush()
    return moved


def _refuse_taken(tx: Session, key: tuple[str, str]) -> None:
    owner = tx.scalar(
        sa.select(Resource.ref)
        .join(Address, Address.resource_id == Resource.id)
        .where(Address.host == key[0], Address.path == key[1])
    )
    if owner is not None:
        raise ConflictError(
            "The address %(place)s belongs to %(owner)s.", place="".join(key), owner=owner
        )


def _index(tx: Session, resource: Resource) -> None:
    provider = tx.scalar(sa.select(BODY.c.name).where(BODY.c.id == resource.provider_id))
    tokens = index_text(
        resource.title,
        resource.ref,
        resource.subject,
        resource.grade,
        f"{stage(resource.grade)}{resource.subject}",
        f"{resource.grade}{resource.subject}",
        str(provider or ""),
    )
    row = tx.get(ResourceSearch, resource.id)
    if row is not None and row.tokens == tokens:
        return
    sqlite = tx.get_bind().dialect.name == "sqlite"
    if row is None:
        tx.add(ResourceSearch(resource_id=resource.id, tokens=tokens))
    else:
        if sqlite:  # FTS5 forgets a row only when told exactly what it held
            tx.execute(_FORGET, {"id": resource.id, "tokens": row.tokens})
        row.tokens = tokens
    tx.flush()
    if sqlite:
        tx.execute(_INDEX, {"id": resource.id, "tokens": tokens})


def mark_removed(
    tx: Session, resource_id: int, at: datetime, *, by: str = "system:removal"
) -> None:
    """Record the removal (出库) in the catalogue; a second time changes nothing.

    Raises:
        NotFoundError: when the resource is unknown.
    """
    resource = tx.get(Resource, resource_id)
    if resource is None:
        raise NotFoundError("There is no such resource in the catalogue.")
    done = tx.execute(
        sa.update(Resource)
        .where(Resource.id == resource_id, Resource.removed_at.is_(None))
        .values(removed_at=at, updated_at=at)
    )
    if done.rowcount:  # type: ignore[attr-defined]
        tx.expire(resource)
        record(tx, actor=by, action="resource.removed", subject=f"resource:{resource.ref}", at=at)


def readmit(tx: Session, resource_id: int, at: datetime, *, by: str = "system:reentry") -> None:
    """Record that a removed resource came back through re-entry (重新入库)."""
    resource = tx.get(Resource, resource_id)
    if resource is None or resource.removed_at is None:
        return
    resource.removed_at, resource.updated_at = None, at
    record(tx, actor=by, action="resource.readmit", subject=f"resource:{resource.ref}", at=at)


def record_usage(
    tx: Session,
    *,
    ref: str,
    period: str,
    figures: dict[str, Any],
    by: str,
    at: datetime,
) -> str:
    """Write a resource's usage figures of a period (Art. 18); ``views_30d`` also ranks stops.

    Raises:
        NotFoundError: when the resource is unknown.
    """
    resource = tx.scalar(sa.select(Resource).where(Resource.ref == ref))
    if resource is None:
        raise NotFoundError("There is no resource %(ref)s.", ref=ref)
    views = figures.get("views_30d")
    if isinstance(views, int) and not isinstance(views, bool) and views >= 0:
        resource.views_30d = views
    found = tx.scalar(sa.select(ResourceUsage).filter_by(resource_id=resource.id, period=period))
    if found is not None and found.figures == figures:
        return "same"
    outcome = "added" if found is None else "changed"
    if found is None:
        tx.add(ResourceUsage(resource_id=resource.id, period=period, figures=figures))
    else:
        found.figures = figures
    tx.flush()
    record(tx, actor=by, action=f"usage.{outcome}", subject=f"resource:{ref}", at=at, period=period)
    return outcome
