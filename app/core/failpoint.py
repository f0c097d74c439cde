"""Places where fault tests kill the process; inert unless fault testing is on."""

from __future__ import annotations

import os
import signal
from pathlib import Path

_file: Path | None = None


def arm(file: Path | None) -> None:
    """Obey the file of armed names (one a line); None disarms."""
    global _file  # noqa: PLW0603 - one per process
    _file = file


def failpoint(name: str) -> None:
    """Die here, as by ``kill -9``, once, if ``name`` is armed."""
    if _file is None:
        return
    try:
        names = _file.read_text().split()
    except OSError:
        return
    if name in names:
        names.remove(name)
        _file.write_text("\n".join(names))
        os.kill(os.getpid(), signal.SIGKILL)
