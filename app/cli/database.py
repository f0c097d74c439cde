"""``chuku db upgrade`` · ``chuku backup`` · ``chuku restore``."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
from alembic.util import CommandError
from flask import current_app

from app.audit.values import CheckpointView
from app.authorities import rules
from app.backup import archive, restore
from app.backup.archive import Backup, BackupError
from app.backup.restore import Restored
from app.backup.save import save
from app.cli.audit import saved_checkpoints
from app.cli.context import settings as read_settings
from app.cli.context import with_app
from app.core import clock, schema
from app.core.db import db as database
from app.core.failpoint import failpoint
from app.core.keystore import keys
from app.core.transaction import reading, transaction

if TYPE_CHECKING:
    from app.core.settings import Settings

_SHOWN = 20  # missing things printed; all of them with --json


@click.group()
def db() -> None:
    """The schema."""


@db.command()
@with_app
def upgrade() -> None:
    """Bring the database to this version's schema; keep the rules in force by their digest."""
    reached = schema.upgrade()
    with transaction() as tx:
        rules.keep_in_force(tx, by="system:cli", at=clock.now())
    click.echo(f"schema {reached}")


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True)
@with_app
def backup(file: Path, *, as_json: bool) -> None:
    """Write database, vault and access log to FILE while everything runs; never a key."""
    chosen = current_app.config["CHUKU"]
    saved = save(file.resolve(), chosen, keys(), at=clock.now())
    if as_json:
        facts = {"entries": saved.entries, "files": saved.files, "damaged": saved.damaged}
        click.echo(json.dumps({"file": str(saved.file), **facts}))
    else:
        click.echo(f"{saved.file}: {saved.files} files, audit log up to entry {saved.entries}")
        click.echo("keys are not in it: back up the key store and the master key apart")
    for sha256 in saved.damaged:
        click.echo(f"damaged in the vault: {sha256}", err=True)
    sys.exit(1 if saved.damaged else 0)


@click.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--data", help="the empty data folder (default: CHUKU_DATA)")
@click.option(
    "--checkpoint",
    "files",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="a checkpoint that was kept outside; names what the backup lacks",
)
@click.option("--without-keys", is_flag=True, help="the key store is lost: do without")
@click.option("--json", "as_json", is_flag=True)
def bring_back(
    file: Path, data: str | None, files: tuple[Path, ...], *, without_keys: bool, as_json: bool
) -> None:
    """Bring FILE back into an empty data folder; says what is missing, sends nothing again."""
    chosen: Settings = read_settings(data=data)
    saved = saved_checkpoints(files)
    with archive.reading(file) as found:
        restore.refuse(found, chosen, without_keys=without_keys)
        chosen.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        report = Restored(taken_at=str(found.manifest["at"]))
        restore.unpack_files(found, chosen, report)
        address = restore.unpack_database(found, chosen)
        _settle(found, replace(chosen, database_url=address), report, saved)
        failpoint("restore.unnamed")
        restore.put_in_place(chosen)
    _print(report, as_json=as_json)
    sys.exit(1 if report.faults else 0)


def _settle(found: Backup, chosen: Settings, report: Restored, saved: list[CheckpointView]) -> None:
    from app.factory import create_app  # noqa: PLC0415 - only after the files are there

    with create_app(chosen, serves=False).app_context():
        if found.manifest["schema"] not in (None, schema.head()):
            _upgrade()
        report.missing += restore.missing_keys(found, keys())
        with reading() as session:
            restore.prove(session, report, keys=keys().public_keys(), saved=saved)
        with transaction() as tx:
            facts = {"checkpoint": found.manifest["checkpoint"]}
            restore.settle(tx, report, facts=facts, at=clock.now())
        if database.engine.dialect.name == "sqlite":
            with database.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        database.engine.dispose()


def _upgrade() -> None:
    try:
        schema.upgrade()
    except CommandError as error:
        raise BackupError(
            "The backup is of another version of this program: %(why)s", why=error
        ) from error


def _print(report: Restored, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(vars(report), ensure_ascii=False))
        return
    click.echo(
        f"restored the backup of {report.taken_at}: {report.entries} audit entries, "
        f"{report.files} vault files, epoch {report.epoch}"
    )
    click.echo(f"{report.set_aside} letters and clocks are set aside: see /desk/parts")
    for line in report.missing[:_SHOWN]:
        click.echo(f"missing: {line}")
    if len(report.missing) > _SHOWN:
        click.echo(f"missing: {len(report.missing) - _SHOWN} more; see --json")
    for line in report.faults:
        click.echo(f"fault: {line}", err=True)


COMMANDS = (db, backup, bring_back)
