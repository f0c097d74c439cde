"""Keeps a set of processes running: restarts what dies, says so, and leaves nothing behind."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from app.core.log import Log

_log = Log(__name__)
_PR_SET_PDEATHSIG = 1
_STEADY = 10.0  # seconds after which a part counts as well again
_BACK_OFF_MAX = 15.0
_libc = ctypes.CDLL(None, use_errno=True)


def _die_with_parent() -> None:
    # A supervisor killed by -9 takes its parts along; nobody is left holding ports or sockets.
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class Part:
    """One process: how to start it, and how to ask whether it answers."""

    name: str
    argv: Sequence[str]
    answers: Callable[[], bool]
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: str | None = None
    stop_signal: int = signal.SIGTERM
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    failures: int = 0
    next_start: float = 0.0


class Supervisor:
    """Starts parts in order, restarts each that ends, stops all in reverse order."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._parts: list[Part] = []
        self._stopping = threading.Event()
        logs.mkdir(parents=True, exist_ok=True)

    def start(self, parts: Sequence[Part], *, within: float = 30.0) -> None:
        """Start these parts together and wait until each answers.

        Raises:
            TimeoutError: one did not answer in time; the message names its log file.
        """
        for part in parts:
            self._parts.append(part)
            self._launch(part)
        until = time.monotonic() + within
        waiting = list(parts)
        while waiting:
            if time.monotonic() > until:
                log = self._logs / f"{waiting[0].name}.log"
                raise TimeoutError(f"{waiting[0].name} does not answer; its log: {log}")
            for part in parts:
                if part.process is None or part.process.poll() is not None:
                    self._revive(part)
            waiting = [part for part in waiting if not part.answers()]
            time.sleep(0.03)

    def _launch(self, part: Part) -> None:
        part.started = time.monotonic()
        with self._open_log(part.name) as log:
            part.process = subprocess.Popen(  # noqa: S603 - our own argument lists
                list(part.argv),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **part.env},
                cwd=part.cwd,
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - no threads touch the child
                start_new_session=True,
            )
        _log.info("part.started", part=part.name, pid=part.process.pid)

    def _open_log(self, name: str) -> IO[bytes]:
        file = self._logs / f"{name}.log"
        if file.exists() and file.stat().st_size > 20_000_000:  # noqa: PLR2004 - one old file kept
            file.replace(file.with_suffix(".log.1"))
        return file.open("ab")

    def watch(self) -> None:
        """Restart whatever ends, until ``stop`` is called."""
        while not self._stopping.wait(0.2):
            for part in self._parts:
                if part.process is None or part.process.poll() is not None:
                    self._revive(part)

    def _revive(self, part: Part) -> None:
        now = time.monotonic()
        if part.process is not None:
            status = part.process.returncode
            lived = now - part.started
            part.failures = 1 if lived > _STEADY else part.failures + 1
            wait = 0.0 if part.failures == 1 else min(0.3 * 2**part.failures, _BACK_OFF_MAX)
            _log.error("part.died", part=part.name, status=status, lived_s=round(lived, 1))
            part.process, part.next_start = None, now + wait
        if now >= part.next_start and not self._stopping.is_set():
            self._launch(part)
            _log.info("part.restarted", part=part.name, failures=part.failures)

    def stop(self) -> None:
        """Stop all parts, last started first; what does not listen is killed."""
        self._stopping.set()
        for part in reversed(self._parts):
            if part.process is not None and part.process.poll() is None:
                part.process.send_signal(part.stop_signal)
        until = time.monotonic() + 12
        for part in reversed(self._parts):
            if part.process is None:
                continue
            try:
                part.process.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                _log.error("part.killed", part=part.name)
            self._kill_group(part.process.pid)
            part.process.wait()

    @staticmethod
    def _kill_group(pid: int) -> None:
        try:
            os.killpg(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            return
