"""Fixtures: an application on a fresh database, a transaction, the outbox run in-process."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.core import settings as settings_module
from app.core.db import Base, db
from app.core.settings import Settings
from app.core.transaction import transaction
from app.factory import create_app
from tests import postgres


@pytest.fixture(autouse=True)
def _push_request_context() -> None:
    """pytest-flask's own would let g and sessions leak between requests (design 4, 3.10)."""


@pytest.fixture
def at() -> datetime:
    return datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


POSTGRESQL = os.environ.get("CHUKU_TEST_DATABASE") == "postgresql"


@pytest.fixture(scope="session")
def postgres_folder() -> Iterator[str | None]:
    """The socket folder of this run's PostgreSQL; None when the run is on SQLite."""
    if not POSTGRESQL:
        yield None
        return
    with postgres.server() as folder:
        yield folder


@pytest.fixture(scope="session")
def template_database(
    tmp_path_factory: pytest.TempPathFactory, postgres_folder: str | None
) -> Path:
    """A data folder with the schema made once; tests copy it."""
    folder = tmp_path_factory.mktemp("template")
    url = None
    if postgres_folder:
        postgres.execute(postgres_folder, "CREATE DATABASE template_chuku")
        url = postgres.url(postgres_folder, "template_chuku")
    app = create_app(_settings(folder, url))
    with app.app_context():
        Base.metadata.create_all(db.engine)
        if not postgres_folder:
            with db.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        db.engine.dispose()
    return folder


def _settings(folder: Path, database_url: str | None = None) -> Settings:
    return settings_module.load(
        {},
        data=str(folder),
        database_url=database_url,
        redis_url="unix:///nowhere/redis.sock",
        probe_nets="127.0.0.0/8, ::1/128",
        log_level="error",
    )


@pytest.fixture
def settings(
    tmp_path: Path, template_database: Path, postgres_folder: str | None
) -> Iterator[Settings]:
    shutil.copytree(template_database, tmp_path / "data")
    if not postgres_folder:
        yield _settings(tmp_path / "data")
        return
    name = f"t{uuid4().hex}"
    postgres.execute(postgres_folder, f"CREATE DATABASE {name} TEMPLATE template_chuku")
    yield _settings(tmp_path / "data", postgres.url(postgres_folder, name))
    postgres.execute(postgres_folder, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    made = create_app(settings)
    made.config["TESTING"] = True
    with made.app_context():
        yield made
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def tx(app: Flask) -> Iterator[Session]:
    """An open unit of work, rolled back at the end."""

    class _RollBack(Exception):  # noqa: N818
        pass

    try:
        with transaction() as session:
            yield session
            raise _RollBack
    except _RollBack:
        pass


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Journeys share one running product, faults another; each stays in one worker."""
    for item in items:
        for mark in ("journey", "fault"):
            if item.get_closest_marker(mark):
                item.add_marker(pytest.mark.xdist_group(mark))
