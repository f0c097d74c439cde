"""Questions about letters: for the incident, the desk, and the holder of a link."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.authorities import queries as authorities
from app.core.errors import ConflictError
from app.notices import render, rows
from app.notices.channel import by_hand
from app.notices.models import Delivery, LetterLink, LetterSignature, Notice
from app.notices.states import ENDED
from app.notices.values import DeliveryView, LetterPage, NoticeView, SignatureView, Step


def for_incident(session: Session, incident: str) -> list[NoticeView]:
    """An incident's letters in the order of their promise; nudges stand with their letter."""
    return _views(
        session,
        session.scalars(
            select(Notice)
            .where(Notice.incident == incident, Notice.nudges_id.is_(None))
            .order_by(Notice.id)
        ).all(),
    )


def letter(session: Session, ref: str) -> NoticeView:
    """One letter.

    Raises:
        NotFoundError: there is none.
    """
    row = rows.notice(session, ref)
    return _views(session, [row])[0]


def letters(
    session: Session,
    platform_ids: Sequence[int],
    *,
    state: str | None = None,
    unsigned: bool = False,
    after: int | None = None,
    limit: int = 50,
) -> tuple[list[NoticeView], int | None]:
    """Letters of these platforms, newest first, and where the next page begins."""
    query = (
        select(Notice)
        .where(Notice.platform_id.in_(platform_ids), Notice.nudges_id.is_(None))
        .order_by(Notice.id.desc())
        .limit(limit + 1)
    )
    if state:
        query = query.where(Notice.state == state)
    if unsigned:
        query = query.where(Notice.state.not_in([s.value for s in ENDED]))
    if after is not None:
        query = query.where(Notice.id < after)
    found = session.scalars(query).all()
    more = found[limit - 1].id if len(found) > limit else None
    return _views(session, found[:limit]), more


def rendered(session: Session, ref: str) -> tuple[bytes, bytes, bytes]:
    """The exact frozen bytes: text, HTML, and the first mail with its link masked (or empty).

    Raises:
        NotFoundError: there is no such letter.
        ConflictError: it is not drawn up yet.
    """
    row = rows.notice(session, ref)
    if row.rendered_text is None or row.rendered_html is None:
        raise ConflictError("This letter is not drawn up yet. Try again in a minute.")
    return row.rendered_text, row.rendered_html, row.rendered_eml or b""


def article_html(session: Session, ref: str) -> str:
    """The frozen letter as a piece of a page; empty while it is not drawn up."""
    row = rows.notice(session, ref)
    return render.article_of(row.rendered_html) if row.rendered_html is not None else ""


def by_token(session: Session, token: str) -> LetterPage:
    """What the holder of this link may see.

    Raises:
        NotFoundError: no such link.
    """
    link, row = rows.by_link(session, token)
    later = session.execute(
        select(Notice.kind, Notice.number)
        .where(
            Notice.supersedes_id == row.id,
            Notice.body_id == row.body_id,
            Notice.number.is_not(None),
        )
        .order_by(Notice.id)
    )
    html = render.article_of(row.rendered_html) if row.rendered_html is not None else ""
    return LetterPage(
        notice=_views(session, [row])[0],
        contact_id=link.contact_id,
        article_html=html,
        read_at=link.read_at,
        followed_by=tuple((kind, number) for kind, number in later),
    )


def _views(session: Session, found: Sequence[Notice]) -> list[NoticeView]:
    ids = [row.id for row in found]
    nudges = dict(
        session.execute(select(Notice.id, Notice.nudges_id).where(Notice.nudges_id.in_(ids))).all()
    )
    deliveries = _deliveries(session, ids, nudges)
    signatures = {
        row.notice_id: SignatureView(row.name, row.position, row.how, row.at, row.answer)
        for row in session.scalars(
            select(LetterSignature).where(LetterSignature.notice_id.in_(ids))
        )
    }
    earlier = [row.supersedes_id for row in found if row.supersedes_id is not None]
    refs = dict(session.execute(select(Notice.id, Notice.ref).where(Notice.id.in_(earlier))).all())
    names = authorities.bodies(session, [row.body_id for row in found])
    return [
        _view(
            row,
            names[row.body_id].name,
            tuple(deliveries[row.id]),
            signatures.get(row.id),
            refs.get(row.supersedes_id) if row.supersedes_id else None,
            sum(1 for owner in nudges.values() if owner == row.id),
        )
        for row in found
    ]


def _deliveries(
    session: Session, ids: list[int], nudges: dict[int, int | None]
) -> dict[int, list[DeliveryView]]:
    read = {
        (row.notice_id, row.contact_id): row.read_at
        for row in session.scalars(select(LetterLink).where(LetterLink.notice_id.in_(ids)))
    }
    made: dict[int, list[DeliveryView]] = defaultdict(list)
    query = select(Delivery).where(Delivery.notice_id.in_([*ids, *nudges])).order_by(Delivery.id)
    for row in session.scalars(query):
        owner = nudges.get(row.notice_id) or row.notice_id
        is_nudge = row.step == Step.NUDGE
        made[owner].append(
            DeliveryView(
                id=row.id,
                channel=row.channel,
                step=row.step,
                contact=row.contact_name,
                address=row.address,
                state=row.state,
                by_hand=by_hand(row.channel),
                attempts=row.attempts,
                last_error=row.last_error,
                receipt=row.receipt,
                promised_at=row.promised_at,
                sent_at=row.sent_at,
                read_at=None if is_nudge else read.get((owner, row.contact_id)),
                message_id=row.message_id,
            )
        )
    return made


def _view(
    row: Notice,
    body: str,
    deliveries: tuple[DeliveryView, ...],
    signature: SignatureView | None,
    supersedes: str | None,
    nudged: int,
) -> NoticeView:
    return NoticeView(
        id=row.id,
        ref=row.ref,
        number=row.number,
        subject=row.subject,
        kind=row.kind,
        platform_id=row.platform_id,
        incident=row.incident,
        body_id=row.body_id,
        body=body,
        roles=tuple(row.roles),
        article=row.article,
        category=row.facts["category"],
        wording=row.facts["wording"],
        severe=bool(row.facts["severe"]),
        state=row.state,
        step=row.step,
        promised_at=row.promised_at,
        sent_at=row.sent_at,
        signed_at=row.signed_at,
        sign_by=row.sign_by,
        exercise=row.exercise,
        supersedes=supersedes,
        nudged=nudged,
        deliveries=deliveries,
        signature=signature,
        rendered_sha256=row.rendered_sha256,
        vault_sha256=row.vault_sha256,
    )
