"""What a complainant may do besides talking: correct a place, be pinged, appeal once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core.errors import ConflictError, InvalidError
from app.incidents import queries as incidents
from app.intake import conversation, sealing
from app.intake.masking import mask
from app.intake.models import Consent, Locator
from app.intake.schema import CONSENT_VERSION, N_, PLACES_LIMIT
from app.intake.states import State
from app.intake.values import Place
from app.norm import deadlines


def correct(
    tx: Session, *, complaint_id: int, text: str, place: Place | None, at: datetime
) -> None:
    """The complainant corrects what they told; what was told first stays, and officers see both.

    Raises:
        ConflictError: it is closed or withdrawn, or names too many places already.
    """
    row = conversation.alive(tx, complaint_id, "message")
    if place is not None:
        known = tx.scalars(select(Locator.id).where(Locator.complaint_id == row.id)).all()
        if len(known) >= PLACES_LIMIT:
            raise ConflictError("There are many places already. Please write the new one instead.")
        start, end = (
            one if one is None or place.kind == "link" else mask(one)
            for one in (place.start, place.end)
        )
        tx.add(Locator(complaint_id=row.id, kind=place.kind, from_=start, to=end))
    message = conversation.say(
        tx, row, direction="in", kind="correction", text=conversation.checked(text),
        by="complainant", at=at,
    )  # fmt: skip
    audit.record(
        tx, actor="complainant", action="complaint.corrected", subject=f"complaint:{row.ref}",
        at=at, place=place is not None,
    )  # fmt: skip
    conversation.call(tx, row, f"message:{message.id}", "A complainant corrected something.", at)
    if row.state == State.WAITING_FOR_YOU:
        conversation.set_state(tx, row.id, State.HANDLING, at, by="complainant")


def ping_by_mail(
    tx: Session, *, complaint_id: int, address: str, guardian: bool, at: datetime
) -> None:
    """Keep a mail address, sealed, to which a mail without content goes when there is news.

    Raises:
        ConflictError: the complaint was erased or withdrawn.
        InvalidError: under 14 without a guardian's consent.
    """
    row = conversation.known(tx, complaint_id)
    key = sealing.key_of(row.kid)
    if key is None or row.state == State.WITHDRAWN:
        raise ConflictError("This complaint is over; there will be no news.")
    if row.minor and not guardian:
        raise InvalidError(
            "Some fields need another look.",
            fields={"guardian": N_("Under 14, a parent or guardian must agree first.")},
        )
    row.sealed_ping = sealing.seal_json(
        key, {"address": address}, place=f"complaint.ping:{row.ref}"
    )
    tx.add(
        Consent(
            complaint_id=row.id, purpose="ping", text_version=CONSENT_VERSION,
            by="guardian" if row.minor else "self", at=at,
        )
    )  # fmt: skip
    audit.record(
        tx, actor="complainant", action="complaint.ping_on", subject=f"complaint:{row.ref}", at=at
    )


def stop_pings(tx: Session, *, complaint_id: int, at: datetime) -> None:
    """Forget the address; without one nothing happens."""
    row = conversation.known(tx, complaint_id)
    if row.sealed_ping is None:
        return
    row.sealed_ping = None
    audit.record(
        tx, actor="complainant", action="complaint.ping_off", subject=f"complaint:{row.ref}", at=at
    )


def appeal(tx: Session, *, complaint_id: int, text: str, at: datetime) -> None:
    """The one appeal against an answer: it is open again, and another officer answers it.

    Raises:
        ConflictError: there is no answer yet, or the appeal was used.
    """
    row = conversation.alive(tx, complaint_id, "appeal")
    message = conversation.say(
        tx, row, direction="in", kind="appeal", text=conversation.checked(text),
        by="complainant", at=at,
    )  # fmt: skip
    row.appealed_at = at
    category = next((i.category for i in incidents.incidents_of_complaint(tx, row.id)), "other")
    row.handle_by = deadlines.handling_due(category, at).at
    audit.record(
        tx, actor="complainant", action="complaint.appealed", subject=f"complaint:{row.ref}", at=at
    )
    conversation.reopen(tx, row, at)
    conversation.call(
        tx, row, f"appeal:{message.id}",
        "A complainant appeals. An officer who did not decide must answer.", at,
    )  # fmt: skip
