"""This process's own copy of all dark places, kept no older than its reader can bear.

The gate and the feed answer from it; the database is asked only whether the head moved, and
then only for the resources that changed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import select
from sqlalchemy.engine import Connection, Engine

from app.core.keystore import Signer
from app.suspension import feed
from app.suspension.feed import DenyState
from app.suspension.models import DenyRule, FeedEntry, FeedHead
from app.suspension.values import Entry, Head, Match, Rule

FRESH = 0.05  # seconds the gate trusts its copy
_PART = 500
_RULE = select(
    DenyRule.host, DenyRule.path, DenyRule.mode, DenyRule.resource, DenyRule.generation,
    DenyRule.block_ref,
)  # fmt: skip


@contextmanager
def one_moment(engine: Engine) -> Iterator[Connection]:
    """A connection whose reads all see the same commit."""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ")
        yield connection


def read_head(connection: Connection) -> Head:
    """Where the feed stands; its beginning when nothing was ever held."""
    row = connection.execute(select(FeedHead.epoch, FeedHead.seq)).first()
    return Head(*row) if row else Head()


class Mirror:
    """Follows the deny rules of one database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._state = DenyState()
        self._lock = threading.Lock()
        self._checked = -FRESH

    def lookup(self, host: str, path: str) -> Rule | None:
        """The rule that darkens a place, at most ``FRESH`` seconds old.

        When the database does not answer the last good copy does: denied stays denied.
        """
        if time.monotonic() - self._checked > FRESH and self._lock.acquire(blocking=False):
            try:
                self._follow_if_possible()
            finally:
                self._lock.release()
        if self._state.head.epoch == 0:  # nothing read yet: wait for the first reader
            with self._lock:
                if self._state.head.epoch == 0:
                    self._follow_if_possible()
        return self._state.lookup(host, path)

    def answer(self, since: int | None, sign: Callable[[], Signer], now: feed.Now) -> Answer:
        """Increments after ``since`` (None: the snapshot) and the checkpoint they lead to."""
        with self._lock, one_moment(self._engine) as connection:
            self._follow(connection)
            state = self._state
            if since is None:
                entries: Sequence[Entry] = state.entries()
            else:
                entries = _entries(connection, since, state.head)
            head, count, sha256 = state.head, state.count(), state.sha256()
        signer = sign()
        last = feed.checkpoint(
            head, count=count, sha256=sha256, kid=signer.kid, sign=signer.sign_text, at=now()
        )
        lines = [feed.entry_line(entry) for entry in entries]
        return Answer(head, sha256, signer.kid, b"".join([*lines, last]))

    def head(self) -> Head:
        """Where the feed stands now."""
        with self._engine.connect() as connection:
            return read_head(connection)

    def _follow_if_possible(self) -> None:
        try:
            with one_moment(self._engine) as connection:
                self._follow(connection)
        except Exception:
            if self._state.head.epoch == 0:
                raise
        self._checked = time.monotonic()

    def _follow(self, connection: Connection) -> None:
        head = read_head(connection)
        state = self._state
        if head == state.head:
            return
        if head.epoch == state.head.epoch and head.seq > state.head.seq:
            changed = connection.scalars(
                select(FeedEntry.resource).where(FeedEntry.seq > state.head.seq).distinct()
            ).all()
            for start in range(0, len(changed), _PART):
                part = changed[start : start + _PART]
                _load(connection, state, part)
        else:  # the first time, or after a restored backup
            state = DenyState()
            _load(connection, state, None)
        state.head = head
        self._state = state


class Answer:
    """One whole answer of the feed."""

    def __init__(self, head: Head, sha256: str, kid: str, body: bytes) -> None:
        self.head = head
        self.body = body
        self.etag = f"{head.epoch}-{head.seq}-{sha256[:16]}-{kid}"


def _load(connection: Connection, state: DenyState, only: Sequence[str] | None) -> None:
    query = _RULE if only is None else _RULE.where(DenyRule.resource.in_(only))
    found: dict[str, list[Rule]] = {resource: [] for resource in only or ()}
    for host, path, mode, resource, generation, ref in connection.execute(query):
        rule = Rule(Match(host, path, mode), resource, generation, ref)
        found.setdefault(resource, []).append(rule)
    for resource, rules in found.items():
        state.replace(resource, rules)


def _entries(connection: Connection, since: int, head: Head) -> list[Entry]:
    """The newest entry of every resource that changed after ``since``, in feed order."""
    rows = connection.execute(
        select(
            FeedEntry.epoch, FeedEntry.seq, FeedEntry.generation, FeedEntry.resource,
            FeedEntry.match, FeedEntry.block_ref, FeedEntry.dark,
        )
        .where(FeedEntry.seq > since, FeedEntry.seq <= head.seq)
        .order_by(FeedEntry.seq)
    )  # fmt: skip
    newest: dict[str, Entry] = {}
    for epoch, seq, generation, resource, match, ref, dark in rows:
        places = tuple(Match(m["host"], m["path"], m["mode"]) for m in match)
        newest[resource] = Entry(epoch, seq, generation, resource, places, ref, dark)
    return sorted(newest.values(), key=lambda entry: entry.seq)
