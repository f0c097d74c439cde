"""Every route says who may call it, or the application does not start (deny by default).

The decorators only write it down; app/accounts/guard.py enforces it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask, current_app, request

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Access:
    """``public``, ``permission`` (a signed-in person) or ``scope`` (an API key)."""

    kind: str
    name: str = ""


def _declare(view: F, access: Access) -> F:
    view.__access__ = access  # type: ignore[attr-defined]
    return view


def public(view: F) -> F:
    """Anyone may call this."""
    return _declare(view, Access("public"))


def requires(permission: str) -> Callable[[F], F]:
    """A signed-in person who holds this permission on some platform."""
    return lambda view: _declare(view, Access("permission", permission))


def scope(name: str) -> Callable[[F], F]:
    """A machine with a key of this scope."""
    return lambda view: _declare(view, Access("scope", name))


def of(app: Flask, endpoint: str | None) -> Access | None:
    """What the endpoint declared; None if nothing."""
    if endpoint is None or endpoint == "static" or endpoint.startswith("api-docs."):
        return Access("public")
    view: Any = app.view_functions.get(endpoint)
    while view is not None:
        found = getattr(view, "__access__", None)
        if found is not None:
            return found if isinstance(found, Access) else None
        view = getattr(view, "__wrapped__", None)
    return None


def check_declared(app: Flask) -> None:
    """Refuse to start when a route forgot to say who may call it."""
    silent = [
        f"{rule.endpoint} ({rule.rule})"
        for rule in app.url_map.iter_rules()
        if of(app, rule.endpoint) is None
    ]
    if silent:
        raise RuntimeError("routes without declared access: " + ", ".join(sorted(silent)))


def of_request() -> Access | None:
    """What the route of the current request declared."""
    return of(current_app, request.endpoint) if request.endpoint else None
