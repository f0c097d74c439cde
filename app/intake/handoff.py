"""Handing a dialogue over to an officer: what was said so far goes along, nothing is lost.

Officers read the masked transcript and answer in the same dialogue. The row lives as long as a
draft does and dies with its own key.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from app.accounts import service as accounts
from app.audit import service as audit
from app.core.errors import ConflictError, InvalidError, NotFoundError
from app.core.ids import new_ref
from app.core.keystore import keys
from app.intake import sealing
from app.intake.drafts import LIFE
from app.intake.masking import mask
from app.intake.models import HandOff
from app.intake.schema import text_fault

Said = list[list[str]]  # [who, words]


@dataclass(frozen=True)
class HandOffView:
    """A hand-off as the desk shows it."""

    ref: str
    platform_id: int | None
    language: str
    risk: str | None
    state: str
    complaint_ref: str | None
    asked_at: datetime
    updated_at: datetime
    said: Said
    filled: dict[str, str]
    replies: Said


def open_(
    tx: Session, *, said: Said, filled: dict[str, str], language: str, risk: str | None,
    platform_id: int | None, at: datetime,
) -> str:  # fmt: skip
    """Hand everything said so far to the duty desk and call an officer; answers the reference."""
    ref = new_ref()
    kid, key = keys().new_data_key()
    tx.add(
        HandOff(
            ref=ref,
            platform_id=platform_id,
            kid=kid,
            sealed=_seal(key, ref, said, filled),
            sealed_replies=sealing.seal_json(key, [], place=f"hand_off.replies:{ref}"),
            language=language,
            risk=risk,
            state="open",
            asked_at=at,
            updated_at=at,
            expires_at=at + LIFE,
        )
    )
    audit.record(
        tx, actor="complainant", action="hand_off.asked", subject=f"hand_off:{ref}", at=at,
        risk=risk,
    )  # fmt: skip
    accounts.page(
        tx, key=f"hand_off:{ref}", at=at, platform_id=platform_id,
        why="Somebody at the assistant asks for a person. Open Assistant, read and answer.",
    )  # fmt: skip
    return ref


def _seal(key: bytes, ref: str, said: Said, filled: dict[str, str]) -> bytes:
    masked = [[who, mask(words) if who == "you" else words] for who, words in said]
    known = {name: mask(value) for name, value in filled.items()}
    return sealing.seal_json(key, {"said": masked, "filled": known}, place=f"hand_off.said:{ref}")


def follow(
    tx: Session, ref: str, *, said: Said, filled: dict[str, str], risk: str | None,
    platform_id: int | None, at: datetime,
) -> None:  # fmt: skip
    """The person went on talking: the officer sees that too."""
    row = tx.scalar(select(HandOff).where(HandOff.ref == ref))
    key = sealing.key_of(row.kid) if row else None
    if row is None or key is None:
        return
    row.sealed = _seal(key, ref, said, filled)
    row.risk = risk or row.risk
    row.platform_id = platform_id or row.platform_id
    row.updated_at, row.expires_at = at, at + LIFE


def filed(tx: Session, ref: str, *, complaint_ref: str, at: datetime) -> None:
    """The dialogue became a complaint; from here on the complaint's own page goes on."""
    row = tx.scalar(select(HandOff).where(HandOff.ref == ref))
    if row is not None:
        row.complaint_ref, row.updated_at = complaint_ref, at


def reply(tx: Session, *, ref: str, text: str, by: str, at: datetime) -> None:
    """The officer's words; the person sees them in the dialogue.

    Raises:
        ConflictError: it is closed, or was filed and goes on at the complaint.
    """
    row, key = _alive(tx, ref)
    fault = text_fault(text)
    if fault:
        raise InvalidError("Some fields need another look.", fields={"text": fault})
    known = sealing.open_json(key, row.sealed_replies, place=f"hand_off.replies:{ref}")
    known.append([at.isoformat(), text])
    row.sealed_replies = sealing.seal_json(key, known, place=f"hand_off.replies:{ref}")
    row.state, row.answered_by, row.updated_at = "answered", by, at
    audit.record(tx, actor=by, action="hand_off.answered", subject=f"hand_off:{ref}", at=at)


def close(tx: Session, *, ref: str, by: str, at: datetime) -> None:
    """Nothing more to do here."""
    row, _ = _alive(tx, ref)
    row.state, row.closed_by, row.updated_at = "closed", by, at
    audit.record(tx, actor=by, action="hand_off.closed", subject=f"hand_off:{ref}", at=at)


def _alive(tx: Session, ref: str) -> tuple[HandOff, bytes]:
    row = tx.scalar(select(HandOff).where(HandOff.ref == ref).with_for_update())
    if row is None:
        raise NotFoundError("There is no such dialogue.")
    key = sealing.key_of(row.kid)
    if key is None or row.state == "closed":
        raise ConflictError("This dialogue is closed.")
    return row, key


def waiting(
    session: Session, platform_ids: Sequence[int], *, limit: int = 100
) -> list[HandOffView]:
    """Open and answered ones, the one that waits longest first; of no platform yet: everybody's."""
    rows = session.scalars(
        select(HandOff)
        .where(
            HandOff.state != "closed",
            or_(HandOff.platform_id.is_(None), HandOff.platform_id.in_(platform_ids)),
        )
        .order_by(HandOff.state.desc(), HandOff.asked_at)
        .limit(limit)
    )
    return [view for row in rows if (view := _view(row)) is not None]


def one(session: Session, ref: str) -> HandOffView:
    """One of them.

    Raises:
        NotFoundError: there is none, or it was forgotten.
    """
    row = session.scalar(select(HandOff).where(HandOff.ref == ref))
    view = _view(row) if row else None
    if view is None:
        raise NotFoundError("There is no such dialogue.")
    return view


def replies(session: Session, ref: str | None) -> Said:
    """What officers answered so far: [moment, words]."""
    row = session.scalar(select(HandOff).where(HandOff.ref == ref)) if ref else None
    view = _view(row) if row else None
    return view.replies if view else []


def _view(row: HandOff) -> HandOffView | None:
    key = sealing.key_of(row.kid)
    if key is None:
        return None
    kept: dict[str, Any] = sealing.open_json(key, row.sealed, place=f"hand_off.said:{row.ref}")
    return HandOffView(
        ref=row.ref,
        platform_id=row.platform_id,
        language=row.language,
        risk=row.risk,
        state=row.state,
        complaint_ref=row.complaint_ref,
        asked_at=row.asked_at,
        updated_at=row.updated_at,
        said=kept["said"],
        filled=kept["filled"],
        replies=sealing.open_json(key, row.sealed_replies, place=f"hand_off.replies:{row.ref}"),
    )


def expired(tx: Session, *, at: datetime, limit: int = 200) -> list[str]:
    """Delete what is past its life; answers the keys to destroy after the commit."""
    rows = list(tx.scalars(select(HandOff).where(HandOff.expires_at <= at).limit(limit)))
    tx.execute(delete(HandOff).where(HandOff.id.in_([r.id for r in rows])))
    return [r.kid for r in rows]
