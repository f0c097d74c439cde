"""``chuku demo seed``: makes sure that the demo's files, catalogue and people are there."""

from __future__ import annotations

import json

import click

from app.cli.context import settings, with_app
from app.core import files
from app.demo import seed as seeding


@click.group()
def demo() -> None:
    """The demo platforms."""


@demo.command()
@with_app
def seed() -> None:
    """Fill in what is missing; a second run changes nothing that is there."""
    chosen = settings()
    seeded = seeding.seed(chosen)
    files.replace(chosen.folder / "edge" / "target.json", json.dumps(seeded.target).encode())
    click.echo(f"demo ready: {len(seeded.officers)} people")


COMMANDS = (demo,)
