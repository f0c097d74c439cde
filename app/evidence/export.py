"""Exporting a dossier as a door does it: note it in custody and log, sign a checkpoint, build."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from app.audit.service import record as audit
from app.audit.upkeep import bring_up_to_date
from app.core import clock
from app.core.errors import InvalidError
from app.core.keystore import keys
from app.core.settings import Settings
from app.core.transaction import reading, transaction
from app.evidence import dossier, queries, service, vault
from app.evidence.values import Act


def export(
    settings: Settings, incident: str, out: Path, *, by: str, reason: str, unseal: bool = False
) -> dossier.Sheet:
    """Write the incident's dossier to ``out``; the export is itself in the dossier.

    Raises:
        InvalidError: unsealing without a reason.
        NotFoundError: no such incident.
    """
    if unseal and not reason.strip():
        raise InvalidError("Say why this must be unsealed.", fields={"reason": "Say why."})
    with reading() as session:
        dossier.require(session, incident)
        items = queries.items(session, incident)
    sound = {item.ref: vault.intact(item.sha256) for item in items}
    at = clock.now()
    with transaction() as tx:
        for item in items:
            act = Act.UNSEALED if unseal and item.kid else Act.EXPORTED
            service.note(tx, item, act=act, by=by, reason=reason, at=at, intact=sound[item.ref])
        audit(
            tx,
            actor=by,
            action="evidence.dossier",
            subject=f"incident:{incident}",
            incident=incident,
            at=at,
            items=len(items),
            unsealed=unseal,
        )
    bring_up_to_date(every=timedelta())
    with reading() as session:
        return dossier.build(
            session,
            incident,
            out,
            keys=keys(),
            by=by,
            at=at,
            reason=reason,
            service_url=settings.public_url,
            unseal=unseal,
        )
