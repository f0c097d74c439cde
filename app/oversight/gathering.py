"""One month's numbers out of the follower's rows, and the statements of reasons."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select, text
from sqlalchemy.orm import Session

from app.catalogue import queries as catalogue
from app.incidents import queries as incidents
from app.oversight import figures
from app.oversight.models import PublicCase, PublicCursor, PublicTally
from app.oversight.values import Month, Statement, after, begins, months

SETTLES = timedelta(hours=24)  # after a month's end, for what was still being written
PAGE = 20
# Told by the category alone: the finer kind beside a resource's name would hurt whom it protects.
_HUSHED = frozenset({"privacy", "defamation", "minors"})


def over(session: Session) -> list[str]:
    """The months whose figures are complete, oldest first."""
    cursor = session.get(PublicCursor, 1)
    if cursor is None or cursor.first_at is None or cursor.complete_at is None:
        return []
    return list(months(cursor.first_at, cursor.complete_at - SETTLES))


def month(session: Session, name: str) -> Month:
    """What may be published about this month; the same whenever it is asked."""
    begin, end = begins(name), begins(after(name))
    counts = {key: Counter[str]() for key in figures.TABLES}
    for row in session.scalars(select(PublicTally).where(PublicTally.month == name)):
        counts[row.measure][row.key] += row.n
    taken: dict[str, list[timedelta]] = {key: [] for key in figures.MEDIANS}
    moments = (
        PublicCase.opened_at,
        PublicCase.accepted_at,
        PublicCase.dark_at,
        PublicCase.decided_at,
        PublicCase.ended_at,
    )
    within = or_(*(and_(moment >= begin, moment < end) for moment in moments))
    for case in session.scalars(select(PublicCase).where(PublicCase.exercise.is_(False), within)):
        _count(case, counts, taken, begin, end)
    return figures.publish(name, counts, taken)


def _count(
    case: PublicCase,
    counts: dict[str, Counter[str]],
    taken: dict[str, list[timedelta]],
    begin: datetime,
    end: datetime,
) -> None:
    def here(moment: datetime | None) -> timedelta | None:
        inside = moment is not None and begin <= moment < end
        return moment - case.opened_at if moment is not None and inside else None

    if here(case.opened_at) is not None:
        counts["opened"][str(case.article)] += 1
    for key, moment in (("acceptance", case.accepted_at), ("stop", case.dark_at)):
        if (took := here(moment)) is not None:
            taken[key].append(took)
    if (took := here(case.decided_at)) is not None:
        found = case.outcome == "found"
        taken["finding" if found else "no_finding"].append(took)
        if found:
            counts["found"][str(case.found_article)] += 1
        else:
            counts["unfounded"][str(case.outcome)] += 1
    if here(case.ended_at) is not None:
        counts["ended"][str(case.ending)] += 1


def statements(
    session: Session, *, before: tuple[datetime, str] | None = None, limit: int = PAGE
) -> tuple[list[Statement], tuple[datetime, str] | None]:
    """Confirmed stops, newest finding first, and where the next page begins."""
    dialect = session.get_bind().dialect.name
    none = "exercise = 0" if dialect == "sqlite" else "NOT exercise"
    query = (
        select(PublicCase)
        # In the partial index's own words, so that it is used.
        .where(text(f"outcome = 'found' AND hold_ref IS NOT NULL AND {none}"))
        .order_by(PublicCase.decided_at.desc(), PublicCase.incident.desc())
        .limit(limit + 1)
    )
    if before is not None:
        moment, ref = before
        query = query.where(
            or_(
                PublicCase.decided_at < moment,
                and_(PublicCase.decided_at == moment, PublicCase.incident < ref),
            )
        )
    found = list(session.scalars(query))
    more, found = len(found) > limit, found[:limit]
    last = found[-1] if more else None
    following = (last.decided_at, last.incident) if last and last.decided_at else None
    return _stated(session, found), following


def statement(session: Session, incident: str) -> Statement | None:
    """The statement of one incident; None unless a person found and stopped."""
    case = session.get(PublicCase, incident)
    good = case is not None and case.outcome == "found" and case.hold_ref and not case.exercise
    return _stated(session, [case])[0] if case is not None and good else None


def _stated(session: Session, cases: list[PublicCase]) -> list[Statement]:
    views = incidents.by_refs(session, [case.incident for case in cases])
    cards = catalogue.cards(session, [view.resource_id for view in views.values()])
    stated = []
    for case in cases:
        view = views[case.incident]
        card = cards[view.resource_id]
        stated.append(
            Statement(
                ref=str(case.hold_ref),
                decided_at=case.decided_at or view.opened_at,
                title=card.title,
                resource=card.ref,
                provider=card.provider,
                category=view.category,
                kind=None if view.kind in _HUSHED else view.kind,
                article=view.article,
                state=view.state,
                mistaken=view.mistaken_at is not None,
            )
        )
    return stated
