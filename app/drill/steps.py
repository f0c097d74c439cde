"""The exercise's own acts. All it makes is marked ``exercise``; only exercise holds end by it.

Law 4 keeps its shape: one part of the drill asks for the lift, another agrees, and neither is who
placed or confirmed; the tables refuse anything else, also for exercises.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.accounts import service as accounts
from app.catalogue.values import ResourceView
from app.core.clock import SHANGHAI
from app.evidence import service as evidence
from app.evidence import vault
from app.incidents import decisions, lifting
from app.incidents import queries as incidents
from app.incidents.values import IncidentView
from app.intake import closing
from app.intake import service as intake
from app.intake.values import Filing, Source

DRILL, SECOND = "system:drill", "system:drill-second"
_TEXT = "演练：课件最后一页的二维码是赌博网站"
_SUMMARY = "演练：检验从受理、停止传输、函告到恢复传输的全过程，资源本身没有问题。"
_DOCUMENT = "演练"
_ORDER = "演练用书面决定：演练结束，恢复传输。本件不是主管单位的文件。"


@dataclass(frozen=True)
class Begun:
    """The exercise's complaint."""

    ref: str
    complaint_id: int
    at: datetime


def file(tx: Session, *, resource: ResourceView, at: datetime) -> Begun:
    """A complaint as any other, marked as an exercise, that nobody must answer."""
    filed = intake.file_complaint(
        tx,
        filing=Filing(
            source=Source.INSPECTION,
            text=_TEXT,
            resource_ref=resource.ref,
            kind="gambling",
            entered_by=DRILL,
            exercise=True,
        ),
        at=at,
    )
    return Begun(filed.ref, filed.complaint_id, filed.received_at)


def stop(tx: Session, *, incident: str, at: datetime) -> None:
    """What the policy only proposed, the exercise stops itself."""
    decisions.stop_now(tx, ref=incident, reason=_SUMMARY, by=DRILL, at=at)


def find(tx: Session, *, incident: str, at: datetime) -> None:
    """The finding from which letters go out, to exercise contacts only."""
    decisions.confirm(
        tx, ref=incident, category="legal", kind="gambling", reason=_SUMMARY, summary=_SUMMARY,
        by=DRILL, at=at,
    )  # fmt: skip


def order() -> vault.Stored:
    """The file that stands for the authority's written decision; call with no tx open."""
    return vault.put(_ORDER.encode())


def take_back(tx: Session, *, complaint_id: int, at: datetime) -> str | None:
    """The incident the complaint led to; if none yet, the complaint is closed and leads to none."""
    found = incidents.incidents_of_complaint(tx, complaint_id)
    if found:
        return found[0].ref
    closing.outcome(tx, complaint_id=complaint_id, key="closed", by=DRILL, at=at)
    return None


def let_go(tx: Session, *, incident: str, document: vault.Stored, at: datetime) -> IncidentView:
    """End the exercise from wherever it stands; the way back is the article's, in exercise."""
    view = incidents.incident(tx, incident)
    if view.state == "alleged":
        decisions.reject(tx, ref=incident, reason=_SUMMARY, by=DRILL, at=at)
    elif view.open:
        if view.found_at is not None:
            _record_order(tx, incident, document, at)
        lifting.request_lift(tx, ref=incident, reason=_SUMMARY, by=DRILL, at=at)
        lifting.approve_lift(tx, ref=incident, reason=_SUMMARY, by=SECOND, at=at)
    accounts.answer_pages_of(tx, incident=incident, by=DRILL, at=at)
    return incidents.incident(tx, incident)


def _record_order(tx: Session, incident: str, document: vault.Stored, at: datetime) -> None:
    item = evidence.record(
        tx, incident=incident, kind="authority_document", title=_DOCUMENT, stored=document,
        media_type="text/plain", by=DRILL, at=at, facts={"exercise": True},
    )  # fmt: skip
    lifting.record_authority_decision(
        tx,
        ref=incident,
        document_no=_DOCUMENT,
        document_date=at.astimezone(SHANGHAI).date().isoformat(),
        evidence_ref=item.ref,
        reason=_SUMMARY,
        by=DRILL,
        at=at,
    )
