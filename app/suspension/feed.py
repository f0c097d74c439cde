"""The deny feed's lines, digests and checkpoints; pure, and the same words as edge/agent.py.

``sha256`` of a checkpoint is over the snapshot's rule lines: one line of canonical JSON
(RFC 8785) per dark place, sorted by (host, path), joined and ended by LF.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import rfc8785

from app.suspension.values import Entry, Head, Match, Mode, Rule

Now = Callable[[], datetime]
_INDEX = "/index.html"
NEXT_BY = timedelta(seconds=60)  # the edge alarms when no newer checkpoint came by then


def match_body(match: Match) -> dict[str, str]:
    """``{host, path, mode}``."""
    return {"host": match.host, "path": match.path, "mode": str(match.mode)}


def rule_line(rule: Rule) -> bytes:
    """The canonical line of one dark place, as digests cover it."""
    return rfc8785.dumps(
        {
            **match_body(rule.match),
            "resource": rule.resource,
            "generation": rule.generation,
            "block_ref": rule.block_ref,
        }
    )


def entry_line(entry: Entry) -> bytes:
    """One increment (or one resource of the snapshot), ended by LF."""
    body: dict[str, Any] = {
        "epoch": entry.epoch,
        "seq": entry.seq,
        "generation": entry.generation,
        "resource": entry.resource,
        "match": [match_body(m) for m in entry.match],
        "block_ref": entry.block_ref,
        "dark": entry.dark,
    }
    return rfc8785.dumps(body) + b"\n"


def moment(at: datetime) -> str:
    """RFC 3339 in UTC with milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def checkpoint(
    head: Head,
    *,
    count: int,
    sha256: str,
    kid: str,
    sign: Callable[[bytes], str],
    at: datetime,
) -> bytes:
    """The signed last line: what the edge's state must be after the lines before it."""
    body: dict[str, str | int] = {
        "epoch": head.epoch,
        "seq": head.seq,
        "count": count,
        "sha256": sha256,
        "as_of": moment(at),
        "next_by": moment(at + NEXT_BY),
        "kid": kid,
    }
    return rfc8785.dumps({**body, "signature": sign(rfc8785.dumps(body))}) + b"\n"


class DenyState:
    """All dark places at one head; answers lookups and reproduces the checkpoint's digest.

    Kept per process and moved forward by whole resources, so that one more stop among a
    million rules costs one resource, not the million.
    """

    def __init__(self) -> None:
        self.head = Head(epoch=0, seq=-1)
        self._lines: dict[tuple[str, str], bytes] = {}
        self._exact: dict[tuple[str, str], Rule] = {}
        self._prefix: dict[tuple[str, str], Rule] = {}
        self._of: dict[str, list[Rule]] = {}
        self._digest: str | None = None

    def replace(self, resource: str, rules: Iterable[Rule]) -> None:
        """From now on exactly these places of the resource are dark.

        New places are written before old ones go: a reader in another thread never sees a
        place that is dark before and after as free in between.
        """
        new = {(r.match.host, r.match.path, r.match.mode): r for r in rules}
        for rule in new.values():
            self._lines[rule.match.host, rule.match.path] = rule_line(rule)
            if rule.match.mode == Mode.PREFIX:
                self._prefix[_prefix_key(rule.match)] = rule
            else:
                self._exact[rule.match.host, rule.match.path] = rule
        places = {(host, path) for host, path, _ in new}
        for old in self._of.pop(resource, ()):
            m = old.match
            if (m.host, m.path, m.mode) not in new:
                (self._prefix if m.mode == Mode.PREFIX else self._exact).pop(
                    _prefix_key(m) if m.mode == Mode.PREFIX else (m.host, m.path), None
                )
            if (m.host, m.path) not in places:
                self._lines.pop((m.host, m.path), None)
        if new:
            self._of[resource] = list(new.values())
        self._digest = None

    def sha256(self) -> str:
        """The digest a checkpoint carries for this state."""
        if self._digest is None:
            total = hashlib.sha256()
            for place in sorted(self._lines):
                total.update(self._lines[place] + b"\n")
            self._digest = total.hexdigest()
        return self._digest

    def count(self) -> int:
        """How many places are dark."""
        return len(self._lines)

    def rules(self, resource: str) -> list[Rule]:
        """The dark places of one resource."""
        return list(self._of.get(resource, ()))

    def resources(self) -> list[str]:
        """Every resource with a dark place."""
        return sorted(self._of)

    def entries(self) -> list[Entry]:
        """One line's worth per dark resource: the snapshot."""
        found = []
        for resource in self.resources():
            rules = self._of[resource]
            match = tuple(sorted(r.match for r in rules))
            first = rules[0]
            found.append(
                Entry(
                    self.head.epoch,
                    self.head.seq,
                    first.generation,
                    resource,
                    match,
                    first.block_ref,
                    dark=True,
                )
            )
        return found

    def lookup(self, host: str, path: str) -> Rule | None:
        """The rule that darkens this canonical (host, path), if any."""
        rule = self._exact.get((host, path))
        if rule is None and path.endswith(("/", _INDEX)):
            # A folder and its index page are one thing to a web server, hence to a rule.
            other = path + _INDEX[1:] if path.endswith("/") else path[: 1 - len(_INDEX)]
            rule = self._exact.get((host, other))
        if rule is not None or not self._prefix:
            return rule
        end = len(path)
        while end > 0:
            rule = self._prefix.get((host, path[:end]))
            if rule is not None:
                return rule
            end = path.rfind("/", 0, end)
        return self._prefix.get((host, ""))


def _prefix_key(match: Match) -> tuple[str, str]:
    # "/a/b/" and "/a/b" deny the same tree, and neither denies "/a/bc".
    return match.host, match.path.rstrip("/")


def apply(state: DenyState, entry: Entry, seen: dict[str, tuple[int, int]]) -> bool:
    """Take one increment as an edge does: a lower or equal (epoch, generation) changes nothing."""
    if seen.get(entry.resource, (0, 0)) >= (entry.epoch, entry.generation):
        return False
    seen[entry.resource] = (entry.epoch, entry.generation)
    places = entry.match if entry.dark else ()
    state.replace(
        entry.resource,
        [Rule(m, entry.resource, entry.generation, entry.block_ref or "") for m in places],
    )
    return True
