"""Seeding: through the same import that operators use, and again without making anything twice."""

from __future__ import annotations

import json
import shutil
import stat
from dataclasses import replace
from pathlib import Path

import pyotp
import pytest
from argon2 import PasswordHasher
from click.testing import CliRunner
from flask import Flask

from app.accounts import queries as accounts
from app.accounts import service as accounts_service
from app.authorities import queries as authorities
from app.authorities.service import ROWS
from app.catalogue import queries
from app.catalogue.service import import_lines
from app.cli import catalogue as command
from app.core import clock
from app.core.errors import InvalidError
from app.core.settings import Settings
from app.core.transaction import transaction
from app.demo import content, export, seed
from app.demo.content import Made, Manifest
from app.demo.people import PEOPLE
from app.suspension import queries as suspension
from tests.demo.test_files import few

EDGE = "http://127.0.0.1:8090"


class _Any(dict[str, Made]):
    """A manifest that knows a digest for every file, without writing any."""

    def __missing__(self, name: str) -> Made:
        return Made(1, content.hashlib.sha256(name.encode()).hexdigest())


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The content of a few resources, generated once."""
    root = tmp_path_factory.mktemp("content")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(content, "resources", few)
        content.write(root, portal="http://127.0.0.1:8080")
    return root


@pytest.fixture
def demo(app: Flask, settings: Settings, files: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    shutil.copytree(files, settings.folder / "content", symlinks=True)
    # A dozen people get passwords that are cheap to hash: hashing is not what is tested here.
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(accounts_service, "_hasher", cheap)
    monkeypatch.setattr(content, "resources", few)
    monkeypatch.setattr(export, "resources", few)
    return replace(settings, demo=True, edge_url=EDGE)


def test_all_rows_of_the_demo_are_taken_and_twice_is_once(app: Flask) -> None:
    manifest: Manifest = _Any()
    lines = list(export.lines(manifest, edge_url=EDGE))
    for expected in ("added", "same"):
        with transaction() as tx:
            report = import_lines(tx, lines, clock.now(), others=ROWS)
        assert report.errors == ()
        assert getattr(report, expected) == len(lines)
    with transaction() as tx:
        found = queries.search(tx, "", limit=20)
        assert [c.ref for c in found] == [f"R{n:04d}" for n in range(1, 21)]
        assert [c.ref for c in queries.search(tx, "勾股定理", limit=5)] == ["R0005"]
        here = authorities.platform(tx, "guojia")
        assert authorities.recipients(tx, here.id, ["superior_regulator"], 0, clock.now())[
            0
        ].state == "not_applicable"  # fmt: skip


def test_only_the_leaflet_is_the_same_content_elsewhere(app: Flask, demo: Settings) -> None:
    seed.seed(demo)
    with transaction() as tx:
        pairs = {
            c.ref: [s.resource_ref for s in queries.same_content(
                tx, queries.current_version(tx, c.id).id)]
            for c in queries.search(tx, "", limit=100)
        }  # fmt: skip
    sharing = [r.ref for r in few() if r.shares]
    assert {ref: found for ref, found in pairs.items() if found} == {
        sharing[0]: [sharing[1]], sharing[1]: [sharing[0]],
    }  # fmt: skip


def test_seeding_again_keeps_people_keys_and_files(app: Flask, demo: Settings) -> None:
    first = seed.seed(demo)
    key = first.edge_key.read_bytes()
    second = seed.seed(demo)
    assert second == first
    assert second.edge_key.read_bytes() == key
    assert len(second.officers) == len(PEOPLE)


def test_the_rows_stand_beside_as_a_file_that_the_import_takes(app: Flask, demo: Settings) -> None:
    seed.seed(demo)
    lines = (demo.folder / "demo.jsonl").read_text("utf-8").splitlines()
    with transaction() as tx:
        report = import_lines(tx, lines, clock.now(), others=ROWS)
    assert (report.same, report.errors) == (len(lines), ())


def test_every_demo_person_can_sign_in(app: Flask, demo: Settings) -> None:
    at = clock.now()
    for row in seed.seed(demo).officers:
        with transaction() as tx:
            found = accounts.by_login(tx, row["login"])
            assert found is not None
            account_id, stored = found
            assert accounts_service.verify_password(stored, row["password"])
            code = pyotp.TOTP(row["totp_secret"]).at(at)
            assert accounts_service.use_code(tx, account_id=account_id, code=code, at=at)


def test_secrets_are_readable_by_their_owner_only(app: Flask, demo: Settings) -> None:
    made = seed.seed(demo)
    for file in (demo.folder / "demo-officers.json", made.edge_key):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_lost_edge_key_gives_a_new_target_and_ends_the_old(app: Flask, demo: Settings) -> None:
    first = seed.seed(demo)
    first.edge_key.unlink()
    second = seed.seed(demo)
    assert second.target != first.target
    with transaction() as tx:
        standing = [t.name for t in suspension.targets(tx) if t.disabled_at is None]
        assert standing == [second.target]
        assert accounts.by_key(tx, second.edge_key.read_text().strip(), at=clock.now())


def test_the_agent_gets_the_feeds_public_keys_and_the_hosts(app: Flask, demo: Settings) -> None:
    made = seed.seed(demo)
    assert json.loads(made.feed_keys.read_text())
    hosts = json.loads(made.hosts.read_text())
    assert all((made.content / folder).is_dir() for folder in hosts.values())


def test_another_port_moves_the_addresses_and_makes_no_new_version(
    app: Flask, demo: Settings
) -> None:
    seed.seed(demo)
    seed.seed(replace(demo, edge_url="http://127.0.0.1:9191"))
    with transaction() as tx:
        card = queries.search(tx, "", limit=1)[0]
        assert card.addresses[0].url.startswith("http://127.0.0.1:9191/")
        assert queries.current_version(tx, card.id).n == 1


def test_without_an_edge_the_demo_says_what_is_missing(app: Flask, demo: Settings) -> None:
    with pytest.raises(InvalidError, match="CHUKU_EDGE_URL"):
        seed.seed(replace(demo, edge_url=""))


def test_the_command_imports_the_same_lines(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "resources", few)
    file = tmp_path / "demo.jsonl"
    lines = [*export.lines(_Any(), edge_url=EDGE), "{broken"]
    file.write_text("\n".join(lines), "utf-8")
    bring = command.bring.callback.__wrapped__  # inside this test's application
    runner = CliRunner()

    def run(name: str) -> tuple[int, str]:
        import click

        inner = click.Command("import", callback=lambda: bring(file=name, as_json=True))
        result = runner.invoke(inner)
        return result.exit_code, result.stdout

    code, out = run(str(file))
    told = json.loads(out)
    assert (code, told["added"]) == (1, len(lines) - 1)
    assert [e["line"] for e in told["errors"]] == [len(lines)]
    assert json.loads(run(str(file))[1])["same"] == len(lines) - 1
