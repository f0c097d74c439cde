"""A serving edge: its agent waits at the deny feed and reports the sequence it applied."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.suspension.target import Means, Target, Wanted, Way


class Edge:
    """Nothing is pushed: the feed is the way."""

    way = Way.PULL

    def check(self, config: Mapping[str, Any]) -> None:
        """Any settings will do; they are notes for people."""

    def push(self, wanted: Wanted, means: Means) -> str:
        """An edge fetches by itself."""
        return f"feed:{wanted.epoch}:{wanted.generation}"


TARGET: type[Target] = Edge
