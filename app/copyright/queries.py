"""Questions about copyright notices: of a letter, a receipt, an incident."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.copyright import sealing
from app.copyright.models import CopyrightNotice, CounterNotice
from app.copyright.states import State
from app.copyright.values import CaseView, Counter, Notice
from app.core.errors import NotFoundError
from app.incidents import queries as incidents
from app.incidents.values import IncidentView
from app.norm import deadlines
from app.notices import queries as letters
from app.notices.values import Kind, LetterPage

_LEADS = frozenset({Kind.FORWARD, Kind.INFORM})


def find(session: Session, ref: str) -> CopyrightNotice:
    """The row; for this package's verbs.

    Raises:
        NotFoundError: there is none.
    """
    row = session.scalar(select(CopyrightNotice).where(CopyrightNotice.ref == ref))
    if row is None:
        raise NotFoundError("There is no copyright notice %(ref)s.", ref=ref)
    return row


def incident_now(session: Session, ref: str) -> IncidentView:
    """The incident, or the one it was merged into (after a finding of another kind)."""
    found = incidents.incident(session, ref)
    while found.merged_into is not None:
        found = incidents.incident(session, found.merged_into)
    return found


def same(session: Session, resource_id: int, notice: Notice) -> list[CopyrightNotice]:
    """Earlier notices of this right holder about this work and this resource, newest first."""
    return list(
        session.scalars(
            select(CopyrightNotice)
            .where(
                CopyrightNotice.resource_id == resource_id,
                CopyrightNotice.work_hash == sealing.compared(notice.work),
                CopyrightNotice.holder_hash == sealing.compared(notice.holder.name),
            )
            .order_by(CopyrightNotice.id.desc())
        )
    )


def case(session: Session, ref: str, *, at: datetime) -> CaseView:
    """One notice with what came of it.

    Raises:
        NotFoundError: there is none.
    """
    return _view(session, find(session, ref), at)


def of_complaint(session: Session, complaint_id: int, *, at: datetime) -> CaseView | None:
    """The notice behind a receipt; None when the complaint is no notice."""
    row = session.scalar(
        select(CopyrightNotice).where(CopyrightNotice.complaint_id == complaint_id)
    )
    return _view(session, row, at) if row else None


def of_incident(session: Session, refs: Iterable[str], *, at: datetime) -> list[CaseView]:
    """The notices behind an incident and those merged into it, newest first."""
    rows = session.scalars(
        select(CopyrightNotice)
        .where(CopyrightNotice.incident.in_(list(refs)))
        .order_by(CopyrightNotice.id.desc())
    )
    return [_view(session, row, at) for row in rows]


def of_letter(session: Session, page: LetterPage, *, at: datetime) -> CaseView | None:
    """The notice that the reader of this letter may answer with a counter-notice.

    The forwarded one; after a finding the one behind the notification to the provider.
    """
    letter = page.notice
    if letter.kind not in _LEADS or letter.incident is None or "provider" not in letter.roles:
        return None
    named = incidents.named_in_letter(session, letter.id)
    if named is not None:
        return case(session, named, at=at)
    found = of_incident(session, [letter.incident], at=at)
    waiting = [one for one in found if one.state == State.SENT]
    return next(iter(waiting or found), None)


def by_link(session: Session, token: str, *, at: datetime) -> tuple[LetterPage, CaseView]:
    """The letter of this link and the notice it may be answered with.

    Raises:
        NotFoundError: no such link, or its letter is about no notice.
    """
    page = letters.by_token(session, token)
    found = of_letter(session, page, at=at)
    if found is None:
        raise NotFoundError("This letter is about no copyright notice.")
    return page, found


def _view(session: Session, row: CopyrightNotice, at: datetime) -> CaseView:
    answer = session.scalar(select(CounterNotice).where(CounterNotice.notice_id == row.id))
    notice = sealing.opened(row.kid, row.sealed, place=f"copyright_notice.sealed:{row.ref}")
    court = sealing.opened(row.kid, row.sealed_court, place=f"copyright_notice.court:{row.ref}")
    said = (
        sealing.opened(answer.kid, answer.sealed, place=f"counter_notice.sealed:{row.ref}")
        if answer
        else None
    )
    due = row.restore_due
    return CaseView(
        ref=row.ref,
        complaint_id=row.complaint_id,
        resource_id=row.resource_id,
        incident=row.incident,
        state=row.state,
        sent_at=row.sent_at,
        countered_at=row.countered_at,
        restore_due=due,
        ended_at=row.ended_at,
        court=court["court"] if court else None,
        kid=row.kid,
        notice=Notice.of(notice) if notice else None,
        counter=Counter.of(said) if said else None,
        waits=row.state == State.COUNTERED
        and deadlines.waits_for_suit()
        and due is not None
        and due > at,
    )
