"""``chuku hold``: the desk's verbs for scripts and for the night when the web is down.

Each person proves who they are with account and one-time code; a lift asks for both persons.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import click
from sqlalchemy.orm import Session

from app.accounts.queries import Person
from app.catalogue import queries as catalogue
from app.cli.context import with_app
from app.cli.proof import CODE, prove
from app.core import clock
from app.core.errors import ConflictError, ForbiddenError, InvalidError
from app.core.transaction import reading, transaction
from app.incidents import decisions, lifting
from app.incidents import queries as incidents
from app.incidents import service as incident_service
from app.suspension import queries as stops


@dataclass(frozen=True)
class _Stops:
    """What stands after the command."""

    incident: str
    state: str
    resource_id: int


@click.group()
def hold() -> None:
    """Stop a resource, or let it go."""


@hold.command()
@click.argument("incident", required=False)
@click.option("--resource", help="resource to stop when there is no incident yet")
@click.option("--kind", help="routing kind of the new incident, e.g. legal")
@click.option("--reason", required=True)
@click.option("--account", required=True, help="sign-in name of the officer")
@click.option("--code", help=CODE)
@click.option("--json", "as_json", is_flag=True)
@with_app
def place(
    incident: str | None,
    resource: str | None,
    kind: str | None,
    reason: str,
    account: str,
    code: str | None,
    as_json: bool,  # noqa: FBT001 - a flag
) -> None:
    """Stop INCIDENT's resource at once; or --resource with --kind opens an incident."""
    if bool(incident) == bool(resource and kind):
        raise click.UsageError("Name an incident, or --resource and --kind.")
    officer = prove(account, code, who="Code")
    with transaction() as tx:
        at = clock.now()
        ref = incident or _open(tx, str(resource), str(kind), officer, at)
        _allowed(tx, officer, "incident.stop", ref)
        view = decisions.stop_now(tx, ref=ref, reason=reason, by=officer.actor, at=at)
    _print(_Stops(view.ref, view.state, view.resource_id), as_json=as_json)


def _open(tx: Session, resource: str, kind: str, officer: Person, at: datetime) -> str:
    found = catalogue.resource(tx, resource)
    view = incident_service.open_or_join(
        tx,
        complaint_id=None,
        resource_id=found.id,
        version_id=found.version_id,
        platform_id=found.platform_id,
        routing_kind=kind,
        kind=None,
        by=officer.actor,
        at=at,
    )
    return view.ref


@hold.command()
@click.argument("incident")
@click.option("--reason", required=True)
@click.option("--account", required=True, help="sign-in name of the first person")
@click.option("--code", help=CODE)
@click.option("--second", help="sign-in name of the second person")
@click.option("--second-code", help=CODE)
@click.option("--json", "as_json", is_flag=True)
@with_app
def lift(
    incident: str,
    reason: str,
    account: str,
    code: str | None,
    second: str | None,
    second_code: str | None,
    as_json: bool,  # noqa: FBT001 - a flag
) -> None:
    """Let INCIDENT's resource go: one person after a machine's mistake, else two (law 4)."""
    with reading() as session:
        refs = incidents.held_refs(session, incident)
        standing = [h for r in refs for h in stops.holds(session, incident=r) if h.standing]
    if not standing:
        raise ConflictError("There is no standing hold of this incident.")
    two = any(h.needs_two for h in standing)
    if two and not second:
        raise InvalidError(
            "A person placed or confirmed this hold: one person requests the lift, "
            "another approves it."
        )
    first = prove(account, code, who="First person's code")
    other = prove(str(second), second_code, who="Second person's code") if two else first
    with transaction() as tx:
        at = clock.now()
        given: dict[str, Any] = {"ref": incident, "reason": reason, "at": at}
        if two:
            _allowed(tx, first, "lift.request", incident)
            _allowed(tx, other, "lift.approve", incident)
            lifting.request_lift(tx, by=first.actor, **given)
            view = lifting.approve_lift(tx, by=other.actor, **given)
        else:
            _allowed(tx, first, "incident.release", incident)
            view = decisions.release(tx, by=first.actor, **given)
    _print(_Stops(view.ref, view.state, view.resource_id), as_json=as_json)


def _allowed(session: Session, person: Person, permission: str, incident: str) -> None:
    if not person.may(permission, incidents.incident(session, incident).platform_id):
        raise ForbiddenError("You may not do this on this platform. Ask its supervisor.")


def _print(stopped: _Stops, *, as_json: bool) -> None:
    with reading() as session:
        holds = stops.holds(session, resource_id=stopped.resource_id)
        seen = stops.stop_state(session, stopped.resource_id)
        served = [s.url for s in stops.address_states(session, stopped.resource_id)
                  if s.still_served]  # fmt: skip
    if as_json:
        body = {
            "incident": stopped.incident,
            "state": stopped.state,
            "generation": seen.generation,
            "dark": seen.dark,
            "stopped_at": seen.stopped_at.isoformat() if seen.stopped_at else None,
            "still_served": served,
            "holds": [{"ref": h.ref, "kind": h.kind} for h in holds if h.standing],
        }
        click.echo(json.dumps(body, ensure_ascii=False))
        return
    standing = ", ".join(h.ref for h in holds if h.standing) or "none"
    click.echo(f"incident {stopped.incident} {stopped.state}; standing holds: {standing}")
    for url in served:
        click.echo(f"not yet seen dark: {url}")


COMMANDS = (hold,)
