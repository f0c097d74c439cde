"""Whether somebody told the same problem before, for who is about to send it again.

The answer is one complaint to join and how many tell it; never a word, a place or a moment of
theirs. The complaint's number stays inside: pages only say that there is one.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.catalogue import queries as catalogue
from app.classifier import likeness
from app.intake import queries as intake
from app.intake.masking import mask
from app.intake.values import Place
from app.triage.models import Likeness
from app.triage.problems import same_problem
from app.triage.values import Offer

_TOLD_FROM = 5  # below it a number could tell who else knows
_COUNTED = 200


def offer(session: Session, resource_ref: str, text: str, places: Iterable[Place]) -> Offer | None:
    """The open complaint that tells the same problem at the same place; None when there is none.

    Compared by fingerprints alone: no language model is read, so a web process may ask.
    """
    resource = catalogue.resource(session, resource_ref)
    made = likeness.fingerprint(
        mask(text), about=resource.title, places=[(p.kind, p.start) for p in places]
    )
    found = [one for one, _ in same_problem(session, resource.id, made)]
    rows = session.execute(
        select(Likeness.complaint_id, Likeness.copy_of, Likeness.fingerprint).where(
            Likeness.complaint_id.in_(found)
        )
    ).all()
    here = {r.complaint_id: r for r in rows if not likeness.elsewhere(made, r.fingerprint)}
    real = [one for one in found if one in here and not intake.for_triage(session, one).exercise]
    if not real:
        return None
    n = _tellers(session, {here[one].copy_of or one for one in real})
    return Offer(real[0], n if n >= _TOLD_FROM else None)


def _tellers(session: Session, firsts: set[int]) -> int:
    """How many open complaints stand behind these, themselves included; counted up to 200."""
    members = session.scalars(
        select(Likeness.complaint_id)
        .where(or_(Likeness.complaint_id.in_(firsts), Likeness.copy_of.in_(firsts)))
        .limit(_COUNTED)
    )
    return len(intake.still_open(session, members.all()))
