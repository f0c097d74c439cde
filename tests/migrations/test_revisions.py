"""Every revision runs up and down on the database under test, and the models have not drifted."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask_migrate import downgrade
from sqlalchemy import inspect

from app.core import schema
from app.core.db import Base, db


def _empty(app):
    with db.engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("DROP TABLE IF EXISTS resource_fts")
        else:
            connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA public")
    if db.engine.dialect.name == "sqlite":
        Base.metadata.drop_all(db.engine)


def _ours(name: str | None) -> bool:
    return not (name or "").startswith(("resource_fts", "ix_resource_search_tokens"))


def test_migrated_schema_equals_the_models(app):
    _empty(app)
    assert schema.upgrade() == schema.head()
    with db.engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "include_object": lambda _o, name, *_rest: _ours(name),
            },
        )
        drift = compare_metadata(context, Base.metadata)
    assert drift == []


def test_every_revision_goes_down_and_up_again(app):
    _empty(app)
    schema.upgrade()
    before = sorted(inspect(db.engine).get_table_names())
    downgrade(directory=str(schema.FOLDER), revision="base")
    left = [t for t in inspect(db.engine).get_table_names() if t != "alembic_version"]
    assert left == []
    schema.upgrade()
    assert sorted(inspect(db.engine).get_table_names()) == before


def test_migrated_database_refuses_to_change_the_audit_log(app, at):
    import pytest
    from sqlalchemy.exc import DBAPIError

    _empty(app)
    schema.upgrade()
    with db.engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO audit_entry (at, actor, action, subject, data)"
            " VALUES ('2026-11-22 00:00:00', 'system:test', 'a', 's', '{}')"
        )
    for statement in ("UPDATE audit_entry SET actor = 'x'", "DELETE FROM audit_entry"):
        with pytest.raises(DBAPIError, match="append-only"), db.engine.begin() as connection:
            connection.exec_driver_sql(statement)


def test_migrated_database_refuses_to_close_a_complaint_without_an_answer(app, at):
    import pytest
    from sqlalchemy import text
    from sqlalchemy.exc import DBAPIError

    from app.core.transaction import transaction
    from tests.catalogue.make import make_catalogue
    from tests.intake.make import make_complaint

    _empty(app)
    schema.upgrade()
    with transaction() as tx:
        make_catalogue(tx, at)
        filed = make_complaint(tx, at)
    for statement in (
        "UPDATE complaint SET state = 'closed'",
        "UPDATE complaint SET state = 'closed', outcome = 'found'",
    ):
        with pytest.raises(DBAPIError, match="unanswered"), db.engine.begin() as connection:
            connection.exec_driver_sql(statement)
    with db.engine.begin() as connection:
        kept = connection.execute(
            text("SELECT state FROM complaint WHERE id = :id"), {"id": filed.complaint_id}
        ).scalar_one()
    assert kept == "received"
