"""The one clock. Services take ``at``; only doors and jobs call ``now()``.

With fault testing on, the file ``clock-offset`` in the data folder (seconds, may be negative)
moves all processes together.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")

_offset_file: Path | None = None


def allow_offset(file: Path | None) -> None:
    """From now on obey (or, with None, ignore) the offset file."""
    global _offset_file  # noqa: PLW0603 - one clock per process
    _offset_file = file


def _offset() -> timedelta:
    if _offset_file is None:
        return timedelta()
    try:
        return timedelta(seconds=float(_offset_file.read_text()))
    except (OSError, ValueError):
        return timedelta()


def now() -> datetime:
    """The present moment, aware, UTC."""
    return datetime.now(UTC) + _offset()  # noqa: TID251 - the one place
