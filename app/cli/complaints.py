"""``chuku complaints import FILE…``: complaints from another system's table, or mails."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click
from flask import current_app

from app.cli.context import with_app
from app.core import clock
from app.core.errors import InvalidError
from app.core.settings import Settings
from app.core.table import csv_text
from app.core.transaction import reading, transaction
from app.intake import batch, batch_filing
from app.intake.batch_filing import Done


@click.group()
def complaints() -> None:
    """Complaints that did not come by themselves."""


def _entries(files: tuple[str, ...]) -> list[batch.Entry]:
    found: list[batch.Entry] = []
    for file in files:
        try:
            found += batch.read(Path(file).name, Path(file).read_bytes())
        except OSError as error:
            raise InvalidError(
                "Cannot read %(file)s: %(why)s.", file=file, why=error.strerror
            ) from error
    with reading() as session:
        return batch_filing.check(session, found)


@complaints.command("import")
@click.argument("files", nargs=-1, required=True)
@click.option("--receipts", metavar="CSV", help="write references and receipt codes here, once")
@click.option("--dry-run", is_flag=True, help="only say what would be filed")
@with_app
def bring(files: tuple[str, ...], *, receipts: str | None, dry_run: bool) -> None:
    """File every good row of FILES (CSV, or mails as .eml); what came before is left out.

    Bad rows are named with their line; nothing of them is filed. The receipt codes exist only in
    the file given with --receipts: without one they are lost, and the answers unreadable.
    """
    entries = _entries(files)
    if not dry_run and receipts is None:
        raise InvalidError("Please say where the receipt codes go: --receipts FILE.csv")
    if dry_run:
        done = _would(entries)
    else:
        assert receipts is not None
        done = _file(entries, Path(receipts))
    refused = [one for one in done if one.refused]
    before = sum(one.before for one in done)
    verb = "would be filed" if dry_run else "filed"
    filed = len(done) - len(refused) - before
    click.echo(f"{filed} {verb}, {before} came before, {len(refused)} refused")
    for one in refused:
        click.echo(f"{one.label}: {one.refused}", err=True)
    for one in done:
        for sentence, name in one.files_refused:
            click.echo(f"{one.label}: {sentence % {'name': name}}", err=True)
    for title in sorted({title for entry in entries for title in entry.unread}):
        click.echo(f"not read: the column {title}", err=True)
    if refused:
        sys.exit(1)


def _would(entries: list[batch.Entry]) -> list[Done]:
    with reading() as session:
        before = batch_filing.arrived(session, entries)
    return [
        Done(
            entry.label,
            ref=before.get(entry.digest, ""),
            refused=next(iter(entry.errors.values()), ""),
            before=entry.digest in before,
        )
        for entry in entries
    ]


def _file(entries: list[batch.Entry], receipts: Path) -> list[Done]:
    settings: Settings = current_app.config["CHUKU"]
    done: list[Done] = []
    out = os.open(receipts, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with open(out, "a", encoding="utf-8", newline="") as file:  # noqa: PTH123 - made private above
        for entry in entries:
            done.append(_one(entry, settings))
            if done[-1].secret:  # written before the next is filed: a break loses none
                file.write(csv_text([(done[-1].label, done[-1].ref, done[-1].secret)]))
                file.flush()
    return done


def _one(entry: batch.Entry, settings: Settings) -> Done:
    with reading() as session:
        known = batch_filing.arrived(session, [entry])
    stored, kid, refused = (
        ((), None, ())
        if entry.errors or known
        else batch_filing.attach(entry, data_folder=settings.folder, clamd_url=settings.clamd_url)
    )
    at, done = clock.now(), None
    try:
        with transaction() as tx:
            done = batch_filing.file_entry(
                tx, entry, by="system:cli", at=at, stored=stored, kid=kid, refused=refused
            )
    finally:
        batch_filing.drop_files(kid, done, at=at)
    return done


COMMANDS = (complaints,)
