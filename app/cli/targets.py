"""``chuku target``: what must be told of a stop: edges, gates, webhooks, CDNs."""

from __future__ import annotations

import base64
import json

import click

from app.accounts import queries as accounts
from app.accounts import service as account_service
from app.cli.context import with_app
from app.core import clock
from app.core.errors import NotFoundError
from app.core.keystore import keys
from app.core.transaction import reading, transaction
from app.suspension import enforcement, queries
from app.suspension.target import Way, kind


@click.group()
def target() -> None:
    """What must be told of a stop."""


@target.command()
@click.argument("name")
@click.option("--kind", "of_kind", required=True, help="edge, gate, webhook or cdn_purge")
@click.option("--optional", is_flag=True, help="a stop counts without it")
@click.option("--set", "pairs", multiple=True, metavar="KEY=VALUE", help="e.g. url=https://…")
@with_app
def add(name: str, of_kind: str, optional: bool, pairs: tuple[str, ...]) -> None:  # noqa: FBT001
    """Add NAME; an edge's API key or a webhook's secret is printed once."""
    if any("=" not in pair for pair in pairs):
        raise click.UsageError("--set takes KEY=VALUE")
    config = dict(pair.split("=", 1) for pair in pairs)
    at, token, key_id = clock.now(), None, None
    with transaction() as tx:
        if kind(of_kind).way is Way.PULL:
            token = account_service.create_key(tx, name=f"edge {name}", scope="edge", at=at)
            found = accounts.by_key(tx, token, at=at)
            key_id = found.key_id if found else None
        enforcement.add_target(
            tx,
            kind=of_kind,
            name=name,
            must=not optional,
            at=at,
            config=config,
            api_key_id=key_id,
        )
    click.echo(f"target {name} {of_kind}")
    if token:
        click.echo(f"key {token}")
    if of_kind == "webhook":
        click.echo(f"secret {_secret(name)}")


def _secret(name: str) -> str:
    """As Standard Webhooks writes secrets."""
    return "whsec_" + base64.b64encode(keys().secret(f"target:{name}")).decode()


@target.command()
@click.argument("name")
@with_app
def disable(name: str) -> None:
    """Wait for NAME no more."""
    with transaction() as tx:
        enforcement.disable_target(tx, name=name, by="system:cli", at=clock.now())
    click.echo(f"target {name} disabled")


@target.command("list")
@click.option("--json", "as_json", is_flag=True, help="JSON Lines")
@with_app
def list_(as_json: bool) -> None:  # noqa: FBT001 - a flag
    """Every target with how far behind it is."""
    with reading() as session:
        found = queries.targets(session)
    if not found and not as_json:
        raise NotFoundError("There is no target yet; add one with chuku target add.")
    for one in found:
        body = {
            "name": one.name,
            "kind": one.kind,
            "must": one.must,
            "behind": one.behind,
            "seen_at": one.seen_at.isoformat() if one.seen_at else None,
            "applied_seq": one.applied_seq,
            "error": one.last_error,
            "disabled": one.disabled_at is not None,
        }
        click.echo(
            json.dumps(body, ensure_ascii=False)
            if as_json
            else f"{one.name:20} {one.kind:10} {one.behind} behind  {one.last_error or ''}"
        )


COMMANDS = (target,)
