"""Migrations run in-process: the `flask db` commands cost seconds of imports each."""

from __future__ import annotations

from pathlib import Path

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask_migrate import upgrade as flask_upgrade

from app.core.db import db

FOLDER = Path(__file__).parent.parent.parent / "migrations"


def upgrade(revision: str = "head") -> str:
    """Bring the bound database to ``revision``; answers the revision reached."""
    flask_upgrade(directory=str(FOLDER), revision=revision)
    return current() or "empty"


def current() -> str | None:
    """The revision the bound database is at."""
    with db.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head() -> str | None:
    """The newest revision in the migrations folder."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    return ScriptDirectory.from_config(config).get_current_head()
