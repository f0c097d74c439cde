"""卷宗: everything about one incident in one file that proves itself (H5).

The bundle holds the items, 清单 and 笔录, the incident's audit entries with inclusion proofs under
a signed checkpoint, public keys, and a ``verify.py`` that needs Python and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import rfc8785
from sqlalchemy.orm import Session

from app.audit import canonical
from app.audit import queries as audit
from app.audit.values import CheckpointView, EntryView
from app.core.crypto import SealError
from app.core.errors import InvalidError, NotFoundError
from app.core.keystore import KeyGoneError, KeyStore
from app.core.table import csv_text
from app.evidence import queries, record_sheet, service, vault
from app.evidence.bag import BagWriter
from app.evidence.store import DamagedError
from app.evidence.values import CustodyView, ItemView

_HERE = Path(__file__).parent
_ED25519 = _HERE.parent.parent / "edge" / "ed25519.py"
_ENDINGS = {
    "application/warc": "warc.gz",
    "application/json": "json",
    "application/pdf": "pdf",
    "text/plain": "txt",
    "text/html": "html",
    "message/rfc822": "eml",
    "image/png": "png",
    "image/jpeg": "jpg",
}


@dataclass(frozen=True)
class Row:
    """One item as the bundle holds it."""

    item: ItemView
    file: str | None
    opened: str | None  # where its unsealed content lies, if asked for
    state: str  # intact | damaged | missing | erased

    def as_json(self) -> dict[str, Any]:
        """A line of items.jsonl; ``facts`` as the text whose digest the audit log keeps."""
        item = self.item
        return {
            "ref": item.ref,
            "kind": item.kind,
            "title": item.title,
            "media_type": item.media_type,
            "size": item.size,
            "sha256": item.sha256,
            "at": canonical.moment(item.captured_at),
            "sealed": item.kid is not None,
            "kid": item.kid,
            "facts": rfc8785.dumps(item.facts).decode(),
            "file": self.file,
            "opened": self.opened,
            "state": self.state,
        }


@dataclass(frozen=True)
class Sheet:
    """What 清单 and 笔录 say."""

    incident: str
    by: str
    at: datetime
    reason: str
    service: str
    rows: tuple[Row, ...]
    custody: tuple[CustodyView, ...]
    entries: tuple[EntryView, ...]
    checkpoint: CheckpointView


def require(session: Session, incident: str) -> None:
    """The audit log knows this incident.

    Raises:
        NotFoundError: it does not.
    """
    if not audit.entries(session, incident=incident, limit=1):
        raise NotFoundError("There is no incident %(incident)s.", incident=incident)


def build(
    session: Session,
    incident: str,
    out: Path,
    *,
    keys: KeyStore,
    by: str,
    at: datetime,
    reason: str,
    service_url: str,
    unseal: bool = False,
) -> Sheet:
    """Write the bundle; sealed items stay sealed unless ``unseal``.

    Raises:
        NotFoundError: the audit log knows no such incident, or has no checkpoint yet.
    """
    require(session, incident)
    checkpoint = audit.latest_checkpoint(session)
    if checkpoint is None:
        raise NotFoundError("The audit log has no checkpoint yet.")
    entries = audit.entries(session, incident=incident)
    entries = [e for e in entries if e.seq is not None and e.seq < checkpoint.size]
    fresh = out.with_name(f".{out.name}.part")
    try:
        bag = BagWriter(fresh, f"dossier-{incident}")
        sheet = Sheet(
            incident=incident,
            by=by,
            at=at,
            reason=reason,
            service=service_url,
            rows=tuple(_items(bag, queries.items(session, incident), unseal=unseal)),
            custody=tuple(queries.custody(session, incident=incident)),
            entries=tuple(entries),
            checkpoint=checkpoint,
        )
        _write_log(bag, session, sheet)
        _write_sheets(bag, sheet)
        _write_tools(bag, keys)
        bag.close(_info(sheet))
        fresh.replace(out)
    finally:
        fresh.unlink(missing_ok=True)
    return sheet


def _items(bag: BagWriter, items: list[ItemView], *, unseal: bool) -> Iterator[Row]:
    for item in items:
        ending = "sealed" if item.kid else _ENDINGS.get(item.media_type, "bin")
        row = Row(item, f"data/items/{item.ref}-{item.kind}.{ending}", None, "intact")
        if not vault.holds(item.sha256):
            yield replace(row, file=None, state="missing")
            continue
        damage: list[str] = []
        bag.add(str(row.file), _tolerant(item.sha256, damage.append))
        row = replace(row, state="damaged") if damage else row
        if unseal and item.kid and not damage:
            row = _opened(bag, row)
        yield row


def _tolerant(sha256: str, damaged: Callable[[str], None]) -> Iterator[bytes]:
    """The bytes as they are; damage is noted and shown instead of hiding the dossier."""
    try:
        yield from vault.pieces(sha256)
    except DamagedError as error:
        damaged(str(error))


def _opened(bag: BagWriter, row: Row) -> Row:
    try:
        plain = service.opened(row.item, vault.get(row.item.sha256))
    except KeyGoneError:
        return replace(row, state="erased")
    except (InvalidError, SealError):
        return row
    ending = _ENDINGS.get(row.item.media_type, "bin")
    place = f"data/opened/{row.item.ref}-{row.item.kind}.{ending}"
    bag.add(place, plain)
    return replace(row, opened=place)


def _write_log(bag: BagWriter, session: Session, sheet: Sheet) -> None:
    point = sheet.checkpoint
    proofs = [
        audit.inclusion_proof(session, entry.id, at_size=point.size).as_json()
        for entry in sheet.entries
    ]
    lines = b"".join(entry.canonical() + b"\n" for entry in sheet.entries)
    bag.add("data/audit/entries.jsonl", lines)
    bag.add("data/audit/proofs.json", json.dumps(proofs).encode())
    bag.add("data/audit/checkpoint.json", json.dumps(point.as_json()).encode())


def _write_sheets(bag: BagWriter, sheet: Sheet) -> None:
    rows = [json.dumps(row.as_json(), ensure_ascii=False) + "\n" for row in sheet.rows]
    bag.add("data/items.jsonl", "".join(rows).encode())
    bag.add("data/清单.csv", _csv(sheet).encode("utf-8-sig"))
    bag.add("data/笔录.html", record_sheet.html(sheet).encode())
    about = {"incident": sheet.incident, "by": sheet.by, "at": canonical.moment(sheet.at)}
    bag.add("data/about.json", json.dumps(about).encode())


def _csv(sheet: Sheet) -> str:
    cells = (record_sheet.cells(number, row) for number, row in enumerate(sheet.rows, start=1))
    return csv_text([record_sheet.headings(), *cells])


def _write_tools(bag: BagWriter, keys: KeyStore) -> None:
    published = [
        {
            "kid": key.kid,
            "purpose": key.purpose,
            "alg": key.alg,
            "public": record_sheet.base64_text(key.public),
            "from": canonical.moment(key.from_at),
            "to": canonical.moment(key.to_at) if key.to_at else None,
        }
        for key in keys.public_keys()
        if key.purpose in {"audit", "decision"}
    ]
    bag.add("data/keys.json", json.dumps(published, indent=1).encode())
    bag.add("verify.py", (_HERE / "verify_bundle.py").read_bytes())
    bag.add("ed25519.py", _ED25519.read_bytes())
    bag.add("README.txt", record_sheet.readme().encode())


def _info(sheet: Sheet) -> dict[str, str]:
    return {
        "Source-Organization": sheet.service,
        "Bagging-Date": f"{sheet.at:%Y-%m-%d}",
        "External-Identifier": sheet.incident,
        "Bag-Software-Agent": "Chuku",
    }
