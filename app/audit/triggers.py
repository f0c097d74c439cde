"""Append-only by trigger: the database itself refuses to change or delete what was written.

A person with rights over the schema can drop a trigger; then the signed checkpoints that others
hold contradict the log (``chuku audit verify --checkpoint FILE``).
"""

from __future__ import annotations

from sqlalchemy import DDL, Table, event

_FUNCTION = """
CREATE OR REPLACE FUNCTION chuku_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'append-only: this table refuses UPDATE, DELETE and TRUNCATE'; END $$
"""


def sqlite_statements(table: str) -> tuple[str, ...]:
    """The triggers of one table on SQLite."""
    return tuple(
        f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} BEGIN "
        f"SELECT RAISE(ABORT, 'append-only: {table} refuses {act}'); END"
        for act in ("UPDATE", "DELETE")
    )


def postgresql_statements(table: str) -> tuple[str, ...]:
    """The triggers of one table on PostgreSQL; the function is made again harmlessly."""
    row = f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW"
    whole = f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT"
    return (
        _FUNCTION.strip(),
        f"{row} EXECUTE FUNCTION chuku_append_only()",
        f"{whole} EXECUTE FUNCTION chuku_append_only()",
    )


def refuse_changes(table: Table) -> None:
    """Make the triggers whenever the table is made."""
    for statement in sqlite_statements(table.name):
        event.listen(table, "after_create", DDL(statement).execute_if(dialect="sqlite"))
    for statement in postgresql_statements(table.name):
        event.listen(table, "after_create", DDL(statement).execute_if(dialect="postgresql"))
