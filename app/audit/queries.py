"""Questions to the audit log: entries, checkpoints, proofs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.audit import tree
from app.audit.models import FILED, AuditCheckpoint, AuditEntry, AuditLeaf, AuditNode
from app.audit.values import CheckpointView, EntryView, InclusionProof
from app.core.errors import NotFoundError

_BATCH = 2_000


def size(session: Session) -> int:
    """How many leaves the tree has."""
    last = session.scalar(select(func.max(AuditLeaf.seq)))
    return 0 if last is None else last + 1


def checkpoint_view(row: AuditCheckpoint) -> CheckpointView:
    """The row as others see it."""
    return CheckpointView(row.size, row.root, row.at, row.kid, row.signature)


def latest_checkpoint(session: Session) -> CheckpointView | None:
    """The newest signed checkpoint; None before the first."""
    row = session.scalars(select(AuditCheckpoint).order_by(AuditCheckpoint.id.desc()).limit(1))
    found = row.first()
    return checkpoint_view(found) if found else None


def checkpoints(session: Session, *, limit: int | None = None) -> list[CheckpointView]:
    """Signed checkpoints, newest first."""
    query = select(AuditCheckpoint).order_by(AuditCheckpoint.id.desc()).limit(limit)
    return [checkpoint_view(row) for row in session.scalars(query)]


def _view(row: AuditEntry, seq: int | None) -> EntryView:
    return EntryView(
        row.id, row.at, row.actor, row.action, row.subject, row.incident, row.data, seq
    )


def entries(
    session: Session,
    *,
    incident: str | None = None,
    subject: str | None = None,
    after: int = 0,
    limit: int | None = None,
) -> list[EntryView]:
    """Entries in the order they were written, each with its place in the tree."""
    query = (
        select(AuditEntry, AuditLeaf.seq)
        .outerjoin(AuditLeaf, AuditLeaf.entry_id == AuditEntry.id)
        .where(AuditEntry.id > after)
        .order_by(AuditEntry.id)
        .limit(limit)
    )
    if incident is not None:
        query = query.where(AuditEntry.incident == incident)
    if subject is not None:
        query = query.where(AuditEntry.subject == subject)
    return [_view(row, seq) for row, seq in session.execute(query)]


def entry(session: Session, entry_id: int) -> EntryView:
    """One entry.

    Raises:
        NotFoundError: there is none under that id.
    """
    found = entries(session, after=entry_id - 1, limit=1)
    if not found or found[0].id != entry_id:
        raise NotFoundError("There is no audit entry %(entry)s.", entry=entry_id)
    return found[0]


def from_leaf(session: Session, seq: int, *, limit: int) -> list[EntryView]:
    """Entries in the tree's order from this leaf on: what nothing can slip in before."""
    query = (
        select(AuditEntry, AuditLeaf.seq)
        .join(AuditLeaf, AuditLeaf.entry_id == AuditEntry.id)
        .where(AuditLeaf.seq >= seq)
        .order_by(AuditLeaf.seq)
        .limit(limit)
    )
    return [_view(row, leaf) for row, leaf in session.execute(query)]


def filed(session: Session, complaint: str) -> EntryView | None:
    """The entry of a complaint's filing, by the complaint's reference."""
    row = session.execute(
        select(AuditEntry, AuditLeaf.seq)
        .outerjoin(AuditLeaf, AuditLeaf.entry_id == AuditEntry.id)
        .where(AuditEntry.subject == f"complaint:{complaint}", text(FILED))
        .order_by(AuditEntry.id)
        .limit(1)
    ).first()
    return _view(row[0], row[1]) if row else None


def nodes(session: Session, wanted: Iterable[tree.Node]) -> dict[tree.Node, bytes]:
    """The hashes of the wanted complete subtrees, by one look-up per level."""
    levels: dict[int, list[int]] = defaultdict(list)
    for level, index in wanted:
        levels[level].append(index)
    found: dict[tree.Node, bytes] = {}
    for level, indexes in levels.items():
        if level == 0:
            leaves = session.execute(
                select(AuditLeaf.seq, AuditLeaf.leaf_hash).where(AuditLeaf.seq.in_(indexes))
            )
            found.update({(0, seq): value for seq, value in leaves})
        else:
            rows = session.execute(
                select(AuditNode.index, AuditNode.hash).where(
                    AuditNode.level == level, AuditNode.index.in_(indexes)
                )
            )
            found.update({(level, index): value for index, value in rows})
    return found


def root(session: Session, at_size: int) -> bytes:
    """The tree's root when it had ``at_size`` leaves."""
    span = (0, at_size)
    return tree.span_hash(span, nodes(session, tree.nodes_of(span)).__getitem__)


def _hashes(session: Session, spans: list[tree.Span]) -> tuple[bytes, ...]:
    known = nodes(session, tree.needed(spans))
    return tuple(tree.span_hash(span, known.__getitem__) for span in spans)


def inclusion_proof(
    session: Session, entry_id: int, *, at_size: int | None = None
) -> InclusionProof:
    """The proof that an entry stands in the tree (of ``at_size`` leaves, default: all).

    Raises:
        NotFoundError: the entry has no leaf yet, or not within that size.
    """
    row = session.execute(
        select(AuditLeaf.seq, AuditLeaf.leaf_hash).where(AuditLeaf.entry_id == entry_id)
    ).first()
    total = size(session) if at_size is None else at_size
    if row is None or row.seq >= total:
        raise NotFoundError("Audit entry %(entry)s is not in the tree yet.", entry=entry_id)
    path = _hashes(session, tree.inclusion_spans(row.seq, total))
    return InclusionProof(row.seq, total, row.leaf_hash, path)


def consistency(session: Session, *, old: int, new: int) -> tuple[bytes, ...]:
    """The proof that the tree of ``old`` leaves is the beginning of that of ``new``."""
    if not 0 < old <= new <= size(session):
        raise NotFoundError("The log has no tree of %(old)s and %(new)s entries.", old=old, new=new)
    return _hashes(session, tree.consistency_spans(old, new))


def leaves_with_entries(
    session: Session,
) -> Iterator[list[tuple[int, int, bytes, EntryView | None]]]:
    """All leaves in order, in batches: (seq, entry id, leaf hash, entry)."""
    after = -1
    while True:
        rows = session.execute(
            select(AuditLeaf.seq, AuditLeaf.entry_id, AuditLeaf.leaf_hash, AuditEntry)
            .outerjoin(AuditEntry, AuditEntry.id == AuditLeaf.entry_id)
            .where(AuditLeaf.seq > after)
            .order_by(AuditLeaf.seq)
            .limit(_BATCH)
        ).all()
        if not rows:
            return
        yield [
            (seq, entry_id, leaf, _view(row, seq) if row is not None else None)
            for seq, entry_id, leaf, row in rows
        ]
        after = rows[-1][0]
        session.expunge_all()


def unsequenced(session: Session) -> bool:
    """Whether entries still wait for their leaf."""
    last = session.scalar(select(func.max(AuditLeaf.entry_id))) or 0
    return session.scalar(select(AuditEntry.id).where(AuditEntry.id > last).limit(1)) is not None


def without_leaf(session: Session, *, limit: int = 20) -> tuple[list[int], int]:
    """Entries that the sequencer passed over (a fault), and how many still wait their turn."""
    last = session.scalar(select(func.max(AuditLeaf.entry_id))) or 0
    missing = session.scalars(
        select(AuditEntry.id)
        .outerjoin(AuditLeaf, AuditLeaf.entry_id == AuditEntry.id)
        .where(AuditEntry.id < last, AuditLeaf.seq.is_(None))
        .order_by(AuditEntry.id)
        .limit(limit)
    ).all()
    waiting = session.scalar(
        select(func.count()).select_from(AuditEntry).where(AuditEntry.id > last)
    )
    return list(missing), waiting or 0
