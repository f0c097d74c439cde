"""``chuku dossier`` and ``chuku verify``: the bundle that proves itself."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from flask import current_app

from app.cli.context import with_app
from app.evidence import verify_bundle
from app.evidence.export import export


@click.command("dossier")
@click.argument("incident")
@click.option("-o", "out", required=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--unseal", metavar="REASON", help="also open what is sealed; kept in the log")
@with_app
def dossier(incident: str, out: Path, unseal: str | None) -> None:
    """Write everything about INCIDENT to one zip that anybody can verify."""
    sheet = export(
        current_app.config["CHUKU"],
        incident,
        out,
        by="system:cli",
        reason=unseal or "",
        unseal=unseal is not None,
    )
    broken = [row.item.ref for row in sheet.rows if row.state in {"damaged", "missing"}]
    click.echo(f"{out}: {len(sheet.rows)} items, {len(sheet.entries)} audit entries")
    if broken:
        click.echo(f"chuku: damaged in the vault: {', '.join(broken)}", err=True)
        sys.exit(1)


@click.command("verify")
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--keys",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="published keys to compare with (JSON)",
)
def verify(file: Path, keys: Path | None) -> None:
    """Check a dossier (FILE or unpacked folder); needs no database."""
    sys.exit(verify_bundle.report(file, keys))


COMMANDS: tuple[click.Command, ...] = (dossier, verify)
