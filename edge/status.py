"""What the agent says about itself: JSON lines on stderr and one status file."""

from __future__ import annotations

import json
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


def now() -> datetime:
    """This host's clock; the agent has no other."""
    return datetime.fromtimestamp(time.time_ns() / 1e9, UTC)


def moment(at: datetime) -> str:
    """RFC 3339 in UTC."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def log(level: str, event: str, **fields: Any) -> None:
    """One JSON line on stderr."""
    line = {"t": moment(now()), "level": level, "event": event, **fields}
    print(json.dumps(line, ensure_ascii=False), file=sys.stderr, flush=True)


class Status:
    """The status file: what an operator and a monitor read; alarms are logged once each."""

    def __init__(self, file: Path) -> None:
        self._file, self._lock = file, threading.Lock()
        self._fields: dict[str, Any] = {}
        self._alarms: dict[str, str] = {}

    def set(self, **fields: Any) -> None:
        """Replace fields and write the file."""
        with self._lock:
            self._fields.update(fields)
            self._write()

    def alarm(self, name: str, sentence: str | None) -> None:
        """Raise an alarm, or end it (None)."""
        with self._lock:
            if sentence == self._alarms.get(name):
                return
            if sentence is None:
                del self._alarms[name]
                log("info", "alarm.over", alarm=name)
            else:
                self._alarms[name] = sentence
                log("error", "alarm", alarm=name, text=sentence)
            self._write()

    def _write(self) -> None:
        state = "alarm" if self._alarms else "ok"
        body = {"state": state, "alarms": self._alarms, **self._fields, "written": moment(now())}
        beside = self._file.with_name(f".{self._file.name}.new")
        beside.write_text(json.dumps(body, ensure_ascii=False, indent=1) + "\n", "utf-8")
        beside.replace(self._file)
