"""The port every kind of target fills; a kind is one file in ``targets/``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from ipaddress import IPv4Network, IPv6Network
from typing import Any, Protocol

from app.core import plugins
from app.core.errors import InvalidError
from app.suspension.values import Match

Network = IPv4Network | IPv6Network


class Way(StrEnum):
    """How a target learns of a change."""

    PULL = "pull"  # it waits at the feed and reports what it applied
    PUSH = "push"  # we call it until it accepts
    LIVE = "live"  # it asks us at every request


@dataclass(frozen=True)
class Wanted:
    """Today's state of one resource, as a target must have it."""

    resource: str
    epoch: int
    generation: int
    dark: bool
    match: tuple[Match, ...]
    block_ref: str | None
    changed_at: datetime


@dataclass(frozen=True)
class Means:
    """What a push may use: its settings, its secret, the networks it may reach, the time."""

    name: str
    config: Mapping[str, Any]
    secret: bytes
    allow_private: tuple[Network, ...]
    at: datetime


class TargetError(Exception):
    """The target did not accept; the sentence says what it answered."""


class Target(Protocol):
    """One kind of target."""

    way: Way

    def check(self, config: Mapping[str, Any]) -> None:
        """Refuse settings that cannot work.

        Raises:
            InvalidError: with a sentence that says what to mend.
        """

    def push(self, wanted: Wanted, means: Means) -> str:
        """Tell the target; twice is once. Returns a non-empty receipt.

        Raises:
            TargetError: when it did not accept.
        """


@cache
def kinds() -> dict[str, Target]:
    """Every kind there is, by file name."""
    return {name: made() for name, made in plugins.find("app.suspension.targets", "TARGET").items()}


def kind(name: str) -> Target:
    """The kind of that name.

    Raises:
        InvalidError: when there is none.
    """
    found = kinds().get(name)
    if found is None:
        raise InvalidError(
            "There is no kind of target called %(name)s; use one of %(known)s.",
            name=name,
            known=", ".join(sorted(kinds())),
        )
    return found


def wants_url(config: Mapping[str, Any], *, also: Iterable[str] = ()) -> None:
    """Refuse settings without an http address, or with a name nobody reads.

    Raises:
        InvalidError: naming the setting.
    """
    url = str(config.get("url", ""))
    if not url.startswith(("https://", "http://")):
        raise InvalidError("The target needs an http or https address in its setting url.")
    unknown = sorted(set(config) - {"url", *also})
    if unknown:
        raise InvalidError("Unknown target setting: %(name)s.", name=", ".join(unknown))
