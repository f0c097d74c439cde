"""No complaint is closed without an answer to who complained: by trigger (law 10)."""

from __future__ import annotations

from sqlalchemy import DDL, FromClause, Table, event

_UNANSWERED = (
    "NEW.outcome IS NULL OR NOT EXISTS "
    "(SELECT 1 FROM message WHERE complaint_id = NEW.id AND kind = 'outcome')"
)
_WORDS = "unanswered: a closed complaint has an answer"
_REFUSE = f"BEGIN SELECT RAISE(ABORT, '{_WORDS}'); END"
_UPDATE = "CREATE TRIGGER complaint_answered BEFORE UPDATE ON complaint"
_INSERT = "CREATE TRIGGER complaint_not_born_closed BEFORE INSERT ON complaint"
SQLITE = (
    f"{_UPDATE} WHEN NEW.state = 'closed' AND ({_UNANSWERED}) {_REFUSE}",
    f"{_INSERT} WHEN NEW.state = 'closed' {_REFUSE}",
)
_FUNCTION = f"""
CREATE OR REPLACE FUNCTION chuku_complaint_answered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.state = 'closed' AND ({_UNANSWERED}) THEN RAISE EXCEPTION '{_WORDS}'; END IF;
  RETURN NEW;
END $$
"""
_ROW = "CREATE TRIGGER complaint_answered BEFORE INSERT OR UPDATE ON complaint FOR EACH ROW"
POSTGRESQL = (_FUNCTION.strip(), f"{_ROW} EXECUTE FUNCTION chuku_complaint_answered()")


def demand_answers(table: FromClause) -> None:
    """Make the triggers whenever the table is made."""
    assert isinstance(table, Table)
    for dialect, statements in (("sqlite", SQLITE), ("postgresql", POSTGRESQL)):
        for statement in statements:
            ddl = DDL(statement.replace("%", "%%")).execute_if(dialect=dialect)
            event.listen(table, "after_create", ddl)
