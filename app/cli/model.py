"""``chuku model``: versions side by side, which one serves, which one reads along."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict

import click

from app import classifier
from app.audit import service as audit
from app.classifier import workshop
from app.cli.context import with_app
from app.core import clock
from app.core.transaction import reading, transaction
from app.triage import shadow as shadowing

_REASON = click.option("--reason", required=True, help="Kept in the audit log.")
_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON document.")


@click.group()
def model() -> None:
    """Versions of the classifier."""


@model.command("list")
@_JSON
@with_app
def list_versions(*, as_json: bool) -> None:
    """The versions there are."""
    found = workshop.listing()
    if as_json:
        click.echo(json.dumps([asdict(item) for item in found], ensure_ascii=False))
        return
    for item in found:
        where = "shipped" if item.shipped else f"trained here, {item.added} rows added"
        state = item.role or ("" if item.usable else "for other rules: train again")
        click.echo(
            f"{item.version:14} {state or '-':8} {item.rows} rows ({where}); "
            f"threshold {item.threshold}; test: severe recall {item.fixed.get('severe_recall')}, "
            f"macro-F1 {item.fixed.get('macro_f1')}"
        )


@model.command("install")
@click.argument("version")
@_REASON
@with_app
def install(version: str, reason: str) -> None:
    """Put VERSION in service; refused when it is worse than the one that serves."""
    name = _or_refuse(workshop.check_install, version)
    _record("model.install", name, reason)
    classifier.versions().put_in_service(name)
    click.echo(f"{classifier.model_name()} is in service from the next text on")


@model.command("rollback")
@_REASON
@with_app
def rollback(reason: str) -> None:
    """Let the version before serve again, at once."""
    name = _or_refuse(workshop.rolls_back_to)
    _record("model.rollback", name, reason)
    classifier.versions().roll_back()
    click.echo(f"{classifier.model_name()} is in service from the next text on")


@model.command("shadow")
@click.argument("version", required=False)
@click.option("--reason", help="Kept in the audit log.")
@click.option("--report", is_flag=True, help="What the candidate said otherwise.")
@_JSON
@with_app
def shadow(version: str | None, reason: str | None, *, report: bool, as_json: bool) -> None:
    """Let VERSION (or `off`) read along; it acts on nothing, differences are kept."""
    if report:
        _print_differences(as_json=as_json)
        return
    if not (version and reason):
        raise click.UsageError("Name a version, or off, and give --reason; or ask for --report.")
    name = None if version == "off" else _or_refuse(workshop.check_shadow, version)
    _record("model.shadow", name or "off", reason)
    classifier.versions().let_shadow(name)
    click.echo(f"{name} reads along" if name else "no version reads along")


def _print_differences(*, as_json: bool) -> None:
    with reading() as session:
        found = shadowing.differences(session)
    if as_json:
        click.echo(json.dumps([asdict(item) for item in found], ensure_ascii=False, default=str))
        return
    if not found:
        click.echo("No version read along yet, or none said anything else.")
    for pair in found:
        click.echo(
            f"{pair.candidate} beside {pair.live}: {pair.differ} readings differ, "
            f"{pair.first:%Y-%m-%d %H:%M} to {pair.last:%Y-%m-%d %H:%M} UTC"
        )
        click.echo(
            f"  severe: {pair.severe_gained} only the candidate, {pair.severe_lost} only in "
            f"service; would hold: {pair.hold_gained} only the candidate, {pair.hold_lost} only "
            "in service"
        )
        for (live, candidate), n in pair.kinds:
            click.echo(f"  {live} → {candidate}: {n}")
        click.echo(f"  complaints: {', '.join(pair.complaints)}")


def _or_refuse(check: Callable[..., str], *given: str) -> str:
    try:
        return check(*given)
    except workshop.RefusedError as refused:
        raise click.ClickException(str(refused)) from None


def _record(action: str, name: str, reason: str) -> None:
    """The entry first: an act that then fails is given again; one without entry would be hidden."""
    with transaction() as tx:
        audit.record(
            tx,
            actor="system:cli",
            action=action,
            subject=f"model:{name}",
            at=clock.now(),
            serving=classifier.model_name(),
            reason=reason,
        )


COMMANDS = (model,)
