"""What workers run for letters: draw up, deliver, take the chain's next step."""

from __future__ import annotations

from flask import current_app

from app.core import clock
from app.core.failpoint import failpoint
from app.core.log import Log
from app.core.settings import Settings
from app.core.transaction import transaction
from app.notices import sending, steps
from app.notices.channel import LaterError, RefusedError, channels
from app.notices.models import Delivery
from app.notices.sending import Sender

_log = Log(__name__)


def _settings() -> Settings:
    found = current_app.config["CHUKU"]
    assert isinstance(found, Settings)
    return found


def sender(settings: Settings) -> Sender:
    """Who letters come from under these settings."""
    return Sender(mail_from=settings.mail_from, public_url=settings.public_url)


def send(*, notice_id: int) -> None:
    """Draw the letter up and promise its first delivery."""
    with transaction() as tx:
        sending.draw_up(tx, notice_id=notice_id, sender=sender(_settings()), at=clock.now())


def deliver(*, delivery_id: int) -> None:
    """Hand one message over; after a crash it is the same message with the same id."""
    settings = _settings()
    with transaction() as tx:
        found = tx.get_one(Delivery, delivery_id)
        channel = channels()[found.channel]
        out = sending.begin(tx, delivery_id=delivery_id, sender=sender(settings), at=clock.now())
    if out is None:
        return
    failpoint("notice:before-smtp")
    try:
        receipt = channel.deliver(out, server=settings.smtp_url)
    except RefusedError as error:
        with transaction() as tx:
            sending.refused(tx, delivery_id=delivery_id, said=str(error), at=clock.now())
        return
    except LaterError as error:
        # Retried by a row of its own, for days: the outbox would park it within the hour.
        _log.warning("notice.later", delivery=delivery_id, said=str(error))
        with transaction() as tx:
            sending.later(
                tx,
                delivery_id=delivery_id,
                said=str(error),
                doubtful=error.doubtful,
                at=clock.now(),
            )
        return
    failpoint("notice:after-smtp")
    with transaction() as tx:
        sending.accepted(tx, delivery_id=delivery_id, receipt=receipt, at=clock.now())


def chain(*, notice_id: int, moves: int) -> None:
    """Unsigned or undelivered at its due time, or bounced: the next step."""
    with transaction() as tx:
        steps.take(
            tx,
            notice_id=notice_id,
            moves=moves,
            sender=sender(_settings()),
            at=clock.now(),
        )


JOBS = {"notices.send": send, "notices.deliver": deliver, "notices.chain": chain}
