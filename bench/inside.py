"""The product's application in this process, for rows below the web."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.core import settings
from app.core.db import db
from app.factory import create_app
from bench.world import World


@contextmanager
def application(world: World, name: str) -> Iterator[Path]:
    """An application context on a fresh copy of the seeded data folder, without Redis."""
    data = world.data(name)
    chosen = settings.load(
        {}, data=str(data), redis_url="unix:///nowhere/redis.sock", log_level="error"
    )
    app = create_app(chosen)
    with app.app_context():
        yield data
        db.session.remove()
        db.engine.dispose()
