"""A letter that was drawn up is never changed, and nobody is added to it: by trigger (law 6, 8)."""

from __future__ import annotations

from sqlalchemy import DDL, FromClause, Table, event

# Whom it goes to and on what grounds: fixed with the promise.
FROM_THE_START = (
    "ref",
    "platform_id",
    "kind",
    "incident",
    "body_id",
    "roles",
    "duty_key",
    "article",
)
# What it says: fixed once, when it is drawn up.
ONCE_GIVEN = ("number", "subject", "rendered_text", "rendered_html", "rendered_sha256")

_FUNCTION = """
CREATE OR REPLACE FUNCTION chuku_letter_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'frozen: a letter does not change'; END $$
"""


def _changed(differs: str) -> str:
    fixed = [f"NEW.{name} {differs} OLD.{name}" for name in FROM_THE_START]
    given = [f"(OLD.{name} IS NOT NULL AND NEW.{name} {differs} OLD.{name})" for name in ONCE_GIVEN]
    return " OR ".join(fixed + given)


def sqlite_statements(table: str) -> tuple[str, ...]:
    """The trigger on SQLite."""
    when = _changed("IS NOT")
    then = "BEGIN SELECT RAISE(ABORT, 'frozen: a letter does not change'); END"
    return (f"CREATE TRIGGER {table}_frozen BEFORE UPDATE ON {table} WHEN {when} {then}",)


def postgresql_statements(table: str) -> tuple[str, ...]:
    """The trigger on PostgreSQL; the function is made again harmlessly."""
    when = _changed("IS DISTINCT FROM")
    row = f"CREATE TRIGGER {table}_frozen BEFORE UPDATE ON {table} FOR EACH ROW"
    return (_FUNCTION.strip(), f"{row} WHEN ({when}) EXECUTE FUNCTION chuku_letter_frozen()")


def refuse_changes(table: FromClause) -> None:
    """Make the trigger whenever the table is made."""
    assert isinstance(table, Table)
    for statement in sqlite_statements(table.name):
        event.listen(table, "after_create", DDL(statement).execute_if(dialect="sqlite"))
    for statement in postgresql_statements(table.name):
        event.listen(table, "after_create", DDL(statement).execute_if(dialect="postgresql"))
