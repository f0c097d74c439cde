"""``chuku catalogue import FILE``: platforms, bodies, providers and resources."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from app.authorities.service import ROWS
from app.catalogue.service import import_lines
from app.cli.context import with_app
from app.core import clock
from app.core.errors import InvalidError
from app.core.transaction import transaction


@click.group()
def catalogue() -> None:
    """Resources, and the bodies that answer for them."""


def _lines(file: str) -> list[str]:
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise InvalidError(
            "Cannot read %(file)s: %(why)s.", file=file, why=error.strerror
        ) from error
    try:
        return data.decode("utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise InvalidError(
            "%(file)s is not UTF-8 text; save it as UTF-8 and import it again.", file=file
        ) from error


@catalogue.command("import")
@click.argument("file")
@click.option("--json", "as_json", is_flag=True, help="print one JSON document")
@with_app
def bring(file: str, *, as_json: bool) -> None:
    """Write every good row of FILE (JSON Lines or CSV; - reads standard input).

    Bad rows are listed with their line numbers; running it twice is running it once. The fields
    are described in app/demo/README.md.
    """
    lines = _lines(file)
    with transaction() as tx:
        report = import_lines(tx, lines, clock.now(), by="system:cli", others=ROWS)
    if as_json:
        errors = [{"line": n, "detail": sentence} for n, sentence in report.errors]
        counts = {"added": report.added, "changed": report.changed, "same": report.same}
        click.echo(json.dumps({**counts, "errors": errors}, ensure_ascii=False))
    else:
        click.echo(f"{report.added} added, {report.changed} changed, {report.same} the same")
    for number, sentence in report.errors:
        click.echo(f"line {number}: {sentence}", err=True)
    if report.errors:
        sys.exit(1)


COMMANDS = (catalogue,)
