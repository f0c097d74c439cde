"""One JSON object a line on stderr: event name and ids, never complaint text."""

from __future__ import annotations

import json
import logging
import sys

from app.core import clock


class _Lines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": clock.now().isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            "from": record.name,
        }
        line.update(getattr(record, "fields", {}))
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


class Log:
    """``log.info("hold.placed", hold_id=3)``."""

    def __init__(self, name: str) -> None:
        self._log = logging.getLogger(name)

    def info(self, event: str, **fields: object) -> None:
        """Say that something happened."""
        self._log.info(event, extra={"fields": fields})

    def warning(self, event: str, **fields: object) -> None:
        """Say that somebody should look when they have time."""
        self._log.warning(event, extra={"fields": fields})

    def error(self, event: str, *, exc_info: bool = False, **fields: object) -> None:
        """Say that somebody should look now."""
        self._log.error(event, exc_info=exc_info, extra={"fields": fields})


def configure(level: str) -> None:
    """Send every logger's lines to stderr as JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Lines())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for noisy in (
        "rq",
        "rq.worker",
        "waitress.queue",
        "pikepdf",
        "urllib3",
        "alembic",
        "mail.log",
    ):
        logging.getLogger(noisy).setLevel(logging.WARNING)
