"""Duty rows that are letters: whom they reach, what they say, what came of them.

Roles are grouped by body: a body that holds two roles gets one letter that names both.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import service as accounts
from app.authorities import queries as authorities
from app.catalogue import queries as catalogue
from app.incidents import rows
from app.incidents.models import Decision, Duty, Incident
from app.incidents.states import DutyState
from app.norm import deadlines
from app.norm.duties import way_back
from app.norm.values import Source
from app.notices import service as notices
from app.suspension import queries as stops

SHANGHAI = ZoneInfo("Asia/Shanghai")
OUT = frozenset({"sent", "delivered", "signed"})


def promise(tx: Session, incident: Incident, due: list[Duty], at: datetime) -> None:
    """Promise one letter per step and body for the rows that are due."""
    groups: dict[tuple[str, bool, str, str, int], list[Duty]] = defaultdict(list)
    for row in due:
        own = row.seq if row.facts else 0  # two claims are two letters, also to one body
        groups[row.step, row.severe, row.wording, row.note or "", own].append(row)
    for group in groups.values():
        _promise_group(tx, incident, group, at)


def _promise_group(tx: Session, incident: Incident, group: list[Duty], at: datetime) -> None:
    resource = catalogue.resource(tx, incident.resource_id)
    by_role = {row.role: row for row in group}
    found = authorities.recipients(
        tx, incident.platform_id, list(by_role), resource.provider_id, at
    )
    bodies: dict[int, list[Duty]] = defaultdict(list)
    used: set[str] = set()
    for recipient in found:
        row = by_role[recipient.role]
        if recipient.body_id is not None:
            # Two bodies in one role: each has its own letter, so each has its own row.
            mine = _copy(tx, incident, row) if recipient.role in used else row
            used.add(recipient.role)
            bodies[recipient.body_id].append(mine)
        elif recipient.state == "not_applicable":
            row.state = DutyState.NOT_APPLICABLE.value
            row.note, row.done_at = "no_body_above", at
        else:
            _nobody(tx, incident, row, at)
    for body_id, rows_of_body in bodies.items():
        _promise_letter(tx, incident, body_id, rows_of_body, at)


def _copy(tx: Session, incident: Incident, row: Duty) -> Duty:
    columns = {
        column.key: getattr(row, column.key)
        for column in Duty.__table__.columns
        if column.key not in ("id", "seq")
    }
    seq = max(one.seq for one in rows.duties(tx, incident)) + 1
    copied = Duty(seq=seq, **columns)
    tx.add(copied)
    tx.flush()
    return copied


def _nobody(tx: Session, incident: Incident, row: Duty, at: datetime) -> None:
    """An incident without an addressee opens a task at once (Art. 10); the duty stays open."""
    row.note = "no_body"
    accounts.page(
        tx,
        key=f"addressee:{incident.ref}:{row.seq}",
        why="No body holds a role that must be written to; assign it so that the letter can go.",
        at=at,
        role="supervisor",
        platform_id=incident.platform_id,
        incident=incident.ref,
    )


def _promise_letter(
    tx: Session, incident: Incident, body_id: int, mine: list[Duty], at: datetime
) -> None:
    first = mine[0]
    duty_key = f"{incident.ref}:{first.step}:{first.seq}"
    sign_by = deadlines.nudge_due(incident.category, at).at
    notice_id = notices.promise(
        tx,
        duty_key=duty_key,
        kind=first.step,
        platform_id=incident.platform_id,
        incident=incident.ref,
        body_id=body_id,
        roles=[row.role for row in mine],
        article=None if first.source == Source.LAW else first.article,
        facts=facts(tx, incident, first, at),
        at=at,
        sign_within=sign_by - at,
        exercise=incident.exercise,
        supersedes=first.notice_id or _told_before(tx, incident, first),
    )
    for row in mine:
        row.state = DutyState.RUNNING.value
        row.started_at = at
        row.duty_key = duty_key
        if row.facts:  # the letter has them now; who claims does not stand open twice
            row.facts = {key: value for key, value in row.facts.items() if key != "letter"}
        row.notice_id = notice_id
        row.note = None if row.note == "no_body" else row.note


def _told_before(tx: Session, incident: Incident, row: Duty) -> int | None:
    """The letter to the same role that this one follows (待核实, then the finding)."""
    if row.facts:
        return None  # a claim stands for itself
    return tx.scalar(
        select(Duty.notice_id)
        .where(
            Duty.incident_id == incident.id,
            Duty.role == row.role,
            Duty.step == row.step,
            Duty.severe == row.severe,
            Duty.seq < row.seq,
            Duty.notice_id.is_not(None),
        )
        .order_by(Duty.seq.desc())
    )


def facts(tx: Session, incident: Incident, row: Duty, at: datetime) -> dict[str, Any]:
    """What the letter may say: the officer's words, never the complainant's (page 1)."""
    resource = catalogue.resource(tx, incident.resource_id)
    seen = stops.stop_state(tx, incident.resource_id)
    way = way_back(incident.category, incident.kind)
    stopped = seen.stopped_at if seen.dark else None
    return {
        "resource_title": resource.title,
        "resource_ref": resource.ref,
        "resource_kind": resource.kind,
        "addresses": [a.url for a in catalogue.addresses(tx, incident.version_id)],
        "incident_ref": incident.ref,
        "category": incident.category,
        "kind": incident.kind,
        "wording": row.wording,
        "severe": row.severe,
        "severe_reason": incident.severe_reason if row.severe else None,
        "summary": incident.summary,
        "held": seen.dark,
        "stopped_at_text": moment_text(stopped),
        "found_at_text": moment_text(incident.found_at),
        "review_by_text": moment_text(incident.review_by),
        "complaints": len(rows.complaint_ids(tx, incident.id)),
        "attachments": [],
        "way_back": way.key.value if way else None,
        "correction": row.note if row.wording == "correct" else None,
        "decision": _authority_decision(tx, incident),
        "state": incident.state,
        **(row.facts or {}).get("letter", {}),
    }


def _authority_decision(tx: Session, incident: Incident) -> dict[str, str | None] | None:
    row = tx.scalar(
        select(Decision)
        .where(Decision.incident_id == incident.id, Decision.kind == "authority_decision")
        .order_by(Decision.id.desc())
    )
    if row is None:
        return None
    return {"document_no": row.document_no, "document_date": row.document_date}


def moment_text(moment: datetime | None) -> str | None:
    """``2026年11月22日21时05分``, as a letter prints it."""
    if moment is None:
        return None
    local = moment.astimezone(SHANGHAI)
    return f"{local.year}年{local.month}月{local.day}日{local:%H}时{local:%M}分"


def was_told(row: Duty) -> bool:
    """Whether this letter reached its body, or may have."""
    return row.duty_key is not None and row.state in (DutyState.RUNNING, DutyState.DONE)


def call_back(tx: Session, row: Duty, *, why: str, at: datetime) -> None:
    """Cancel a letter that is not out yet; one that is out stays told."""
    if row.duty_key is None:
        return
    if notices.cancel(tx, duty_key=row.duty_key, at=at):
        row.state, row.note = DutyState.CANCELLED.value, why


def settle(tx: Session, incident: Incident, row: Duty, *, state: str, at: datetime) -> None:
    """What came back about a letter; a bounce re-opens, a failure calls a supervisor."""
    if state in OUT:
        row.note = None if row.note in ("bounced", "failed") else row.note
        row.done_at = row.done_at or at
        row.state = DutyState.DONE.value
        return
    if row.state == DutyState.CANCELLED:
        return
    row.note, row.done_at = state, None
    # ``open`` with its key: the letter's own chain goes on to the next contact (law 6).
    row.state = (DutyState.FAILED if state == "failed" else DutyState.OPEN).value
    accounts.page(
        tx,
        key=f"letter:{row.duty_key}:{state}",
        why="A letter that the norm demands did not arrive; see the incident for what to do.",
        at=at,
        role="supervisor" if state == "failed" else "officer",
        platform_id=incident.platform_id,
        incident=incident.ref,
    )
