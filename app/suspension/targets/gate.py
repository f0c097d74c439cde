"""A forward-auth gate: the serving host asks ``/gate/v1/check`` at every request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.suspension.target import Means, Target, Wanted, Way


class Gate:
    """Applied as soon as it is written: the gate reads the same rules."""

    way = Way.LIVE

    def check(self, config: Mapping[str, Any]) -> None:
        """Any settings will do; they are notes for people."""

    def push(self, wanted: Wanted, means: Means) -> str:
        """A gate asks by itself."""
        return f"live:{wanted.epoch}:{wanted.generation}"


TARGET: type[Target] = Gate
