"""The one sequencer: gives settled entries their leaves in id order, and signs checkpoints."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.audit import canonical, order, queries, tree
from app.audit.models import AuditCheckpoint, AuditEntry, AuditLeaf, AuditNode
from app.audit.values import CheckpointView
from app.core.keystore import Signer

BATCH = 1_000
CHECKPOINT_EVERY = timedelta(seconds=60)


def sequence(tx: Session, *, limit: int = BATCH) -> int:
    """Give the next settled entries their leaves; how many (0 also when another has the turn)."""
    if not order.take_turn(tx):
        return 0
    last = tx.execute(
        sa.select(AuditLeaf.seq, AuditLeaf.entry_id).order_by(AuditLeaf.seq.desc()).limit(1)
    ).first()
    size, after = (last.seq + 1, last.entry_id) if last else (0, 0)
    rows = tx.scalars(
        sa.select(AuditEntry)
        .where(AuditEntry.id > after, AuditEntry.id <= order.settled(tx))
        .order_by(AuditEntry.id)
        .limit(limit)
    ).all()
    if not rows:
        return 0
    hashes = [
        tree.leaf_hash(
            canonical.entry_bytes(
                entry_id=row.id,
                at=row.at,
                actor=row.actor,
                action=row.action,
                subject=row.subject,
                incident=row.incident,
                data=row.data,
            )
        )
        for row in rows
    ]
    known = queries.nodes(tx, tree.nodes_of((0, size)))
    made = tree.grow(size, hashes, known.__getitem__)
    connection = tx.connection()
    connection.execute(
        sa.insert(AuditLeaf),
        [
            {"seq": size + n, "entry_id": row.id, "leaf_hash": value}
            for n, (row, value) in enumerate(zip(rows, hashes, strict=True))
        ],
    )
    if made:
        connection.execute(
            sa.insert(AuditNode),
            [{"level": at[0], "index": at[1], "hash": value} for at, value in made.items()],
        )
    return len(rows)


def checkpoint(
    tx: Session, *, at: datetime, signer: Signer, every: timedelta = CHECKPOINT_EVERY
) -> CheckpointView | None:
    """Sign the tree as it stands, if it grew and the last checkpoint is older than ``every``.

    ``every=timedelta()`` signs on demand. Returns the newest checkpoint.
    """
    newest = queries.latest_checkpoint(tx)
    if not order.take_turn(tx):
        return newest
    size = queries.size(tx)
    if size == (newest.size if newest else 0) or (newest and at - newest.at < every):
        return newest
    root = queries.root(tx, size).hex()
    row = AuditCheckpoint(
        size=size,
        root=root,
        at=at,
        kid=signer.kid,
        signature=signer.sign_text(canonical.checkpoint_bytes(size=size, root=root, at=at)),
    )
    tx.add(row)
    tx.flush()
    return queries.checkpoint_view(row)
