"""What workers run for evidence: capturing addresses, re-hashing the vault at night."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import current_app

from app.accounts.service import page
from app.audit.service import record as audit
from app.catalogue import queries as catalogue
from app.catalogue.values import AddressView, Mode
from app.core import clock
from app.core.failpoint import failpoint
from app.core.settings import Settings
from app.core.transaction import reading, transaction
from app.evidence import queries, service, vault, warc
from app.evidence.capture import Fetched, NotCapturedError, take
from app.evidence.values import Act, CaptureState, CaptureView
from app.outbox.service import put as promise

_SLOW = "deadline"  # core/http.py's word: from then on only the beginning is asked for
_SCRUB_BATCH = 200
_SCRUB_BYTES = 2 * 1024**3


def capture(capture_id: int) -> None:
    """Capture one address: fetch, write the WARC, seal it; a failure promises its next attempt."""
    with reading() as session:
        one = queries.capture(session, capture_id)
        if one.state != CaptureState.OPEN:
            return
        address = catalogue.address(session, one.address_id)
    settings: Settings = current_app.config["CHUKU"]
    at = clock.now()
    try:
        fetched = take(address, settings, ranged=_SLOW in (one.error or ""))
    except NotCapturedError as error:
        with transaction() as tx:
            service.capture_failed(tx, capture_id=one.id, error=str(error), at=clock.now())
        return
    info = {"software": "Chuku", "incident": one.incident, "format": "WARC File Format 1.0"}
    data, digests = warc.write(fetched.hops, at=at, info=info)
    failpoint("evidence.before_file")
    stored = vault.put(data)
    failpoint("evidence.after_file")
    with transaction() as tx:
        service.capture_done(
            tx,
            capture_id=one.id,
            title=address.url,
            stored=stored,
            facts=_facts(one, address, fetched, digests),
            partial=fetched.partial,
            at=at,
        )


def _facts(
    one: CaptureView, address: AddressView, fetched: Fetched, digests: list[warc.Digests]
) -> dict[str, Any]:
    last = fetched.last
    return {
        "url": address.url,
        "status": last.status,
        "content_type": last.header("Content-Type") or "",
        "payload_sha256": vault.digest_of(last.body),
        "payload_size": len(last.body),
        "expected_sha256": address.digest,
        "as_catalogued": _as_catalogued(address, last.body),
        "role": address.role,
        "hosting": address.hosting,
        "version": one.version_id,
        "via": fetched.via,
        "remote": last.remote,
        "records": [asdict(digest) for digest in digests],
        "server_date": last.header("Date") or "",
        "last_modified": last.header("Last-Modified") or "",
        "partial": fetched.partial,
        "took_ms": last.took_ms,
    }


def _as_catalogued(address: AddressView, body: bytes) -> bool | None:
    """Whether the content is the one the catalogue knows; None where it knows no single file."""
    if address.digest is None or address.mode == Mode.PREFIX:
        return None
    return address.digest == vault.digest_of(body)


def scrub(after: int = 0, checked: int = 0, damaged: int = 0, **_tick: object) -> None:
    """Re-hash what lies in the vault, some gigabytes at a time; damage calls a person."""
    with reading() as session:
        batch = queries.after(session, after, limit=_SCRUB_BATCH)
    broken, last, size = [], after, 0
    for item in batch:
        if size > _SCRUB_BYTES:
            break
        if not vault.intact(item.sha256):
            broken.append(item)
        last, size, checked = item.id, size + item.size, checked + 1
    at = clock.now()
    damaged += len(broken)
    with transaction() as tx:
        for item in broken:
            service.note(
                tx, item, act=Act.VERIFIED, by="system:scrub", reason="", at=at, intact=False
            )
            page(
                tx,
                key=f"evidence.damaged:{item.ref}",
                why="Evidence in the vault is damaged. Restore it from the backup.",
                at=at,
                role="supervisor",
                incident=item.incident,
            )
        if last > after:
            promise(
                tx,
                topic="evidence.scrub",
                key=f"evidence.scrub:{at:%Y%m%d}:{last}",
                at=at,
                after=last,
                checked=checked,
                damaged=damaged,
            )
        elif checked:
            audit(
                tx,
                actor="system:scrub",
                action="evidence.scrub",
                subject="vault",
                at=at,
                checked=checked,
                damaged=damaged,
            )


JOBS = {"evidence.capture": capture, "evidence.scrub": scrub}
PERIODIC = {"evidence.scrub": 86_400}
