"""What ``chuku up --demo`` runs in an application context: files, catalogue, people, the edge.

Running it again continues: nothing is made twice, nobody's password changes, and addresses follow
the edge's port of today. Files that hold secrets are written before the commit that makes the
secrets valid, so a crash in between leaves a useless file, never a lost password.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.accounts import service as accounts_service
from app.authorities import queries as authorities
from app.authorities import rules
from app.authorities import service as authorities_service
from app.catalogue import queries as catalogue
from app.catalogue.service import import_lines
from app.core import clock, files
from app.core.errors import InvalidError
from app.core.keystore import keys
from app.core.settings import Settings
from app.core.transaction import transaction
from app.demo import content, export
from app.demo.people import PEOPLE
from app.suspension import enforcement
from app.suspension import queries as suspension

BY = "system:demo"
TARGET = "demo-edge"


@dataclass(frozen=True, slots=True)
class Seeded:
    """Where the parts that start next find what they need."""

    officers: list[dict[str, str]]
    content: Path
    target: str
    edge_key: Path
    feed_keys: Path
    hosts: Path


def seed(settings: Settings) -> Seeded:
    """Make sure that the demo is there; ``settings.edge_url`` and ``public_url`` must be set.

    Raises:
        InvalidError: no edge address is set, or a demo row is refused.
    """
    if not settings.edge_url:
        raise InvalidError("The demo needs the address of its edge (CHUKU_EDGE_URL).")
    folder, edge = settings.folder, settings.folder / "edge"
    edge.mkdir(parents=True, exist_ok=True, mode=0o700)
    manifest = content.write(folder / "content", portal=settings.public_url)
    lines = list(export.lines(manifest, edge_url=settings.edge_url))
    # The rows as a file, for whoever wants to try `chuku catalogue import` or start from them.
    files.replace(folder / "demo.jsonl", "\n".join([*lines, ""]).encode())
    at = clock.now()
    with transaction() as tx:
        _catalogue(tx, lines, folder / "content" / "imported.sha256", at)
        rules.keep_in_force(tx, by=BY, at=at)
        officers = _people(tx, folder / "demo-officers.json", at)
        target = _edge(tx, edge / "key", at)
    _put_json(edge / "keys.json", _feed_keys())
    _put_json(edge / "hosts.json", content.host_folders())
    return Seeded(
        officers, folder / "content", target, edge / "key", edge / "keys.json", edge / "hosts.json"
    )


def _put_json(file: Path, value: Any) -> None:
    files.replace(file, json.dumps(value, ensure_ascii=False, indent=1).encode() + b"\n")


def _catalogue(tx: Session, lines: list[str], mark: Path, at: datetime) -> None:
    """Import the rows, unless this database has just these already."""
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    last = json.loads(lines[-1])["ref"]
    same = mark.is_file() and mark.read_text("ascii") == digest
    if same and catalogue.platform_of_ref(tx, last) is not None:
        return
    report = import_lines(tx, lines, at, by=BY, others=authorities_service.ROWS)
    if report.errors:
        number, sentence = report.errors[0]
        raise InvalidError("The demo's row %(n)s is refused: %(why)s", n=number, why=sentence)
    files.replace(mark, digest.encode())


def _known(file: Path) -> dict[str, dict[str, str]]:
    try:
        return {row["login"]: row for row in json.loads(file.read_text("utf-8"))}
    except (OSError, ValueError):
        return {}


def _people(tx: Session, file: Path, at: datetime) -> list[dict[str, str]]:
    known = _known(file)
    rows = []
    for person in PEOPLE:
        if accounts.by_login(tx, person.name) is not None:
            rows += [known[person.name]] if person.name in known else []
            continue
        password = secrets.token_urlsafe(12)
        where = [authorities.platform(tx, code).id for code in person.platforms]
        body_id = authorities.body(tx, person.body).id if person.body else None
        _, secret = accounts_service.add_account(
            tx,
            login=person.name,
            name=person.name,
            password=password,
            memberships=[(platform_id, person.role) for platform_id in where],
            body_id=body_id,
            by=BY,
            at=at,
        )
        rows.append(
            {
                "name": person.name,
                "login": person.name,
                "role": person.role,
                "password": password,
                "totp_secret": secret,
            }
        )
    _put_json(file, rows)
    return rows


def _edge(tx: Session, file: Path, at: datetime) -> str:
    """The serving edge as a must target with its own key; the name it reports under."""
    known = suspension.targets(tx)
    ours = [t.name for t in known if t.disabled_at is None and t.name.startswith(TARGET)]
    if ours and file.is_file() and accounts.by_key(tx, file.read_text("ascii").strip(), at=at):
        return ours[0]
    for lost in ours:  # its key is gone: nobody can report under this name any more
        enforcement.disable_target(tx, name=lost, by=BY, at=at)
    taken = any(t.name == TARGET for t in known)
    name = f"{TARGET}-{secrets.token_hex(3)}" if taken else TARGET
    token = accounts_service.create_key(tx, name=name, scope="edge", at=at, by=BY)
    machine = accounts.by_key(tx, token, at=at)
    assert machine is not None
    enforcement.add_target(
        tx, kind="edge", name=name, must=True, at=at, by=BY, api_key_id=machine.key_id
    )
    files.replace(file, token.encode() + b"\n")
    return name


def _feed_keys() -> dict[str, str]:
    """The public keys the agent checks the feed with; it never fetches them."""
    keys().signer("feed")  # made on first use
    found = [k for k in keys().public_keys() if k.purpose == "feed"]
    return {k.kid: base64.b64encode(k.public).decode() for k in found}
