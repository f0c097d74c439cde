"""Backup while running, restore into an empty folder: O1, O5, O6 and law 7 hold."""

from __future__ import annotations

import json
import shutil
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import text

from app.audit import queries as audit
from app.audit import verify as prover
from app.audit.upkeep import bring_up_to_date
from app.backup.archive import BackupError
from app.cli import database
from app.core import clock
from app.core import settings as settings_module
from app.core.db import db
from app.core.keystore import keys
from app.core.settings import Settings
from app.core.transaction import reading, transaction
from app.evidence import queries as evidence_queries
from app.evidence import service as evidence
from app.evidence import vault
from app.factory import create_app
from app.intake import service as intake
from app.outbox import queries as outbox
from app.suspension import queries as stops
from tests import postgres
from tests.catalogue.make import bodies, bring
from tests.intake.make import STORY, make_complaint
from tests.notices.make import make_letter
from tests.suspension.make import add_resource, place


@dataclass
class House:
    """A house that runs, and an empty one beside it."""

    old: Settings
    new: Settings
    monkeypatch: pytest.MonkeyPatch

    def run(self, command: object, *words: object, at: Settings | None = None) -> Result:
        chosen = at or self.old
        self.monkeypatch.setenv("CHUKU_DATA", chosen.data)
        self.monkeypatch.setenv("CHUKU_DATABASE_URL", chosen.database_url)
        self.monkeypatch.setenv("CHUKU_REDIS_URL", chosen.redis_url)
        return CliRunner().invoke(command, [str(w) for w in words])

    def backup(self, file: Path) -> dict[str, object]:
        result = self.run(database.backup, file, "--json")
        assert result.exit_code == 0, (result.exception, result.output)
        return json.loads(result.stdout)

    def restore(self, file: Path, *words: object) -> Result:
        return self.run(database.bring_back, file, *words, at=self.new)

    def bring_keys(self) -> None:
        """The key store has its own backup."""
        shutil.copytree(self.old.folder / "keys", self.new.folder / "keys")


@pytest.fixture
def house(
    app: Flask,
    settings: Settings,
    tmp_path: Path,
    postgres_folder: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[House]:
    monkeypatch.delenv("CHUKU_TEST_DATABASE", raising=False)
    name, url = f"r{uuid4().hex}", None
    if postgres_folder:
        postgres.execute(postgres_folder, f"CREATE DATABASE {name}")
        url = postgres.url(postgres_folder, name)
    given = {"redis_url": settings.redis_url, "log_level": "error", "database_url": url}
    folder = tmp_path / "new"
    folder.mkdir()
    new = settings_module.load({}, data=str(folder), secret_key="x", **given)
    yield House(settings, new, monkeypatch)
    if postgres_folder:
        postgres.execute(postgres_folder, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def filed(house: House) -> str:
    """A complaint, a hold, a letter that waits, a piece of evidence; the complaint's ref."""
    at = clock.now()
    stored = vault.put(b"captured")
    with transaction() as tx:
        bring(tx, bodies(), at)
        resource = add_resource(tx, at)
        ref = make_complaint(tx, at).ref
        place(tx, resource, at)
        make_letter(tx, at)
        evidence.record(
            tx, incident="I0000001", kind="capture", title="page", stored=stored,
            media_type="text/html", by="system:capture", at=at,
        )  # fmt: skip
    return ref


def told(result: Result) -> dict[str, object]:
    assert result.exit_code == 0, (result.exception, result.output)
    return json.loads(result.stdout)


def test_a_backup_under_load_comes_back_whole_and_sends_nothing_again(
    app: Flask, house: House, filed: str, tmp_path: Path
) -> None:
    stop, refs = threading.Event(), []

    def load() -> None:
        with app.app_context():
            while not stop.is_set() and len(refs) < 80:  # bounded: it is no load test
                with transaction() as tx:
                    refs.append(make_complaint(tx, clock.now()).ref)

    busy = threading.Thread(target=load)
    busy.start()
    try:
        before = bring_up_to_date(every=timedelta())
        known = list(refs)
        house.backup(tmp_path / "b.zip")
    finally:
        stop.set()
        busy.join()
    later = bring_up_to_date(every=timedelta())
    kept = tmp_path / "later.json"
    kept.write_text(json.dumps(later.as_json()))
    house.bring_keys()
    report = told(house.restore(tmp_path / "b.zip", "--checkpoint", kept, "--json"))
    assert report["faults"] == []
    assert report["missing"][0].startswith(f"audit entries {report['entries']} to {later.size - 1}")
    with create_app(house.new).app_context(), reading() as session:
        for ref in [filed, *known[-9:]]:  # O1
            assert _words(ref) == STORY
        proof = prover.verify(session, keys=keys().public_keys(), saved=[before])  # O5
        assert proof.sound, proof.faults
        item = evidence_queries.items(session, "I0000001")[0]  # O6
        assert vault.get(item.sha256) == b"captured"
        parked = outbox.parked(session)  # law 7
        assert {row.topic for row in parked} == {"notices.send", "notices.chain"}
        assert "see first whether it went out" in parked[0].error
        assert stops.holds(session)[0].standing
        epoch = session.execute(text("SELECT epoch FROM feed_head")).scalar_one()
        assert epoch == report["epoch"] == 2
        entry = [e for e in audit.entries(session) if e.action == "backup.restore"]
        assert entry[0].data["set_aside"] == 2
        db.session.remove()
        db.engine.dispose()


def _words(ref: str) -> str:
    with transaction() as tx:
        opened = intake.unseal(
            tx, ref=ref, part="text", by="account:1", reason="proof", at=clock.now()
        )
    return opened["text"]


def test_key_material_is_never_in_a_backup(house: House, filed: str, tmp_path: Path) -> None:
    house.backup(tmp_path / "b.zip")
    master = (house.old.folder / "keys" / "master.key").read_bytes().strip()
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        assert not [n for n in archive.namelist() if "key" in n]
        assert all(master not in archive.read(n) for n in archive.namelist())
        manifest = json.loads(archive.read("manifest.json"))
    assert manifest["checkpoint"]["size"] > 0
    assert any(name.startswith("audit-") for name in manifest["keys"]["signing"])


def test_what_was_erased_stays_erased_in_an_old_backup(
    house: House, filed: str, tmp_path: Path
) -> None:
    house.backup(tmp_path / "b.zip")
    with reading() as session:
        kid = session.execute(text("SELECT kid FROM complaint")).scalar_one()
    keys().destroy_data_key(kid, at=clock.now())
    house.bring_keys()
    report = told(house.restore(tmp_path / "b.zip", "--json"))
    assert report["missing"] == [f"data key {kid}"]


def test_a_changed_backup_is_refused_before_anything_is_written(
    house: House, filed: str, tmp_path: Path
) -> None:
    house.backup(tmp_path / "b.zip")
    other = tmp_path / "changed.zip"
    with zipfile.ZipFile(tmp_path / "b.zip") as whole, zipfile.ZipFile(other, "w") as changed:
        for name in whole.namelist():
            data = whole.read(name)
            changed.writestr(name, b"other" if name.startswith("vault/") else data)
    house.bring_keys()
    result = house.restore(other)
    assert isinstance(result.exception, BackupError)
    assert "was changed" in str(result.exception)
    assert not (house.new.folder / "vault").exists()


def test_restore_overwrites_nothing_and_asks_for_the_keys_first(
    house: House, filed: str, tmp_path: Path
) -> None:
    house.backup(tmp_path / "b.zip")
    full = house.run(database.bring_back, tmp_path / "b.zip")
    assert "a database already" in str(full.exception)
    bare = house.restore(tmp_path / "b.zip")
    assert "key store is not there" in str(bare.exception)
    assert not (house.new.folder / "keys" / "keystore.db").exists()
    again = house.run(database.backup, tmp_path / "b.zip")
    assert "overwrites nothing" in str(again.exception)


def test_after_a_crash_before_the_last_step_the_same_command_finishes(
    house: House, filed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    house.backup(tmp_path / "b.zip")
    house.bring_keys()
    pg = "postgresql" in house.new.database_url
    step = "databases.load_postgresql" if pg else "put_in_place"
    with monkeypatch.context() as broken:
        broken.setattr(f"app.backup.restore.{step}", crash)
        house.restore(tmp_path / "b.zip")
    assert told(house.restore(tmp_path / "b.zip", "--json"))["epoch"] == 2


def test_a_damaged_vault_file_is_named_and_the_rest_is_kept(house: House, tmp_path: Path) -> None:
    stored = vault.put(b"whole")
    broken = vault.put(b"broken")
    file = next((house.old.folder / "vault").rglob(broken.sha256))
    file.chmod(0o600)
    file.write_bytes(b"changed")
    result = house.run(database.backup, tmp_path / "b.zip")
    assert (result.exit_code, broken.sha256 in result.stderr) == (1, True)
    house.bring_keys()
    result = house.restore(tmp_path / "b.zip", "--json")
    report = json.loads(result.stdout)
    assert report["missing"] == [f"vault file {broken.sha256}: damaged before the backup"]
    assert next((house.new.folder / "vault").rglob(stored.sha256)).read_bytes() == b"whole"
