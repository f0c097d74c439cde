"""After filing: states, words between complainant and officers, the answer, withdrawing."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from app.accounts import service as accounts
from app.audit import service as audit
from app.core import crypto
from app.core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from app.incidents import queries as incidents
from app.intake import appeals, rows, sealing, states
from app.intake.masking import mask
from app.intake.models import Complaint, Message
from app.intake.schema import text_fault
from app.intake.states import State
from app.norm import deadlines
from app.outbox import service as outbox

KEPT = timedelta(days=3 * 365)  # after the answer; a legal hold outlasts it


def set_state(
    tx: Session, complaint_id: int, state: str, at: datetime, *, by: str = "system:intake"
) -> bool:
    """Bring the complaint to ``state``; False when it is there already.

    Raises:
        ConflictError: the table of states has no such move, or somebody else moved first.
    """
    row = tx.get_one(Complaint, complaint_id)
    here = row.state
    there = states.advance(here, state)
    if here == there:
        return False
    closing = there in {State.CLOSED, State.WITHDRAWN}
    done = tx.execute(
        update(Complaint)
        .where(Complaint.id == complaint_id, Complaint.state == here)
        .values(
            state=there.value,
            closed_at=at if closing else None,
            outcome=None if here == State.CLOSED else Complaint.outcome,
            retain_until=at + KEPT if closing else None,
        )
    )
    # Who else: the complainant withdrawing while an officer closes.
    if not isinstance(done, CursorResult) or done.rowcount != 1:
        raise ConflictError("Somebody else changed this complaint just now. Look again.")
    tx.refresh(row)
    row.in_triage = row.in_triage and not closing
    say(tx, row, direction="out", kind="state", text=there.value, by=by, at=at)
    audit.record(
        tx, actor=by, action="complaint.state", subject=f"complaint:{row.ref}", at=at,
        state=there.value,
    )  # fmt: skip
    return True


def accept(tx: Session, complaint_id: int, at: datetime, *, by: str = "system:triage") -> bool:
    """Accepted (受理), unless it is further already."""
    row = tx.get_one(Complaint, complaint_id)
    return row.state == State.RECEIVED and set_state(tx, complaint_id, "accepted", at, by=by)


def set_category(tx: Session, complaint_id: int, category: str, at: datetime) -> None:
    """Give the complaint the handling time of its category (house.toml), from its receipt on."""
    row = tx.get_one(Complaint, complaint_id)
    row.handle_by = deadlines.handling_due(category, row.received_at).at


def into_triage(tx: Session, complaint_id: int) -> None:
    """No incident takes it: it waits for an officer in triage, on its own clock."""
    tx.get_one(Complaint, complaint_id).in_triage = True


def out_of_triage(tx: Session, complaint_id: int, *, category: str, at: datetime) -> None:
    """An incident of this category took it."""
    tx.get_one(Complaint, complaint_id).in_triage = False
    set_category(tx, complaint_id, category, at)
    accept(tx, complaint_id, at)


def set_resource(
    tx: Session, complaint_id: int, *, resource_id: int, version_id: int, platform_id: int, by: str,
    at: datetime,
) -> None:  # fmt: skip
    """Triage tied the complaint to a resource."""
    row = tx.get_one(Complaint, complaint_id)
    row.resource_id, row.version_id, row.platform_id = resource_id, version_id, platform_id
    audit.record(
        tx, actor=by, action="complaint.tied", subject=f"complaint:{row.ref}", at=at,
        resource=resource_id,
    )  # fmt: skip


def say(
    tx: Session, row: Complaint, *, direction: str, kind: str, text: str, by: str, at: datetime
) -> Message:
    """Add one sealed line to the conversation; who asked for it is pinged about ours.

    Raises:
        ConflictError: the complaint was erased.
    """
    key = sealing.key_of(row.kid)
    if key is None:
        raise ConflictError("This complaint was erased; nothing can be added to it.")
    message = Message(
        complaint_id=row.id,
        direction=direction,
        kind=kind,
        sealed_text=crypto.seal(key, text.encode(), aad=f"message.text:{row.ref}"),
        kid=row.kid,
        masked_text=mask(text),
        by=by,
        at=at,
    )
    tx.add(message)
    tx.flush()
    if direction == "out" and kind != "state" and row.sealed_ping is not None:
        outbox.put(
            tx, topic="intake.ping", key=f"intake.ping:{message.id}", at=at, message_id=message.id
        )
    return message


def checked(text: str) -> str:
    """The text, if it can be taken.

    Raises:
        InvalidError: with the sentence that says why not.
    """
    fault = text_fault(text)
    if fault:
        raise InvalidError("Some fields need another look.", fields={"text": fault})
    return text


def ask(tx: Session, *, ref: str, text: str, by: str, at: datetime) -> None:
    """Ask the complainant; the complaint waits for them."""
    row = rows.by_ref(tx, ref)
    say(tx, row, direction="out", kind="question", text=checked(text), by=by, at=at)
    set_state(tx, row.id, State.WAITING_FOR_YOU, at, by=by)
    audit.record(tx, actor=by, action="complaint.asked", subject=f"complaint:{ref}", at=at)


def answer(tx: Session, *, ref: str, text: str, by: str, at: datetime, close: bool = False) -> None:
    """Answer in the officer's words; with ``close`` it ends there.

    Raises:
        ForbiddenError: an appeal, and this officer decided what it is against.
    """
    row = rows.by_ref(tx, ref)
    if close and by in appeals.deciders(tx, row):
        raise ForbiddenError("You decided this; another officer must answer the appeal.")
    kind = "outcome" if close else "message"
    say(tx, row, direction="out", kind=kind, text=checked(text), by=by, at=at)
    audit.record(tx, actor=by, action="complaint.answered", subject=f"complaint:{ref}", at=at)
    if close:
        row.outcome = "answered"
        set_state(tx, row.id, State.CLOSED, at, by=by)


def forwarded(tx: Session, *, complaint_id: int, text: str, by: str, at: datetime) -> None:
    """Put into the conversation what the law has forwarded to the complainant."""
    row = known(tx, complaint_id)
    say(tx, row, direction="out", kind="message", text=checked(text), by=by, at=at)
    audit.record(tx, actor=by, action="complaint.answered", subject=f"complaint:{row.ref}", at=at)


def add_message(tx: Session, *, complaint_id: int, text: str, at: datetime) -> None:
    """The complainant adds something or answers a question; an officer is called.

    Raises:
        ConflictError: it is closed or withdrawn.
    """
    row = alive(tx, complaint_id, "message")
    message = say(
        tx, row, direction="in", kind="message", text=checked(text), by="complainant", at=at
    )
    audit.record(
        tx, actor="complainant", action="complaint.added", subject=f"complaint:{row.ref}", at=at
    )
    call(tx, row, f"message:{message.id}", "A complainant wrote. Read it and answer.", at)
    if row.state == State.WAITING_FOR_YOU:
        set_state(tx, row.id, State.HANDLING, at, by="complainant")


def withdraw(tx: Session, *, complaint_id: int, reason: str, at: datetime) -> None:
    """撤回: the complaint ends; what the platform found by then stands on its own.

    Raises:
        ConflictError: it is closed already.
    """
    row = alive(tx, complaint_id, "withdraw")
    if reason.strip():
        say(
            tx, row, direction="in", kind="withdrawal", text=checked(reason), by="complainant",
            at=at,
        )  # fmt: skip
    row.sealed_ping = None
    set_state(tx, row.id, State.WITHDRAWN, at, by="complainant")
    call(tx, row, f"withdrawn:{row.id}", "A complaint was withdrawn.", at)


def confirm(tx: Session, *, complaint_id: int, still_there: bool, at: datetime) -> None:
    """After the answer: mended, or still there (then an officer is called and it is open again).

    Raises:
        ConflictError: there is no answer yet.
    """
    row = alive(tx, complaint_id, "confirm")
    said = "still" if still_there else "mended"
    message = say(tx, row, direction="in", kind="confirm", text=said, by="complainant", at=at)
    audit.record(
        tx, actor="complainant", action="complaint.confirmed", subject=f"complaint:{row.ref}",
        at=at, said=said,
    )  # fmt: skip
    if still_there:
        reopen(tx, row, at)
        call(tx, row, f"still:{message.id}", "The complainant says that it is still there.", at)


def known(tx: Session, complaint_id: int) -> Complaint:
    """The complaint.

    Raises:
        NotFoundError: there is none.
    """
    row = tx.get(Complaint, complaint_id)
    if row is None:
        raise NotFoundError("There is no such complaint.")
    return row


def alive(tx: Session, complaint_id: int, act: str) -> Complaint:
    """The complaint, if its holder may do this now.

    Raises:
        ConflictError: they may not.
    """
    row = known(tx, complaint_id)
    if act not in states.may(row.state, appealed=row.appealed_at is not None):
        raise ConflictError("This complaint is closed. File a new one if there is more to say.")
    return row


def reopen(tx: Session, row: Complaint, at: datetime) -> None:
    """An answer did not end it: it waits for an officer, and only a new answer closes it."""
    set_state(tx, row.id, State.HANDLING, at, by="complainant")
    into_triage(tx, row.id)  # its incident may be closed: somebody must take it up anew


def call(tx: Session, row: Complaint, key: str, why: str, at: datetime) -> None:
    """Call an officer to the complaint; never for an exercise."""
    if row.exercise:
        return
    known = incidents.incidents_of_complaint(tx, row.id)
    accounts.page(
        tx,
        key=key,
        why=why,
        at=at,
        platform_id=row.platform_id,
        incident=known[0].ref if known else None,
    )


def unseal(
    tx: Session, *, ref: str, part: str, by: str, reason: str, at: datetime,
    approved_by: str | None = None,
) -> dict[str, str]:  # fmt: skip
    """Open the original words (``text``) or the identity (``contact``); it is logged.

    未成年人网络保护条例 36: a minor's data only with another person's approval.

    Raises:
        InvalidError: no reason was given.
        ForbiddenError: a minor's data without an approver.
    """
    row = rows.by_ref(tx, ref)
    if not reason.strip():
        raise InvalidError(
            "Please say why you need it.", fields={"reason": "Please give a reason."}
        )
    if row.minor and (approved_by is None or approved_by == by):
        raise ForbiddenError("A minor's data is opened only when a privacy approver agrees.")
    sealed = row.sealed_text if part == "text" else row.sealed_contact
    audit.record(
        tx, actor=by, action="complaint.unsealed", subject=f"complaint:{ref}", at=at, part=part,
        reason=reason, approved_by=approved_by,
    )  # fmt: skip
    key = sealing.key_of(row.kid)
    if key is None or sealed is None:
        return {}
    found = sealing.open_json(key, sealed, place=f"complaint.{part}:{ref}")
    return {name: str(value or "") for name, value in found.items() if name != "salt"}


def read_by_officer(tx: Session, *, ref: str, at: datetime) -> None:
    """The complainant's messages were seen at the desk."""
    row = rows.by_ref(tx, ref)
    tx.execute(
        update(Message)
        .where(Message.complaint_id == row.id, Message.direction == "in", Message.read_at.is_(None))
        .values(read_at=at)
    )


def erase(tx: Session, *, ref: str, by: str, reason: str, at: datetime) -> str:
    """Erase the personal parts; answers the key to destroy *after* the commit.

    The log keeps its salted digests, so all proofs stay valid.

    Raises:
        ConflictError: a legal hold, or the complaint is still being handled.
    """
    row = rows.by_ref(tx, ref)
    if row.legal_hold:
        raise ConflictError("A legal hold keeps this complaint; it cannot be erased now.")
    if row.state not in {State.CLOSED, State.WITHDRAWN}:
        raise ConflictError("The complaint is still being handled; withdraw it first.")
    row.erased_at = at
    row.masked_text, row.resource_hint, row.source_tag = "", None, None
    row.sealed_contact = row.sealed_ping = row.joins_id = None
    tx.execute(update(Message).where(Message.complaint_id == row.id).values(masked_text=""))
    audit.record(
        tx, actor=by, action="complaint.erased", subject=f"complaint:{ref}", at=at, reason=reason
    )
    # What triage read in it goes, too.
    outbox.put(tx, topic="triage.forget", key=f"triage.forget:{ref}", at=at, complaint_id=row.id)
    return row.kid
