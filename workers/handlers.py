"""Topic → job, collected from every feature's jobs.py; nothing is listed twice."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from functools import lru_cache
from importlib import import_module

from app.factory import FEATURES

Job = Callable[..., None]


@lru_cache(maxsize=1)
def handlers() -> dict[str, Job]:
    """Every job by its topic.

    Raises:
        RuntimeError: when two features claim one topic.
    """
    found: dict[str, Job] = {}
    for feature in FEATURES:
        name = f"app.{feature}.jobs"
        if importlib.util.find_spec(name) is None:
            continue
        for topic, job in import_module(name).JOBS.items():
            if topic in found:
                raise RuntimeError(f"two jobs for {topic}")
            found[topic] = job
    return found


@lru_cache(maxsize=1)
def periodic() -> dict[str, int]:
    """Topics the sweeper promises again and again, with their seconds."""
    found: dict[str, int] = {}
    for feature in FEATURES:
        name = f"app.{feature}.jobs"
        if importlib.util.find_spec(name) is not None:
            found.update(getattr(import_module(name), "PERIODIC", {}))
    return found
