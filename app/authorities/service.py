"""Verbs that change platforms, bodies, roles, contacts and kept rule texts."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.audit.service import record
from app.authorities.models import Body, Contact, Platform, PolicyVersion, RoleAssignment
from app.core.errors import InvalidError

BODY_KINDS = frozenset({"authority", "regulator", "operator", "cac", "police", "provider"})
LEVELS = frozenset({"national", "section", "provincial"})
ROLES = frozenset({"operator", "authority", "regulator", "local_cac", "police"})
_DIGITS = 9  # of a rank
CHANNELS = frozenset({"email", "phone", "paper"})

Row = Mapping[str, Any]


def _set(row: Any, values: dict[str, Any]) -> bool:
    """Write what differs; whether anything did."""
    changed = {k: v for k, v in values.items() if getattr(row, k) != v}
    for name, value in changed.items():
        setattr(row, name, value)
    return bool(changed)


def _text(row: Row, name: str, *, default: str | None = None) -> str:
    value = row.get(name, default)
    if value is None:
        value = default
    if not isinstance(value, str) or (default is None and not value.strip()):
        raise InvalidError("The field %(name)s is missing or is not text.", name=name)
    return value.strip()


def _one_of(row: Row, name: str, allowed: frozenset[str]) -> str:
    value = _text(row, name)
    if value not in allowed:
        raise InvalidError(
            "%(name)s is %(value)s; it must be one of: %(allowed)s.",
            name=name,
            value=value,
            allowed=", ".join(sorted(allowed)),
        )
    return value


def _flag(row: Row, name: str, *, default: bool) -> bool:
    value = row.get(name, default)
    if isinstance(value, str) and value.lower() in {"true", "false", "1", "0", "yes", "no", ""}:
        return value.lower() in {"true", "1", "yes"}
    if not isinstance(value, bool):
        raise InvalidError("The field %(name)s must be true or false.", name=name)
    return value


def _platform_id(tx: Session, code: str) -> int:
    found = tx.scalar(sa.select(Platform.id).where(Platform.code == code))
    if found is None:
        raise InvalidError("There is no platform %(code)s; import it first.", code=code)
    return found


def _body_id(tx: Session, code: str) -> int:
    found = tx.scalar(sa.select(Body.id).where(Body.code == code))
    if found is None:
        raise InvalidError("There is no body %(code)s; import it first.", code=code)
    return found


def upsert_platform(tx: Session, *, row: Row, by: str, at: datetime) -> str:
    """Write one platform; ``added``, ``changed`` or ``same``."""
    code = _text(row, "code")
    parent = row.get("parent")
    hosts = row.get("hosts", [])
    values = {
        "name": _text(row, "name"),
        "name_en": _text(row, "name_en", default=code),
        "parent_id": _platform_id(tx, parent) if parent else None,
        "level": _one_of(row, "level", LEVELS),
        "region": _text(row, "region", default=""),
        "operated": _flag(row, "operated", default=True),
        "letter_prefix": _text(row, "letter_prefix", default=code),
        "hosts": hosts.split() if isinstance(hosts, str) else [str(h) for h in hosts],
    }
    found = tx.scalar(sa.select(Platform).where(Platform.code == code))
    return _write(tx, found, Platform, {"code": code}, values, f"platform:{code}", by, at)


def upsert_body(tx: Session, *, row: Row, by: str, at: datetime) -> str:
    """Write one body; a provider must name a responsible person (Art. 10: 全部责任到人)."""
    code = _text(row, "code")
    kind = _one_of(row, "kind", BODY_KINDS)
    person = row.get("responsible_person") or None
    if kind == "provider" and not person:
        raise InvalidError(
            "The provider %(code)s names no responsible person; Article 10 requires one.", code=code
        )
    parent = row.get("parent")
    values = {
        "name": _text(row, "name"),
        "kind": kind,
        "parent_id": _body_id(tx, parent) if parent else None,
        "region": _text(row, "region", default=""),
        "responsible_person": person,
    }
    found = tx.scalar(sa.select(Body).where(Body.code == code))
    if found is not None and values["parent_id"] is not None:
        _refuse_loop(tx, found.id, int(values["parent_id"]))
    return _write(tx, found, Body, {"code": code}, values, f"body:{code}", by, at)


def _refuse_loop(tx: Session, body_id: int, parent_id: int) -> None:
    above: int | None = parent_id
    while above is not None:
        if above == body_id:
            raise InvalidError("A body cannot stand above itself.")
        above = tx.scalar(sa.select(Body.parent_id).where(Body.id == above))


def assign_role(tx: Session, *, row: Row, by: str, at: datetime) -> str:
    """Let a body hold a role on a platform from now on; ``added`` or ``same``."""
    platform, role, body = _text(row, "platform"), _one_of(row, "role", ROLES), _text(row, "body")
    keys = {"platform_id": _platform_id(tx, platform), "role": role, "body_id": _body_id(tx, body)}
    found = tx.scalar(
        sa.select(RoleAssignment).filter_by(**keys).where(RoleAssignment.to_at.is_(None))
    )
    subject = f"platform:{platform}"
    return _write(
        tx,
        found,
        RoleAssignment,
        keys | {"from_at": at},
        {},
        subject,
        by,
        at,
        {"role": role, "body": body},
    )


def end_role(tx: Session, *, platform: str, role: str, body: str, by: str, at: datetime) -> None:
    """Let a body hold a role no longer; letters already promised keep their recipient."""
    tx.execute(
        sa.update(RoleAssignment)
        .where(
            RoleAssignment.platform_id == _platform_id(tx, platform),
            RoleAssignment.role == role,
            RoleAssignment.body_id == _body_id(tx, body),
            RoleAssignment.to_at.is_(None),
        )
        .values(to_at=at)
    )
    record(
        tx,
        actor=by,
        action="role.ended",
        subject=f"platform:{platform}",
        at=at,
        role=role,
        body=body,
    )


def upsert_contact(tx: Session, *, row: Row, by: str, at: datetime) -> str:
    """Write one way to reach a body."""
    body = _text(row, "body")
    channel = _one_of(row, "channel", CHANNELS)
    address = _text(row, "address")
    if channel == "email" and ("@" not in address or any(c.isspace() for c in address)):
        raise InvalidError("%(address)s is not a mail address.", address=address)
    keys = {
        "body_id": _body_id(tx, body),
        "channel": channel,
        "address": address,
        "exercise": _flag(row, "exercise", default=False),
    }
    values = {
        "name": _text(row, "name"),
        "rank": _whole(row, "rank", default=1),
        "hours": _text(row, "hours", default=""),
    }
    found = tx.scalar(sa.select(Contact).filter_by(**keys).where(Contact.to_at.is_(None)))
    # A contact's name and address are personal: the log says that it changed, not to what.
    return _write(tx, found, Contact, keys | {"from_at": at}, values, f"body:{body}", by, at)


def _whole(row: Row, name: str, *, default: int) -> int:
    value = row.get(name, default)
    text = str(value).strip()
    if isinstance(value, bool) or not text.isdecimal() or len(text) > _DIGITS:
        raise InvalidError("The field %(name)s must be a whole number.", name=name)
    return int(text)


def _write(
    tx: Session,
    found: Any,
    model: type[Any],
    keys: dict[str, Any],
    values: dict[str, Any],
    subject: str,
    by: str,
    at: datetime,
    facts: dict[str, str] | None = None,
) -> str:
    noun = model.__tablename__.split("_")[0]
    if found is None:
        tx.add(model(**keys, **values))
        outcome = "added"
    else:
        outcome = "changed" if _set(found, values) else "same"
    if outcome != "same":
        tx.flush()
        record(tx, actor=by, action=f"{noun}.{outcome}", subject=subject, at=at, facts=facts or {})
    return outcome


def keep_policy(
    tx: Session,
    *,
    kind: str,
    text: str,
    in_force_from: datetime,
    approved_by: str,
    document_no: str,
    by: str,
    at: datetime,
    platform_id: int | None = None,
) -> str:
    """Keep the exact text of a rule file once; its SHA-256, which incidents freeze."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    known = tx.scalar(
        sa.select(PolicyVersion.id).where(
            PolicyVersion.sha256 == digest,
            PolicyVersion.platform_id.is_not_distinct_from(platform_id),
        )
    )
    if known is None:
        tx.add(
            PolicyVersion(
                platform_id=platform_id,
                kind=kind,
                sha256=digest,
                text=text,
                in_force_from=in_force_from,
                approved_by=approved_by,
                document_no=document_no,
            )
        )
        tx.flush()
        record(
            tx, actor=by, action="policy.kept", subject=f"policy:{digest[:16]}", at=at, kind=kind
        )
    return digest


ROWS: dict[str, Callable[..., str]] = {
    "platform": upsert_platform,
    "body": upsert_body,
    "role": assign_role,
    "contact": upsert_contact,
}
"""Row types of the import format that are written here; the catalogue writes the rest."""
