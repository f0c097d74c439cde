"""A part without a port tells the supervisor that it has begun to work."""

from __future__ import annotations

import os
from pathlib import Path


def say_ready() -> None:
    """Write our process id into the file the supervisor named, if it named one."""
    name = os.environ.get("READY_FILE")
    if name:
        Path(name).write_text(str(os.getpid()))
