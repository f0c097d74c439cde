"""The queue stays quick when a million incidents wait: its question is its index's own words."""

from __future__ import annotations

from sqlalchemy import event
from sqlalchemy.orm import Session

from app.core.db import db
from app.incidents import queries
from app.intake import queries as intake


def test_lists_of_open_work_ask_in_the_words_of_their_partial_index(tx: Session) -> None:
    said: list[str] = []

    def hear(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        said.append(statement)

    event.listen(db.engine, "before_cursor_execute", hear)
    try:
        queries.queue(tx, platform_ids=[1])
        intake.in_triage(tx, [1])
    finally:
        event.remove(db.engine, "before_cursor_execute", hear)
    lists = [s for s in said if "LIMIT" in s]
    assert len(lists) == 2
    if db.engine.dialect.name == "sqlite":  # PostgreSQL understands other words, too
        for column, statement in zip(("open", "in_triage"), lists, strict=True):
            assert f"{column} = 1" in statement
            assert f"{column} IS" not in statement
