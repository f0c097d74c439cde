"""``chuku audit`` and ``chuku accesslog``: proving the log, keeping the statutory one."""

from __future__ import annotations

import json
import signal
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
from flask import current_app

from app.audit import accessdays, accesswriter
from app.audit import verify as prover
from app.audit.upkeep import bring_up_to_date
from app.audit.values import CheckpointView
from app.cli.context import with_app
from app.core import clock
from app.core.errors import InvalidError, NotFoundError
from app.core.keystore import keys
from app.core.transaction import reading


@click.group()
def audit() -> None:
    """The append-only audit log."""


def saved_checkpoints(files: tuple[Path, ...]) -> list[CheckpointView]:
    """Checkpoints from files: one JSON document or JSON Lines each."""
    found = []
    for file in files:
        text = file.read_text("utf-8").strip()
        try:
            documents = [json.loads(text)]
        except ValueError:
            documents = [_json(file, line) for line in text.splitlines() if line.strip()]
        for document in documents:
            try:
                found.append(prover.checkpoint_from(document))
            except ValueError as error:
                raise InvalidError("%(file)s: not a checkpoint", file=str(file)) from error
    return found


def _json(file: Path, line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError as error:
        raise InvalidError("%(file)s: not a checkpoint", file=str(file)) from error


@audit.command("verify")
@click.option(
    "--checkpoint",
    "files",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="a checkpoint that somebody kept; may be given several times",
)
@click.option("--json", "as_json", is_flag=True)
@with_app
def verify(files: tuple[Path, ...], *, as_json: bool) -> None:
    """Prove every entry and every checkpoint; exit 1 names what was changed."""
    saved = saved_checkpoints(files)
    with reading() as session:
        report = prover.verify(session, keys=keys().public_keys(), saved=saved)
    if as_json:
        click.echo(json.dumps({"sound": report.sound, **vars(report)}, ensure_ascii=False))
    else:
        for fault in report.faults:
            click.echo(f"fault: {fault}", err=True)
        verdict = "sound" if report.sound else "NOT sound"
        click.echo(
            f"audit log {verdict}: {report.entries} entries, {report.waiting} waiting, "
            f"{report.checkpoints} checkpoints, root {report.root}"
        )
    sys.exit(0 if report.sound else 1)


@audit.command("checkpoint")
@with_app
def checkpoint() -> None:
    """Sign the log as it stands now; prints the checkpoint as JSON, to be kept elsewhere."""
    found = bring_up_to_date(every=timedelta())
    if found is None:
        raise NotFoundError("The audit log is still empty.")
    click.echo(json.dumps(found.as_json(), ensure_ascii=False))


@audit.command("rotate-key")
@with_app
def rotate_key() -> None:
    """Retire the log's signing key and begin a new one; old public keys stay published."""
    bring_up_to_date(every=timedelta())
    click.echo(keys().rotate("audit", at=clock.now()).kid)


@click.group(invoke_without_command=True)
@click.pass_context
def accesslog(context: click.Context) -> None:
    """The statutory access log; without a verb: run its one writer."""
    if context.invoked_subcommand is None:
        _write()


@with_app
def _write() -> None:
    writer = accesswriter.Writer(current_app.config["CHUKU"].folder, keys().secret)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: writer.stop())
    writer.run(ready=lambda: click.echo("accesslog ready"))


@accesslog.command("list")
@click.option("--json", "as_json", is_flag=True, help="JSON Lines")
@with_app
def list_days(*, as_json: bool) -> None:
    """The days that are there and until when each must be kept."""
    for day in accessdays.listing(current_app.config["CHUKU"]):
        if as_json:
            click.echo(json.dumps(vars(day)))
        else:
            state = f"sealed {day.lines} lines sha256 {day.sha256}" if day.sealed else "open"
            click.echo(f"{day.day} keep until {day.keep_until} {state}")


@accesslog.command("export")
@click.option("--from", "first", required=True, help="first day, YYYY-MM-DD")
@click.option("--to", "last", required=True, help="last day, YYYY-MM-DD")
@click.option("-o", "out", required=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--reason", required=True, help="kept in the audit log")
@with_app
def export(first: str, last: str, out: Path, reason: str) -> None:
    """Write the lines of these days as JSON Lines; the export is itself recorded."""
    days = accessdays.export(
        current_app.config["CHUKU"],
        keys(),
        first=first,
        last=last,
        out=out,
        by="system:cli",
        reason=reason,
        at=clock.now(),
    )
    click.echo(f"{days} days written to {out}")


@accesslog.command("delete")
@click.argument("day")
@with_app
def delete(day: str) -> None:
    """Drop the log of DAY; refused before its time is over (Art. 19)."""
    settings = current_app.config["CHUKU"]
    accessdays.delete(settings, keys(), day, by="system:cli", at=clock.now())
    click.echo(f"the access log of {day} is deleted")


@accesslog.command("seal")
@with_app
def seal() -> None:
    """Seal the days that are over; workers do it every quarter of an hour."""
    for day in accessdays.seal_finished_days(current_app.config["CHUKU"], keys(), at=clock.now()):
        click.echo(f"{day} sealed")


COMMANDS: tuple[click.Command, ...] = (audit, accesslog)
