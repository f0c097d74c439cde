"""Writing the audit log: one entry per act, in the act's own transaction (design law 8)."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.audit import canonical, order
from app.audit.models import AuditEntry

_ENTRY = AuditEntry.__table__


def record(
    tx: Session,
    *,
    actor: str,
    action: str,
    subject: str,
    at: datetime,
    incident: str | None = None,
    **data: object,
) -> int:
    """Write who did what to which thing; the entry stands or falls with the transaction.

    Returns the entry's id. ``data`` is plain facts; personal data only as salted commitments.
    """
    order.announce(tx)
    row = tx.connection().execute(
        sa.insert(AuditEntry)
        .values(
            at=at,
            actor=canonical.text(actor),
            action=action,
            subject=canonical.text(subject),
            incident=incident,
            data=canonical.plain(data),
        )
        .returning(AuditEntry.id)
    )
    return int(row.scalar_one())
