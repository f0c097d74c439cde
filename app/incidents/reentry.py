"""重新入库: the steps of Arts. 13-16 for one version, each signed by the role that owns it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, true
from sqlalchemy.orm import Session

from app.catalogue import queries as catalogue
from app.core.errors import ConflictError, InvalidError, NotFoundError
from app.incidents import rows
from app.incidents.models import Incident, ReentryCase, ReentryStep
from app.incidents.records import decide, need
from app.incidents.states import Action, State, advance
from app.incidents.values import CaseView, IncidentView, StepView
from app.norm.book import BOOK
from app.norm.decisions import LiftNeeds, lift_needs
from app.norm.duties import way_back

# step, article, who owns it: 资源提供者 reviews its own delivery and marks up its metadata,
# 平台服务提供单位 reviews content and technique and signs the agreement.
STEPS = (
    ("self_review", 13, "provider"),
    ("content_review", 13, "operator"),
    ("metadata", 14, "provider"),
    ("technical_review", 15, "operator"),
    ("agreement", 16, "operator"),
)


def open_reentry(
    tx: Session, *, ref: str, reason: str, by: str, at: datetime, version: int | None = None
) -> IncidentView:
    """Begin the whole intake procedure again, for the version that is served after the repair.

    Raises:
        ConflictError: the article gives no such way back; the sentence names it.
    """
    reason = need(reason, "reason")
    incident = rows.take(tx, ref, version)
    way = way_back(incident.category, incident.kind)
    if lift_needs(incident.category, incident.kind) is not LiftNeeds.REENTRY or way is None:
        raise ConflictError(
            "Article %(article)s gives no way back by re-entry; only the authority's written "
            "decision re-opens such a case.",
            article=BOOK.category(incident.category).article,
        )
    if incident.state != State.REENTRY:
        incident.state = advance(incident.state, Action.REENTER).value
        _reopen(tx, incident)
    current = catalogue.current_version(tx, incident.resource_id)
    case = ReentryCase(
        incident_id=incident.id,
        version_id=current.id,
        way=way.key.value,
        opened_by=by,
        opened_at=at,
    )
    tx.add(case)
    tx.flush()
    for seq, (step, article, role) in enumerate(STEPS, 1):
        tx.add(
            ReentryStep(
                case_id=case.id, seq=seq, step=step, article=article, role=role, state="open"
            )
        )
    tx.flush()
    decide(
        tx, incident, kind="reentry_open", by=by, reason=reason, at=at, of_version=case.version_id
    )
    return rows.view(tx, incident)


def _reopen(tx: Session, incident: Incident) -> None:
    """A removed case takes its place again, unless a newer one has it."""
    if incident.open:
        return
    taken = tx.scalar(
        select(Incident.ref).where(
            Incident.resource_id == incident.resource_id,
            Incident.routing_kind == incident.routing_kind,
            Incident.exercise.is_(incident.exercise),
            Incident.open == true(),
        )
    )
    if taken:
        raise ConflictError(
            "Incident %(ref)s is open on this resource; decide it first.", ref=taken
        )
    incident.open, incident.closed_at = True, None


def sign_reentry_step(
    tx: Session,
    *,
    ref: str,
    step: str,
    signatory: str,
    evidence_ref: str,
    by: str,
    at: datetime,
    note: str = "",
    version: int | None = None,
) -> IncidentView:
    """Sign one step with its file; the last one completes the case.

    Raises:
        NotFoundError: no open case, or no such step.
        ConflictError: signed already.
        InvalidError: nobody answers for it, or no file.
    """
    if not signatory.strip():
        raise InvalidError(
            "Say who answers for this step: name and position.",
            fields={"signatory": "Say who answers for this step: name and position."},
        )
    if not evidence_ref:
        raise InvalidError(
            "Attach the file of this step.", fields={"file": "Attach the file of this step."}
        )
    incident = rows.take(tx, ref, version)
    case, row = _open_step(tx, incident, step)
    if row.state == "signed":
        raise ConflictError("This step is signed already.")
    row.state = "signed"
    row.signed_by, row.signed_at = by, at
    row.signatory, row.note = signatory.strip(), note.strip() or None
    row.evidence_ref = evidence_ref
    tx.flush()
    left = tx.scalars(
        select(ReentryStep.step).where(
            ReentryStep.case_id == case.id, ReentryStep.state != "signed"
        )
    ).all()
    if not left:
        case.completed_at = at
    decide(
        tx,
        incident,
        kind="reentry_step",
        by=by,
        reason=note.strip() or step,
        at=at,
        evidence_ref=evidence_ref,
        step=step,
        article=row.article,
        role=row.role,
        complete=not left,
    )
    return rows.view(tx, incident)


def _open_step(tx: Session, incident: Incident, step: str) -> tuple[ReentryCase, ReentryStep]:
    case = tx.scalar(
        select(ReentryCase)
        .where(ReentryCase.incident_id == incident.id)
        .order_by(ReentryCase.id.desc())
    )
    row = (
        tx.scalar(
            select(ReentryStep).where(ReentryStep.case_id == case.id, ReentryStep.step == step)
        )
        if case
        else None
    )
    if case is None or row is None:
        raise NotFoundError("There is no such step; open the re-entry case first.")
    return case, row


def cases(session: Session, incident_id: int) -> list[CaseView]:
    """The incident's re-entry cases, newest first."""
    found = session.scalars(
        select(ReentryCase)
        .where(ReentryCase.incident_id == incident_id)
        .order_by(ReentryCase.id.desc())
    )
    return [_view(session, case) for case in found]


def _view(session: Session, case: ReentryCase) -> CaseView:
    steps = session.scalars(
        select(ReentryStep).where(ReentryStep.case_id == case.id).order_by(ReentryStep.seq)
    )
    return CaseView(
        id=case.id,
        version_id=case.version_id,
        way=case.way,
        opened_by=case.opened_by,
        opened_at=case.opened_at,
        completed_at=case.completed_at,
        steps=tuple(
            StepView(**{name: getattr(row, name) for name in StepView.__slots__}) for row in steps
        ),
    )
