"""A candidate that reads along: only where it says something else is anything kept; no text."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.intake import queries as intake
from app.outbox import service as outbox
from app.triage.models import ModelShadow
from app.triage.values import SuggestionView

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Differences:
    """What one candidate said otherwise than one version in service."""

    live: str
    candidate: str
    differ: int
    severe_gained: int
    severe_lost: int
    hold_gained: int
    hold_lost: int
    kinds: list[tuple[tuple[str, str], int]]
    complaints: list[str]
    first: datetime
    last: datetime


def promise(tx: Session, *, complaint_id: int, candidate: str, at: datetime) -> None:
    """Promise the second reading; it waits behind all real work."""
    outbox.put(
        tx,
        topic="triage.shadow",
        key=f"triage.shadow:{complaint_id}:{candidate}",
        at=at,
        complaint_id=complaint_id,
    )


def compare(tx: Session, *, live: SuggestionView, candidate: dict[str, Any], at: datetime) -> bool:
    """Keep where the candidate differs from the reading that counts; twice is once."""
    before = (live.kind, live.severe, live.would_hold)
    after = (candidate["kind"], candidate["severe"], candidate["would_hold"])
    known = tx.scalar(
        select(ModelShadow.id).where(
            ModelShadow.complaint_id == live.complaint_id,
            ModelShadow.candidate == candidate["model"],
        )
    )
    if before == after or known is not None:
        return False
    tx.add(
        ModelShadow(
            complaint_id=live.complaint_id,
            live=live.model,
            candidate=candidate["model"],
            live_kind=live.kind,
            candidate_kind=candidate["kind"],
            live_severe=live.severe,
            candidate_severe=candidate["severe"],
            live_would_hold=live.would_hold,
            candidate_would_hold=candidate["would_hold"],
            at=at,
        )
    )
    tx.flush()
    return True


def differences(session: Session) -> list[Differences]:
    """Every pair of versions that differed, the newest pair first."""
    pairs: dict[tuple[str, str], list[ModelShadow]] = {}
    for row in session.scalars(select(ModelShadow).order_by(ModelShadow.id.desc())):
        pairs.setdefault((row.live, row.candidate), []).append(row)
    return [_summed(session, live, candidate, rows) for (live, candidate), rows in pairs.items()]


def _summed(session: Session, live: str, candidate: str, rows: list[ModelShadow]) -> Differences:
    shown = intake.claims(session, [row.complaint_id for row in rows[:_SHOWN]])
    changed = Counter(
        (row.live_kind, row.candidate_kind) for row in rows if row.live_kind != row.candidate_kind
    )
    return Differences(
        live=live,
        candidate=candidate,
        differ=len(rows),
        severe_gained=sum(row.candidate_severe and not row.live_severe for row in rows),
        severe_lost=sum(row.live_severe and not row.candidate_severe for row in rows),
        hold_gained=sum(row.candidate_would_hold and not row.live_would_hold for row in rows),
        hold_lost=sum(row.live_would_hold and not row.candidate_would_hold for row in rows),
        kinds=changed.most_common(),
        complaints=[claim.ref for claim in shown],
        first=rows[-1].at,
        last=rows[0].at,
    )
