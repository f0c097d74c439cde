"""Drawing a letter up and sending it: everything but the network, for the jobs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from app.accounts import service as accounts
from app.audit import queries as audit_log
from app.authorities import queries as authorities
from app.authorities.queries import ContactView
from app.core.clock import SHANGHAI
from app.notices import chain, facts, render, rows, service, wording
from app.notices.channel import Outgoing, by_hand, channels
from app.notices.channels.email import message
from app.notices.models import Delivery, LetterNumber, Notice
from app.notices.states import ENDED, Act, DeliveryState
from app.notices.values import Kind, State, Step
from app.outbox import service as outbox

BACK_OFF = (5, 15, 60, 300)  # seconds; the last one again and again
GIVE_UP_AFTER = timedelta(days=5)  # RFC 5321, 4.5.4.1: four to five days
MASKED = "[签收链接已隐去]"


@dataclass(frozen=True)
class Sender:
    """Where letters come from and where their links lead: settings, not rows."""

    mail_from: str
    public_url: str

    @property
    def domain(self) -> str:
        """For message ids."""
        return self.mail_from.rpartition("@")[2] or "chuku.invalid"

    def url(self, token: str) -> str:
        """The address of a letter."""
        return f"{self.public_url.rstrip('/')}/letter/{token}"


def draw_up(tx: Session, *, notice_id: int, sender: Sender, at: datetime) -> None:
    """Number the letter, freeze its words and promise its first delivery; a second call is none."""
    row = tx.get_one(Notice, notice_id)
    if not rows.act(tx, row, Act.RENDER):
        return
    contact = _nudged_contact(tx, row, at) or _first(tx, row, at)
    number = None if row.nudges_id else _next_number(tx, row, at)
    drawn = render.draw(row.kind, wording.context(_draft(tx, row, number, at)))
    row.number, row.subject, row.rendered_sha256 = number, drawn.subject, drawn.sha256
    row.rendered_text, row.rendered_html = drawn.text, drawn.html
    row.template_version = drawn.template_version
    row.contact_snapshot = _snapshot(contact) if contact else None
    tx.flush()
    rows.write(
        tx, row, "render", at=at, number=number, sha256=drawn.sha256,
        template=drawn.template_version, contact=contact.id if contact else None,
    )  # fmt: skip
    if contact is not None:
        step = Step.NUDGE if row.nudges_id else Step.FIRST
        delivery = deliver_to(tx, row, contact, step=step, sender=sender, at=at)
        if not by_hand(contact.channel):
            masked = _outgoing(tx, row, delivery, sender, token=MASKED)
            row.rendered_eml = message(masked).as_bytes()
    else:
        nobody(tx, row, at)
    if row.nudges_id is None and row.incident is not None:
        outbox.put(
            tx, topic="incidents.notice_rendered", key=f"incidents.notice_rendered:{row.id}",
            at=at, notice_ref=row.ref,
        )  # fmt: skip
    tx.flush()


def _first(tx: Session, row: Notice, at: datetime) -> ContactView | None:
    if row.nudges_id:
        return None
    return chain.first_contact(authorities.contacts(tx, row.body_id, at, exercise=row.exercise))


def _nudged_contact(tx: Session, row: Notice, at: datetime) -> ContactView | None:
    """A nudge goes to whom the letter reached last, and to nobody else."""
    if row.nudges_id is None:
        return None
    reached = [
        one.contact_id
        for one in rows.deliveries(tx, row.nudges_id)
        if one.state in {DeliveryState.SENT, DeliveryState.DELIVERED} and not by_hand(one.channel)
    ]
    known = authorities.contacts(tx, row.body_id, at, exercise=row.exercise)
    return next((one for one in known if reached and one.id == reached[-1]), None)


def _next_number(tx: Session, row: Notice, at: datetime) -> str:
    """The next in the platform's year: one statement, so nobody else can have the same."""
    year = at.astimezone(SHANGHAI).year
    series = "exercise" if row.exercise else "letter"
    insert = sqlite_insert if tx.get_bind().dialect.name == "sqlite" else pg_insert
    last = tx.scalars(
        insert(LetterNumber)
        .values(platform_id=row.platform_id, year=year, series=series, last=1)
        .on_conflict_do_update(
            index_elements=["platform_id", "year", "series"],
            set_={"last": LetterNumber.last + 1},
        )
        .returning(LetterNumber.last)
    ).one()
    prefix = facts.one_line(authorities.platform(tx, row.platform_id).letter_prefix)
    return f"{prefix}{'演练' if row.exercise else ''}〔{year}〕{last}号"


def _draft(tx: Session, row: Notice, number: str | None, at: datetime) -> wording.Draft:
    kind = Kind(row.kind)
    platform = authorities.platform(tx, row.platform_id)
    operators = authorities.bodies_for(tx, row.platform_id, "operator", at)
    earlier_id = row.nudges_id or row.supersedes_id
    earlier = tx.get(Notice, earlier_id) if earlier_id else None
    checks = Kind.FORWARD if kind is Kind.NUDGE and row.facts.get("claim") else kind
    return wording.Draft(
        kind=kind,
        article=row.article,
        facts=facts.parse(row.facts, kind=checks),
        roles=tuple(row.roles),
        body=authorities.body(tx, row.body_id).name,
        operator=operators[0].name if operators else platform.name,
        platform=platform.name,
        number=number,
        at=at,
        checkpoint=audit_log.latest_checkpoint(tx),
        previous=_previous(earlier, row) if earlier else None,
        exercise=row.exercise,
    )


def _previous(earlier: Notice, row: Notice) -> wording.Previous | None:
    # Another body's letter is none of this body's business.
    if earlier.number is None or earlier.body_id != row.body_id:
        return None
    return wording.Previous(
        earlier.number, earlier.subject, earlier.sent_at or earlier.promised_at, earlier.article
    )


def _snapshot(contact: ContactView) -> dict[str, object]:
    return {
        "contact_id": contact.id,
        "name": contact.name,
        "channel": contact.channel,
        "address": contact.address,
        "rank": contact.rank,
    }


def deliver_to(
    tx: Session, row: Notice, contact: ContactView, *, step: Step, sender: Sender, at: datetime
) -> Delivery:
    """Promise the delivery to one contact; by hand it becomes an officer's task."""
    made = Delivery(
        notice_id=row.id,
        contact_id=contact.id,
        channel=contact.channel,
        contact_name=contact.name,
        address=contact.address,
        step=step.value,
        message_id=f"<{row.ref}.{contact.id}.{step.value}@{sender.domain}>".lower(),
        state=DeliveryState.PROMISED.value,
        promised_at=at,
    )
    tx.add(made)
    tx.flush()
    if by_hand(contact.channel):
        known = channels().get(contact.channel)
        call(tx, row, f"{step.value}:{contact.id}", known.task if known else "", at=at)
    else:
        if row.nudges_id is None:
            rows.link(tx, row, contact.id, at)
        _promise_attempt(tx, made, at=at, due_at=at)
    return made


def _promise_attempt(tx: Session, delivery: Delivery, *, at: datetime, due_at: datetime) -> None:
    outbox.put(
        tx,
        topic="notices.deliver",
        key=f"notices.deliver:{delivery.id}:{delivery.attempts}",
        at=at,
        due_at=due_at,
        delivery_id=delivery.id,
    )


def call(
    tx: Session, row: Notice, what: str, why: str, *, at: datetime, role: str = "officer"
) -> None:
    """Call a person about this letter."""
    accounts.page(
        tx,
        key=f"notice:{row.ref}:{what}",
        why=why or "Deliver a letter by hand and record who took it.",
        at=at,
        role=role,
        platform_id=row.platform_id,
        incident=row.incident,
    )


def nobody(tx: Session, row: Notice, at: datetime) -> None:
    """No way to reach the body is known (Art. 10: a named person): a supervisor's task at once."""
    if row.nudges_id is not None:
        rows.act(tx, row, Act.CANCEL)
        return
    row.step = Step.SUPERVISOR.value
    row.moves += 1
    tx.flush()
    if rows.act(tx, row, Act.FAIL):
        rows.settle(tx, row, state=State.FAILED, mark="nobody", at=at)
    call(
        tx, row, "nobody", "No contact is known for the recipient of a letter; hand it over "
        "yourself and record it, or add a contact.", at=at, role="supervisor",
    )  # fmt: skip


def begin(tx: Session, *, delivery_id: int, sender: Sender, at: datetime) -> Outgoing | None:
    """What to hand to the channel now; None when that is done or not wanted any more."""
    delivery = tx.get_one(Delivery, delivery_id)
    row = tx.get_one(Notice, delivery.notice_id)
    letter = tx.get(Notice, row.nudges_id) if row.nudges_id else row
    ended = any(State(one.state) in ENDED for one in (row, letter) if one is not None)
    if delivery.state != DeliveryState.PROMISED or ended:
        return None
    if at - delivery.promised_at > GIVE_UP_AFTER:
        _refuse(tx, row, delivery, "not accepted for five days", DeliveryState.FAILED, at)
        return None
    known = authorities.contacts(tx, row.body_id, at, exercise=row.exercise)
    if all(one.id != delivery.contact_id for one in known):
        gone = "the contact is no longer one of this body"
        _refuse(tx, row, delivery, gone, DeliveryState.FAILED, at)
        return None
    tx.execute(
        update(Delivery)
        .where(Delivery.id == delivery.id)
        # Still trying from before: a crash came between, and the server may have taken it.
        .values(attempts=Delivery.attempts + 1, doubtful=delivery.doubtful or delivery.trying)
        .values(trying=True)
        .execution_options(synchronize_session=False)
    )
    assert letter is not None
    return _outgoing(tx, row, delivery, sender, token=rows.token(letter, delivery.contact_id))


def _outgoing(
    tx: Session, row: Notice, delivery: Delivery, sender: Sender, *, token: str
) -> Outgoing:
    assert row.rendered_text is not None
    assert row.rendered_html is not None
    text, html = render.mail(row.rendered_text, row.rendered_html, link=sender.url(token))
    return Outgoing(
        message_id=delivery.message_id,
        notice_ref=row.ref,
        sender=sender.mail_from,
        name=delivery.contact_name,
        address=delivery.address,
        subject=f"{row.subject}（{row.number}）" if row.number else row.subject or "",
        text=text,
        html=html,
        date=delivery.promised_at,
        answers=_answers(tx, row, delivery.contact_id),
    )


def _answers(tx: Session, row: Notice, contact_id: int) -> str | None:
    if row.nudges_id is None:
        return None
    found = rows.deliveries(tx, row.nudges_id)
    return next((one.message_id for one in found if one.contact_id == contact_id), None)


def accepted(tx: Session, *, delivery_id: int, receipt: str, at: datetime) -> None:
    """The other side took it: on record as sent (Art. 24: what the stop waits for)."""
    delivery = tx.get_one(Delivery, delivery_id)
    row = tx.get_one(Notice, delivery.notice_id)
    waiting = {DeliveryState.PROMISED, DeliveryState.CANCELLED}
    if not rows.act_delivery(
        tx, delivery, DeliveryState.SENT, origins=waiting,
        sent_at=at, receipt=receipt, last_error=None, trying=False,
    ):  # fmt: skip
        return
    rows.write(
        tx, row, "sent", at=at, delivery=delivery.id, step=delivery.step,
        contact=delivery.contact_id, message_id=delivery.message_id,
    )  # fmt: skip
    if rows.act(tx, row, Act.SEND, sent_at=row.sent_at or at):
        rows.settle(tx, row, state=State.SENT, mark=delivery.id, at=at)


def refused(tx: Session, *, delivery_id: int, said: str, at: datetime) -> None:
    """Never by this contact: the next one, at once."""
    delivery = tx.get_one(Delivery, delivery_id)
    row = tx.get_one(Notice, delivery.notice_id)
    _refuse(tx, row, delivery, said, DeliveryState.BOUNCED, at)


def _refuse(
    tx: Session, row: Notice, delivery: Delivery, said: str, to: DeliveryState, at: datetime
) -> None:
    if rows.act_delivery(
        tx, delivery, to, origins={DeliveryState.PROMISED}, last_error=said, trying=False
    ):
        rows.write(tx, row, "refused", at=at, delivery=delivery.id, contact=delivery.contact_id)
        service.bounced(tx, row, delivery, at)


def later(tx: Session, *, delivery_id: int, said: str, doubtful: bool, at: datetime) -> None:
    """Not now: the next attempt is promised; it is the same message again."""
    delivery = tx.get_one(Delivery, delivery_id)
    if delivery.state != DeliveryState.PROMISED:
        return
    delivery.last_error = said
    delivery.trying, delivery.doubtful = False, delivery.doubtful or doubtful
    tx.flush()
    wait = BACK_OFF[min(delivery.attempts, len(BACK_OFF)) - 1]
    _promise_attempt(tx, delivery, at=at, due_at=at + timedelta(seconds=wait))
