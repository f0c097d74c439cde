"""What a ring does: drain the due rows of one queue, one lease at a time.

RQ only rings; a crash here is repaired by the lease's end and the sweeper, in seconds.
"""

from __future__ import annotations

import os
import socket
import threading
from functools import lru_cache

from flask import Flask

from app.core import bell, clock
from app.core.errors import PermanentError
from app.core.failpoint import failpoint
from app.core.log import Log
from app.core.transaction import reading, transaction
from app.factory import create_app
from app.outbox import queries, service
from workers.handlers import handlers

_log = Log(__name__)


@lru_cache(maxsize=1)
def application() -> Flask:
    """This process's application."""
    return create_app()


def drain(queue: str) -> int:
    """Work off what is due in ``queue``; how many rows were tried."""
    bell.answered(queue)
    with application().app_context():
        return drain_here(queue)


def drain_here(queue: str) -> int:
    """The same inside the caller's application context."""
    holder = f"{socket.gethostname()}:{os.getpid()}:{threading.get_ident()}"
    tried = 0
    while True:
        at = clock.now()
        with reading() as session:  # an idle drain takes no write lock
            if queue not in queries.due_queues(session, at=at):
                return tried
        with transaction() as tx:
            claimed = service.claim(tx, queue=queue, holder=holder, at=at)
        if not claimed:
            return tried
        for row in claimed:
            perform(row)
            tried += 1


def perform(row: service.Claimed) -> None:
    """Do one row: act with no transaction open, then mark it done, backed off or parked."""
    failpoint(f"before:{row.topic}")
    job = handlers().get(row.topic)
    try:
        if job is None:
            raise PermanentError(f"no job for topic {row.topic}")
        job(**row.payload)
    except Exception as error:  # noqa: BLE001 - whatever it was, the row records it
        _log.error(
            "job.failed",
            exc_info=True,
            topic=row.topic,
            row=row.id,
            attempts=row.attempts,
        )
        permanent = isinstance(error, PermanentError)
        text = f"{type(error).__name__}: {error}"
        with transaction() as tx:
            service.fail(tx, row, error=text, permanent=permanent, at=clock.now())
        return
    failpoint(f"after:{row.topic}")
    with transaction() as tx:
        service.finish(tx, row, at=clock.now())
