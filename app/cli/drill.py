"""``chuku drill``: one marked exercise through the whole chain, with its times."""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import click
from flask import current_app
from sqlalchemy.orm import Session

from app.catalogue.values import ResourceView
from app.cli.context import with_app
from app.core import clock
from app.core.transaction import reading, transaction
from app.drill import choice, steps, watch
from app.drill.choice import DrillError
from app.drill.steps import Begun
from app.drill.watch import Step

_EVERY = 0.2  # seconds between looks


@dataclass
class _Run:
    """One exercise under way."""

    resource: ResourceView
    within: float
    table: list[Step] = field(default_factory=list)
    filed: Begun | None = None
    incident: str | None = None
    letters: list[dict[str, Any]] = field(default_factory=list)

    def add(self, name: str, at: datetime | None, note: str = "") -> None:
        """Write the next line of the table."""
        self.table.append(Step(name, at, note))


def _wait(
    run: _Run, name: str, look: Callable[[Session], Any], why: Callable[[Session], str]
) -> Any:
    """The first answer of ``look``.

    Raises:
        DrillError: it did not come in time.
    """
    until = time.monotonic() + run.within
    while True:
        with reading() as session:
            found = look(session)
        if found is not None:
            return found
        if time.monotonic() > until:
            with reading() as session:
                reason = why(session) or "nobody worked on it"
            raise DrillError(
                "The step '%(step)s' did not happen within %(n)g s: %(why)s.",
                step=name,
                n=run.within,
                why=reason,
            )
        time.sleep(_EVERY)


@click.command()
@click.option("--resource", help="the resource that goes dark; in the demo one is chosen")
@click.option("--within", default=90.0, show_default=True, help="seconds each step may take")
@click.option("--json", "as_json", is_flag=True, help="one JSON document")
@with_app
def drill(resource: str | None, within: float, *, as_json: bool) -> None:
    """Run an exercise from complaint to letters and back, and print when each step happened.

    The resource really goes dark until the end. Letters go to exercise contacts only.
    """
    chosen = current_app.config["CHUKU"]
    # Another terminal has not the demo's environment: the data folder knows.
    demo = chosen.demo or (chosen.folder / "demo-officers.json").is_file()
    at = clock.now()
    with reading() as session:
        choice.need_parts(session, at=at)
        run = _Run(choice.choose(session, resource, demo=demo, at=at), within)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    failure: DrillError | None = None
    try:
        _forth(run)
    except DrillError as error:
        failure = error
    finally:
        try:
            _back(run)
        except DrillError as error:
            failure = failure or error
    _print(run, failure, as_json=as_json)
    if failure is not None:
        click.echo(f"chuku: {failure}", err=True)
        sys.exit(1)


def _forth(run: _Run) -> None:
    """From the complaint to the letters."""
    with transaction() as tx:
        begun = run.filed = steps.file(tx, resource=run.resource, at=clock.now())
    run.add("accepted", begun.at)
    incident = _wait(
        run, "sorted", lambda s: watch.incident_of(s, begun.complaint_id), lambda _s: ""
    )
    ref = run.incident = str(incident.ref)
    run.add("sorted", incident.opened_at)
    with reading() as session:
        hold = watch.hold_of(session, ref)
    if hold is None:
        with transaction() as tx:
            steps.stop(tx, incident=ref, at=clock.now())
        hold = _wait(run, "held", lambda s: watch.hold_of(s, ref), lambda _s: "")
    by_policy = hold.placed_by != steps.DRILL
    run.add("held", hold.placed_at, "" if by_policy else "the policy proposed only")
    number = run.resource.id
    with reading() as session:
        told = watch.has_targets(session, number)
    if told:
        applied = _wait(
            run, "applied", lambda s: watch.applied(s, number), lambda s: watch.behind(s, number)
        )
        run.add("applied", applied)
    else:
        run.add("applied", None, "no target must be told")
    dark = _wait(
        run, "dark", lambda s: watch.dark(s, number), lambda s: watch.still_dark(s, number)
    )
    run.add("dark", dark)
    with transaction() as tx:
        steps.find(tx, incident=ref, at=clock.now())
    out = _wait(
        run,
        "letters sent",
        lambda s: watch.letters(s, ref),
        lambda s: watch.waiting_letters(s, ref),
    )
    with reading() as session:
        run.letters = [
            {"number": n.number, "kind": n.kind, "body": n.body, "sent_at": _text(n.sent_at)}
            for n in watch.sent(session, ref)
        ]
    run.add("letters sent", out, f"{len(run.letters)} letters")


def _back(run: _Run) -> None:
    """Let the resource go, however far the exercise came."""
    if run.filed is None:
        return
    number, document, at = run.resource.id, steps.order(), clock.now()
    with transaction() as tx:
        run.incident = steps.take_back(tx, complaint_id=run.filed.complaint_id, at=at)
        if run.incident is None:
            return
        steps.let_go(tx, incident=run.incident, document=document, at=at)
    light = _wait(
        run, "light again", lambda s: watch.light(s, number, since=at),
        lambda s: watch.still_dark(s, number),
    )  # fmt: skip
    run.add("light again", light)


def _text(at: datetime | None) -> str | None:
    return at.isoformat(timespec="milliseconds") if at else None


def _print(run: _Run, failure: DrillError | None, *, as_json: bool) -> None:
    lines = [
        {
            "step": s.name,
            "at": _text(s.at),
            "seconds": round((s.at - run.table[0].at).total_seconds(), 2)
            if s.at and run.table[0].at else None,
            "note": s.note,
        }
        for s in run.table
    ]  # fmt: skip
    if as_json:
        body = {
            "passed": failure is None,
            "why": str(failure) if failure else None,
            "resource": run.resource.ref,
            "title": run.resource.title,
            "complaint": run.filed.ref if run.filed else None,
            "incident": run.incident,
            "steps": lines,
            "letters": run.letters,
        }
        click.echo(json.dumps(body, ensure_ascii=False))
        return
    click.echo(f"演练 exercise {run.incident or '-'}: {run.resource.ref} {run.resource.title}")
    for s, line in zip(run.table, lines, strict=True):
        when = s.at.astimezone(clock.SHANGHAI).strftime("%H:%M:%S") if s.at else "-"
        after = f"+{line['seconds']:.2f} s" if line["seconds"] is not None else ""
        click.echo(f"  {s.name:<13} {when:<9} {after:>9}  {s.note}".rstrip())


COMMANDS = (drill,)
