"""``chuku incidents``: the queue and one incident, for scripts and for when the web is down."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import click

from app.catalogue import queries as catalogue
from app.cli.context import with_app
from app.core.transaction import reading
from app.incidents import queries
from app.suspension import queries as stops


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value.isoformat() if hasattr(value, "isoformat") else value


def _print(value: Any) -> None:
    click.echo(json.dumps(_plain(value), ensure_ascii=False))


@click.group()
def incidents() -> None:
    """Incidents (处置单)."""


@incidents.command("list")
@click.option("--all", "everything", is_flag=True, help="also those that are over, newest first")
@click.option("--state", help="only this state (implies --all)")
@click.option("--limit", default=50, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="JSON Lines")
@with_app
def list_(*, everything: bool, state: str | None, limit: int, as_json: bool) -> None:
    """What is due first stands first."""
    with reading() as session:
        page = (
            queries.listing(session, state=state, limit=limit)
            if everything or state
            else queries.queue(session, limit=limit)
        )
        for one in page.items:
            resource = catalogue.resource(session, one.resource_id)
            if as_json:
                _print(asdict(one) | {"resource": resource.ref, "title": resource.title})
            else:
                click.echo(
                    f"{one.ref}  {one.state:<10}  {one.routing_kind:<16}"
                    f"  {one.due_at:%Y-%m-%d %H:%M}Z  {resource.ref} {resource.title}"
                )


@incidents.command()
@click.argument("ref")
@click.option("--json", "as_json", is_flag=True, help="one JSON document")
@with_app
def show(ref: str, *, as_json: bool) -> None:
    """Incident REF with its duties, holds, addresses and decisions."""
    with reading() as session:
        one = queries.incident(session, ref)
        resource = catalogue.resource(session, one.resource_id)
        found = {
            **asdict(one),
            "resource": resource.ref,
            "title": resource.title,
            "duties": [asdict(duty) for duty in queries.duties(session, ref)],
            "holds": [
                asdict(hold) | {"standing": hold.standing}
                for each in queries.held_refs(session, ref)
                for hold in stops.holds(session, incident=each)
            ],
            "addresses": [asdict(a) for a in stops.address_states(session, one.resource_id)],
            "stop": asdict(stops.stop_state(session, one.resource_id)),
            "decisions": [asdict(decision) for decision in queries.decisions(session, ref)],
        }
    if as_json:
        _print(found)
        return
    click.echo(f"{ref}  {one.state}  {one.category}/{one.kind or one.routing_kind}")
    click.echo(f"{resource.ref} {resource.title}: {found['stop']['state']}")
    for duty in _lines(found):
        click.echo(duty)


def _lines(found: dict[str, Any]) -> list[str]:
    duties = [f"  {d['state']:<14} {d['step']} {d['role']}" for d in found["duties"]]
    places = [f"  {'dark' if a['dark'] else 'served':<14} {a['url']}" for a in found["addresses"]]
    return duties + places


COMMANDS = (incidents,)
