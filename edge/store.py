"""The last good copy on disk: for the agent itself, and for nginx's own start.

Both files are a whole batch followed by batches of changes, so that one more stop among a million
costs one line and one fsync. A torn last batch (power cut) is ignored and written over.
``state.jsonl`` holds the feed's own lines with their checkpoints; ``deny.list`` what nginx reads.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

try:
    from edge.denylist import DenyState, Entry, GapError, RefusedError, parse_answer
except ImportError:  # the files lie beside each other on a serving host
    from denylist import (  # type: ignore[import-not-found,no-redef]
        DenyState,
        Entry,
        GapError,
        RefusedError,
        parse_answer,
    )

HEAD = "chuku-deny 1\n"
SLACK = 1 << 20  # changes may grow to the size of the whole plus this before it is rewritten
UNSAFE = re.compile(rb"[\x00-\x20%\x7f]")


def write_atomically(path: Path, chunks: Iterable[bytes]) -> None:
    """The file is the old one or the new one, also after a power cut."""
    beside = path.with_name(f".{path.name}.new")
    with beside.open("wb") as file:
        for chunk in chunks:
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _json_line(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def rule_line(rule: tuple[str, str, str], ref: str | None) -> bytes:
    """One line for nginx: deny (+, with its reference) or no longer (-)."""
    kind, host, path = rule
    escaped = UNSAFE.sub(lambda m: b"%%%02X" % m[0][0], path.encode())
    head = f"+\t{kind}\t{ref}\t{host}\t" if ref else f"-\t{kind}\t-\t{host}\t"
    return head.encode() + escaped + b"\n"


def _end(lines: int, state: DenyState) -> bytes:
    return f"end {lines} {state.mark} {state.prefixes}\n".encode()


class Store:
    """Keeps a DenyState in a folder."""

    def __init__(self, folder: Path) -> None:
        self.state_file = folder / "state.jsonl"
        self.list_file = folder / "deny.list"
        self._etag_file = folder / "snapshot.etag"
        self._whole = 0  # size of the whole batch
        self._changes = 0

    def load(self) -> tuple[DenyState, str | None]:
        """The last good copy, and what was wrong with it if it could not be used whole."""
        state = DenyState()
        if not self.state_file.exists():
            return state, None
        checkpoint: dict[str, Any] | None = None
        entries: dict[str, Entry] = {}
        problem = None
        for batch in _batches(self.state_file):
            try:
                lines, checkpoint = parse_answer(batch)
            except RefusedError as error:
                problem = f"the end of the last good copy is unreadable: {error}"
                break
            for entry in lines:
                known = entries.get(entry.resource)
                if known is None or known.generation < entry.generation:
                    entries[entry.resource] = entry
        if checkpoint is None:
            return state, problem or "the last good copy is empty"
        try:
            state.replace(list(entries.values()), checkpoint)
        except GapError:
            return DenyState(), "the last good copy does not agree with its checkpoint"
        return state, problem

    def etag(self, state: DenyState) -> str | None:
        """The ETag under which the centre gave exactly this state, if it is known."""
        try:
            mark, _, etag = self._etag_file.read_text("utf-8").partition("\n")
        except (OSError, UnicodeError):
            return None
        return etag if mark == state.mark and etag.isprintable() else None

    def keep_etag(self, state: DenyState, etag: str | None) -> None:
        """Remember it; losing it costs one whole snapshot."""
        self._etag_file.write_text(f"{state.mark}\n{etag or ''}", "utf-8")

    def save(self, state: DenyState) -> None:
        """Write both files whole."""
        bodies = (_json_line(body) for body in state.bodies())
        write_atomically(self.state_file, [*bodies, _json_line(state.checkpoint)])
        lines = [rule_line(rule, ref) for rule, ref in state.rules()]
        write_atomically(self.list_file, [HEAD.encode(), *lines, _end(len(lines), state)])
        self._whole, self._changes = self.state_file.stat().st_size, 0

    def add(self, state: DenyState, bodies: list[dict[str, Any]], changed: list[bytes]) -> None:
        """Append one batch of changes that led to ``state``; rewrite when changes outgrow it."""
        batch = b"".join(map(_json_line, [*bodies, state.checkpoint]))
        self._changes += len(batch)
        if self._changes > self._whole + SLACK:
            self.save(state)
            return
        _append(self.state_file, batch)
        _append(self.list_file, b"".join(changed) + _end(len(changed), state))


def _batches(path: Path) -> Iterable[bytes]:
    batch: list[bytes] = []
    with path.open("rb") as file:
        for line in file:
            batch.append(line)
            if b'"signature":' in line:
                yield b"".join(batch)
                batch = []
    if batch:
        yield b"".join(batch)
