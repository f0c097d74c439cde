"""How revisions run: one at a time, with a lock timeout, on SQLite and PostgreSQL.

Revisions use SQLAlchemy's own types only and never import ``app``: they must still run when the
code has moved on.
"""

from alembic import context
from flask import current_app
from sqlalchemy import text

from app.core.db import Id, Json, UTCDateTime

engine = current_app.extensions["migrate"].db.engine
metadata = current_app.extensions["migrate"].db.metadata


def render_item(kind, item, autogen_context):
    """Write our column types as SQLAlchemy's own."""
    if kind != "type":
        return False
    if isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    if item is Id or (repr(item) == repr(Id)):
        return 'sa.BigInteger().with_variant(sa.Integer(), "sqlite")'
    if item is Json or type(item).__name__ == "JSON":
        autogen_context.imports.add("from sqlalchemy.dialects import postgresql")
        return 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")'
    return False


def include_object(item, name, kind, reflected, compare_to):
    """The full-text index is made by DDL of its own (app/catalogue/models.py)."""
    return not (name or "").startswith(("resource_fts", "ix_resource_search_tokens"))


def run():
    with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET lock_timeout = '5s'"))
            connection.execute(text("SELECT pg_advisory_lock(20240529)"))
            connection.commit()
        context.configure(
            connection=connection,
            target_metadata=metadata,
            render_item=render_item,
            include_object=include_object,
            render_as_batch=True,
            compare_type=True,
            compare_server_default=True,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
