"""``chuku``: every verb, found by folder. Exit 0 done, 1 no or failed, 2 wrong usage."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from app.core.errors import AppError
from app.core.settings import SettingsError

_FOLDER = Path(__file__).parent
# Verb → module; a module is imported only when one of its verbs is asked for, so that
# `chuku duties` answers without loading the web application.
_VERBS = {
    "duties": "norm",
    "classify": "classify",
    "train": "classify",
    "evaluate": "classify",
    "model": "model",
    "corrections": "corrections",
    "up": "up",
    "web": "parts",
    "feed": "parts",
    "worker": "parts",
    "sweep": "parts",
    "edge": "parts",
    "mailbox": "parts",
    "db": "database",
    "backup": "database",
    "restore": "database",
    "officer": "accounts",
    "key": "accounts",
    "settings": "parts",
    "catalogue": "catalogue",
    "complaints": "complaints",
    "incidents": "incidents",
    "hold": "holds",
    "target": "targets",
    "dossier": "dossier",
    "verify": "dossier",
    "audit": "audit",
    "accesslog": "audit",
    "drill": "drill",
    "demo": "demo",
}


class Verbs(click.Group):
    """Loads a verb's module on demand."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All verbs whose module is there."""
        return sorted(v for v, m in _VERBS.items() if (_FOLDER / f"{m}.py").exists())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb's command."""
        module = _VERBS.get(cmd_name)
        if module is None or not (_FOLDER / f"{module}.py").exists():
            return None
        commands = import_module(f"app.cli.{module}").COMMANDS
        return next((c for c in commands if c.name == cmd_name), None)


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
def chuku() -> None:
    """出库: complaints in, resources stopped, duties done, proofs kept."""


def main() -> Any:
    """Entry point; errors are one sentence, never a traceback."""
    try:
        return chuku(prog_name="chuku")
    except (AppError, SettingsError) as error:
        click.echo(f"chuku: {error}", err=True)
        sys.exit(1)
    except BrokenPipeError:
        sys.exit(1)


if __name__ == "__main__":
    main()
