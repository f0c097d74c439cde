"""``chuku corrections``: what officers decided otherwise than the machine read, to learn from."""

from __future__ import annotations

from pathlib import Path

import click

from app.cli.context import with_app
from app.cli.proof import CODE, prove
from app.core import clock, files
from app.core.errors import ForbiddenError
from app.core.transaction import transaction
from app.triage import corrections as service


@click.group()
def corrections() -> None:
    """Officers' corrections of the classifier."""


@corrections.command("export")
@click.option("-o", "out", required=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--reason", required=True, help="Kept in the audit log.")
@click.option("--account", required=True, help="Sign-in name of a supervisor.")
@click.option("--code", help=CODE)
@click.option("--agreements", is_flag=True, help="Also what was decided as it had been read.")
@with_app
def export(out: Path, reason: str, account: str, code: str | None, *, agreements: bool) -> None:
    """Write masked rows for `chuku train --with`; they leave the system, so it is recorded."""
    if out.exists():
        raise click.UsageError(f"{out} is there already; nothing is overwritten.")
    person = prove(account, code, who="Code")
    platforms = person.platforms(service.PERMISSION)
    if not platforms:
        raise ForbiddenError("You may not do this on this platform. Ask its supervisor.")
    with transaction() as tx:
        made = service.export(
            tx,
            platform_ids=platforms,
            by=person.actor,
            reason=reason,
            at=clock.now(),
            agreements=agreements,
        )
    files.replace(out, made.content)
    counted = ", ".join(f"{verdict} {n}" for verdict, n in sorted(made.verdicts.items()))
    click.echo(f"{sum(made.verdicts.values())} rows written to {out} ({counted or 'none'})")
    if made.verdicts.get("unfounded"):
        click.echo("unfounded claims have the split “review”: read, label, then set “train”")


COMMANDS = (corrections,)
