"""``chuku db upgrade`` on an empty folder."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from app.cli import database
from app.norm import book


def test_upgrade_keeps_the_rules_in_force_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CHUKU_TEST_DATABASE", raising=False)
    monkeypatch.setenv("CHUKU_DATA", str(tmp_path))
    monkeypatch.setenv("CHUKU_REDIS_URL", "unix:///nowhere/redis.sock")
    monkeypatch.setenv("CHUKU_LOG_LEVEL", "error")
    for _ in range(2):
        result = CliRunner().invoke(database.db, ["upgrade"])
        assert result.exit_code == 0, result.exception
    engine = sa.create_engine(f"sqlite:///{tmp_path}/chuku.db")
    with engine.connect() as connection:
        kept = connection.execute(sa.text("SELECT kind, text FROM policy_version ORDER BY kind"))
        assert [tuple(row) for row in kept] == [
            ("articles", book.read("articles.toml")),
            ("house", book.read("house.toml")),
        ]
    engine.dispose()
