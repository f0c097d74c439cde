"""What other packages see of the audit log."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from app.audit import canonical


@dataclass(frozen=True)
class EntryView:
    """One act; ``seq`` is its place in the tree once it has one."""

    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    incident: str | None
    data: dict[str, Any]
    seq: int | None = None

    def canonical(self) -> bytes:
        """The RFC 8785 bytes that the leaf hash covers."""
        return canonical.entry_bytes(
            entry_id=self.id,
            at=self.at,
            actor=self.actor,
            action=self.action,
            subject=self.subject,
            incident=self.incident,
            data=self.data,
        )


@dataclass(frozen=True)
class CheckpointView:
    """A signed statement that the log had ``size`` leaves under this root at that moment."""

    size: int
    root: str
    at: datetime
    kid: str
    signature: str

    def signed_bytes(self) -> bytes:
        """The RFC 8785 bytes that the signature covers."""
        return canonical.checkpoint_bytes(size=self.size, root=self.root, at=self.at)

    def as_json(self) -> dict[str, Any]:
        """The shape that is published, saved and put into dossiers."""
        return {**asdict(self), "at": canonical.moment(self.at)}


@dataclass(frozen=True)
class InclusionProof:
    """That leaf ``seq`` stands in the tree of ``size`` leaves."""

    seq: int
    size: int
    leaf: bytes
    path: tuple[bytes, ...]

    def as_json(self) -> dict[str, Any]:
        """Hex all through."""
        return {
            "seq": self.seq,
            "size": self.size,
            "leaf": self.leaf.hex(),
            "path": [part.hex() for part in self.path],
        }
