"""``chuku duties``: what the norm demands; pure, no database."""

from __future__ import annotations

import json

import click

from app.norm import describe


@click.command("duties")
@click.argument("category")
@click.option("--kind", help="finer kind of page 1, e.g. copyright")
@click.option("--severe", is_flag=True, help="造成严重影响: adds the second report")
@click.option("--json", "as_json", is_flag=True, help="one JSON document")
def duties(category: str, kind: str | None, *, severe: bool, as_json: bool) -> None:
    """What the norm demands for CATEGORY, in order."""
    try:
        plan = describe.duties_json(category, kind=kind, severe=severe)
    except (KeyError, ValueError) as error:
        raise click.UsageError(str(error).strip("'\"")) from error
    if as_json:
        click.echo(json.dumps(plan, ensure_ascii=False, indent=2))
        return
    article = f"Art. {plan['article']}" if plan["article"] else "no article"
    click.echo(f"{category}: {article}")
    for when in ("at_once", "then"):
        for n, act in enumerate(plan[when], 1):
            to = f" → {', '.join(act['to'])}" if act["to"] else ""
            click.echo(f"  {when} {n}. {act['step']}{to} ({act['source']})")
    click.echo(f"  way back: {plan['reentry'] or 'none in the article'}")


COMMANDS = (duties,)
