"""Copying a whole database while others write: SQLite by itself, PostgreSQL by its own tools."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import URL

from app.backup.archive import BackupError

SQLITE, POSTGRESQL = "database.sqlite", "database.pgdump"


def copy(url: URL, to: Path) -> str:
    """One consistent copy as a file; the member name it goes under.

    Raises:
        BackupError: a database that cannot be copied here, or its tool is missing or fails.
    """
    kind = url.get_backend_name()
    if kind == "sqlite":
        _copy_sqlite(Path(str(url.database)), to)
        return SQLITE
    if kind == "postgresql":
        _run("pg_dump", ["--format=custom", "--no-owner", f"--file={to}", *_at(url)], url)
        return POSTGRESQL
    raise BackupError(
        "CHUKU_DATABASE_URL: %(kind)s cannot be backed up; use its own tools.", kind=kind
    )


def _copy_sqlite(file: Path, to: Path) -> None:
    """The online backup in one step: one reader's view of the WAL, which stops no writer."""
    with (
        closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(to)) as target,
    ):
        source.backup(target)
        target.execute("PRAGMA journal_mode=DELETE")  # one file, nothing beside it
        verdict = target.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if verdict != "ok":
        raise BackupError("The database is damaged: %(why)s", why=verdict)


def is_empty(url: URL) -> bool:
    """Whether a restored database may go there: no file, or no table of ours."""
    if url.get_backend_name() == "sqlite":
        return not Path(str(url.database)).exists()
    engine = sa.create_engine(url)
    try:
        return not sa.inspect(engine).get_table_names()
    finally:
        engine.dispose()


def load_postgresql(url: URL, dump: Path) -> None:
    """Bring a dump back, whole or not at all.

    Raises:
        BackupError: the tool is missing or fails.
    """
    options = ["--no-owner", "--single-transaction", "--exit-on-error"]
    _run("pg_restore", [*options, *_at(url), str(dump)], url)


def _at(url: URL) -> list[str]:
    plain = url.set(drivername="postgresql", password=None)
    return [f"--dbname={plain.render_as_string(hide_password=False)}"]


def _run(tool: str, options: list[str], url: URL) -> None:
    program = shutil.which(tool)
    if program is None:
        raise BackupError(
            "%(tool)s is missing; install it: apt-get install postgresql-client", tool=tool
        )
    password = {"PGPASSWORD": str(url.password)} if url.password else {}
    done = subprocess.run(  # noqa: S603 - our own words; the password is not among them
        [program, *options],
        env={**os.environ, **password},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise BackupError("%(tool)s failed: %(why)s", tool=tool, why=last)
