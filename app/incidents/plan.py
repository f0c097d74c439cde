"""From the norm's acts to duty rows: what is written, adopted, cancelled or put right.

Rows carry their own predecessor and limit, so that a later edit of the rules never changes an
incident that runs (design law 5).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.incidents import rows
from app.incidents.models import Duty, Incident
from app.incidents.states import DutyState
from app.norm.book import BOOK
from app.norm.duties import DutyPlan, PrecautionPlan, Told, reclassify
from app.norm.values import LETTERS, Act, Role, Source, Step

CORRECT = "correct"  # 更正: to those who were told wrongly
RESTORE = "restore"  # 恢复通知: to those who were told of a stop that has ended
# 信息网络传播权保护条例 Arts. 15-17: duties of that law, beside the norm's.
FORWARD = "forward"  # 转送: the notice to the provider
FORWARD_COUNTER = "forward_counter"  # the counter-notice to who sent the notice
RESUME = "resume"  # serve again what a counter-notice asks for; a person checks it

LIVE = frozenset({DutyState.OPEN, DutyState.RUNNING, DutyState.DONE, DutyState.FAILED})
TOLD = frozenset({DutyState.RUNNING, DutyState.DONE})


def write(
    tx: Session,
    incident: Incident,
    act: Act,
    *,
    wording: str,
    at: datetime,
    base: datetime,
    due_at: datetime | None,
) -> list[Duty]:
    """One row for the act, or one per recipient; limits count from ``base``."""
    existing = rows.duties(tx, incident)
    seq = max((row.seq for row in existing), default=0)
    after = _last(existing, act.after)
    limit_from = _last(existing, act.limit_from)
    written = []
    for role in act.to or (None,):
        seq += 1
        row = Duty(
            incident_id=incident.id,
            seq=seq,
            step=act.step.value,
            role=role.value if role else "",
            after_seq=after.seq if after else None,
            due_at=due_at,
            not_later_than=None,
            limit_seq=limit_from.seq if limit_from else None,
            limit_minutes=act.not_later_than if act.after else None,
            state=DutyState.OPEN.value,
            article=act.article,
            source=act.source.value,
            severe=act.severe,
            wording=wording,
        )
        _limit(row, limit_from, base)
        tx.add(row)
        written.append(row)
    tx.flush()
    return written


def by_law(
    tx: Session,
    incident: Incident,
    *,
    step: str,
    at: datetime,
    due_at: datetime,
    role: str = "",
    facts: dict[str, Any] | None = None,
    after: str | None = None,
    limit_minutes: int | None = None,
) -> Duty:
    """A row that another law than the norm demands; ``after`` names the step it follows."""
    existing = rows.duties(tx, incident)
    before = _last(existing, after)
    limit = limit_minutes if before else None
    row = Duty(
        incident_id=incident.id,
        seq=max((one.seq for one in existing), default=0) + 1,
        step=step,
        role=role,
        after_seq=before.seq if before else None,
        due_at=due_at,
        limit_minutes=limit,
        not_later_than=due_at + timedelta(minutes=limit) if limit is not None else None,
        state=DutyState.OPEN.value,
        article=BOOK.category(incident.category).article or 0,
        source=Source.LAW.value,
        severe=False,
        wording="precaution",
        facts=facts,
    )
    tx.add(row)
    tx.flush()
    return row


def extra(
    tx: Session,
    incident: Incident,
    *,
    step: str,
    about: Duty,
    at: datetime,
    note: str,
    facts: dict[str, Any] | None = None,
) -> Duty:
    """A letter that follows from one already sent (``correct``, ``restore``), to the same role."""
    seq = max((row.seq for row in rows.duties(tx, incident)), default=0) + 1
    row = Duty(
        incident_id=incident.id,
        seq=seq,
        step=step,
        role=about.role,
        due_at=at,
        state=DutyState.OPEN.value,
        article=about.article,
        # What follows from a letter of another law quotes no article of the norm either.
        source=(Source.LAW if about.source == Source.LAW else Source.HOUSE).value,
        severe=False,
        wording=CORRECT if step == CORRECT else "found",
        notice_id=about.notice_id,
        note=note,
        facts=facts,
    )
    tx.add(row)
    tx.flush()
    return row


def write_precaution(tx: Session, incident: Incident, plan: PrecautionPlan, at: datetime) -> None:
    """Measures at once; report and inform when nobody decides within the review clock."""
    review_by = incident.review_by or at
    for act in plan.now:
        write(tx, incident, act, wording="precaution", at=at, base=at, due_at=at)
    for act in plan.waiting:
        write(tx, incident, act, wording="precaution", at=at, base=review_by, due_at=review_by)
    freeze(incident, at)


def write_letters(tx: Session, incident: Incident, plan: PrecautionPlan, at: datetime) -> None:
    """A precaution on what a copyright notice stopped: its measures stand, its letters wait."""
    review_by = incident.review_by or at
    for act in plan.waiting:
        write(tx, incident, act, wording="precaution", at=at, base=review_by, due_at=review_by)
    freeze(incident, at)


def apply(
    tx: Session, incident: Incident, plan: DutyPlan, *, at: datetime, old_article: int | None
) -> None:
    """Bring the rows to what the finding demands: send what is missing, correct what was wrong."""
    existing = rows.duties(tx, incident)
    found = _told(existing, {"found"})
    anyhow = _told(existing, {"found", "precaution"})
    change = reclassify(found, plan, old_article=old_article)
    for act in change.missing:
        _adopt_or_write(tx, incident, act, at)
    _cancel_unnamed(tx, incident, plan)
    wrongly = {role.value for role in reclassify(anyhow, plan).correct}
    restated = {role.value for role in change.restate}
    for row in existing:
        if row.state not in TOLD or row.step not in LETTERS or row.wording == CORRECT:
            continue
        if row.role in wrongly:
            extra(tx, incident, step=CORRECT, about=row, at=at, note="not_named")
            wrongly.discard(row.role)
        elif row.role in restated and row.wording == "found" and row.article != plan.article:
            extra(tx, incident, step=CORRECT, about=row, at=at, note="other_article")
            restated.discard(row.role)
    for act in plan.then:
        if not any(r.step == act.step and r.state in LIVE for r in rows.duties(tx, incident)):
            _write_later(tx, incident, act, at)
    freeze(incident, at)


def _write_later(tx: Session, incident: Incident, act: Act, at: datetime) -> None:
    """A ``then`` act has no moment of its own: a person decides; what follows it waits for it."""
    due_at = at if act.after else None
    write(tx, incident, act, wording="found", at=at, base=at, due_at=due_at)


def _adopt_or_write(tx: Session, incident: Incident, act: Act, at: datetime) -> None:
    existing = rows.duties(tx, incident)
    left = []
    for role in act.to or (None,):
        row = _waiting(existing, act.step, role)
        if row is None:
            left.append(role)
        else:
            _adopt(row, act, existing, at)
    if left:
        roles = tuple(role for role in left if role is not None)
        part = _only(act, roles)
        write(tx, incident, part, wording="found", at=at, base=at, due_at=at)


def _only(act: Act, roles: tuple[Role, ...]) -> Act:
    return replace(act, to=roles)


def _waiting(existing: list[Duty], step: Step, role: Role | None) -> Duty | None:
    """A row that the finding takes over: a letter not promised yet, or the precaution's measure."""
    for row in existing:
        if row.step != step or row.role != (role or ""):
            continue
        if row.state == DutyState.OPEN or (role is None and row.state in LIVE):
            return row
    return None


def _adopt(row: Duty, act: Act, existing: list[Duty], at: datetime) -> None:
    row.wording = "found"
    row.article = act.article
    row.source = act.source.value
    row.due_at = at
    row.limit_minutes = act.not_later_than if act.after else None
    limit_from = next((r for r in existing if r.seq == row.limit_seq), None)
    _limit(row, limit_from, at)
    if row.step != Step.PRESERVE_RECORDS or row.state == DutyState.FAILED:
        # The stop is confirmed and widened, the spread looked at anew; records are kept already.
        row.state = DutyState.OPEN.value
        row.done_at = None


def _limit(row: Duty, limit_from: Duty | None, base: datetime) -> None:
    if row.limit_minutes is None:
        row.not_later_than = None
    elif limit_from is None:
        row.not_later_than = base + timedelta(minutes=row.limit_minutes)
    elif limit_from.done_at is not None:
        row.not_later_than = limit_from.done_at + timedelta(minutes=row.limit_minutes)


def _cancel_unnamed(tx: Session, incident: Incident, plan: DutyPlan) -> None:
    named = {
        (act.step.value, role.value if role else "")
        for act in plan.at_once + plan.then
        for role in (act.to or (None,))
    }
    for row in rows.duties(tx, incident):
        if row.step == RESUME and row.state in (DutyState.OPEN, DutyState.RUNNING):
            # After a finding of infringement a counter-notice goes to the authority.
            row.state, row.note = DutyState.CANCELLED.value, "to_authority"
        beside = row.source == Source.LAW or row.step in (CORRECT, RESTORE)
        mine = (row.step, row.role) in named or beside
        if row.state == DutyState.OPEN and not mine:
            row.state = DutyState.CANCELLED.value
            row.note = "reclassified"


def _told(existing: Iterable[Duty], wordings: set[str]) -> set[Told]:
    told: set[Told] = set()
    settled = TOLD | {DutyState.NOT_APPLICABLE}
    for row in existing:
        if row.wording in wordings and row.state in settled and row.step in set(Step):
            told.add((Step(row.step), Role(row.role) if row.role else None))
    return told


def _last(existing: list[Duty], step: str | None) -> Duty | None:
    found = [row for row in existing if step and row.step == step and row.state in LIVE]
    return found[-1] if found else None


def freeze(incident: Incident, at: datetime) -> None:
    """Keep the digests of the rules this incident is handled under (law 5)."""
    digests = {
        "articles": BOOK.articles_sha256,
        "house": BOOK.house_sha256,
        "digest": BOOK.digest,
        "at": at.isoformat(),
    }
    before = dict(incident.policy or {})
    if incident.found_at is None:
        incident.policy = {"precaution": digests, **digests}
    else:
        incident.policy = {**before, **digests}
