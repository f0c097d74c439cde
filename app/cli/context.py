"""What commands share: settings, an application context, errors as one sentence."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click

from app.core.settings import SettingsError, load


def with_app(command: Callable[..., Any]) -> Callable[..., Any]:
    """Run the command inside the application's context; settings from the environment."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        from app.factory import create_app  # noqa: PLC0415 - pure verbs start without the app

        with create_app(settings(), serves=False).app_context():
            return command(*args, **kwargs)

    return run


def settings(**given: Any) -> Any:
    """Settings, or exit 2 with the sentence that says what is wrong."""
    try:
        return load(**given)
    except SettingsError as error:
        raise click.UsageError(str(error)) from error
