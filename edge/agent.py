"""The agent beside nginx: follows the deny feed, keeps the last good copy, tells nginx.

Run ``python edge/agent.py --help``. Standard library only; the files of this folder lie beside
each other. Fail-static (P9): what is denied stays denied and what is served stays served
while the centre is away, lies, or this program is not running; nginx loads the same copy itself.

Two loops: the follower waits for the centre and writes the copy; the pusher makes nginx equal to
the copy, whatever nginx held before, and only then tells the centre "applied".
"""

from __future__ import annotations

import argparse
import fcntl
import json
import random
import signal
import sys
import threading
import time
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

try:
    from edge import denylist, store, wire
    from edge.status import Status, log, moment, now
except ImportError:  # the files lie beside each other on a serving host
    import denylist  # type: ignore[import-not-found,no-redef]
    import store  # type: ignore[import-not-found,no-redef]
    import wire  # type: ignore[import-not-found,no-redef]
    from status import Status, log, moment, now  # type: ignore[import-not-found,no-redef]

TICK = 0.5  # seconds between two looks at nginx
LONGEST_PAUSE = 15.0
KEPT_CHANGES = 4 << 20  # bytes; nginx further behind than this reads the file


def instant(text: str) -> datetime:
    """The moment a checkpoint names; RefusedError when it names none."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = datetime.min  # noqa: DTZ901 - refused below, having no zone
    if at.tzinfo is None:
        raise denylist.RefusedError("a time in the checkpoint is malformed")
    return at


class Agent:
    """Everything the two loops share."""

    def __init__(self, feed: wire.Feed, nginx: wire.Nginx, keys: Path, data: Path) -> None:
        self.feed, self.nginx, self.keys_file = feed, nginx, keys
        self.store, self.status = store.Store(data), Status(data / "status.json")
        self.stop, self.news = threading.Event(), threading.Event()
        self.lock = threading.Lock()  # state, files and changes move together
        self.changes: list[tuple[str, list[bytes]]] = []  # (mark they start from, lines)
        self.acked: tuple[str, str] | None = None  # (nginx instance, mark)
        self.ack_after = 0.0
        self.contacted = False
        self.state, problem = self.store.load()
        if problem:
            self.status.alarm("copy", problem)
        if len(self.state) or self.state.checkpoint["seq"] >= 0:
            self.store.save(self.state)  # nginx's list is rewritten whole, a torn end is gone
        self._tell_state()

    # --- the follower -----------------------------------------------------------------------

    def follow(self, wait: int) -> None:
        """Wait for the centre for ever; every failure is an alarm and another attempt."""
        failures, snapshot = 0, True
        while not self.stop.is_set():
            try:
                if snapshot:
                    self.take_snapshot()
                    snapshot = False
                self.poll(wait)
                failures = 0
                self.status.alarm("feed", None)
            except denylist.GapError:
                # a gap right after a snapshot is the centre's fault: not a tight loop
                failures, snapshot = failures + 1, True
                if failures > 2:  # noqa: PLR2004 - one gap is ordinary, a row of them is not
                    self.status.alarm("feed", "the feed's lines do not lead to its checkpoint")
            except (wire.WireError, denylist.RefusedError) as error:
                failures += 1
                self.status.alarm("feed", str(error))
            except Exception as error:  # noqa: BLE001 - the follower must never end
                failures, snapshot = failures + 1, True
                self.status.alarm("feed", f"{type(error).__name__}: {error}")
            self.contacted = True
            if failures > 1 or (failures and not snapshot):
                pause = min(LONGEST_PAUSE, 0.25 * 2 ** min(failures, 8))
                self.stop.wait(pause * random.uniform(0.5, 1))  # noqa: S311 - spread, not secret

    def take_snapshot(self) -> None:
        """Become the centre's whole state, if it is signed and not older than ours."""
        body, etag = self.feed.snapshot(self.store.etag(self.state))
        if body is None:
            return
        entries, checkpoint = self._believed(body)
        with self.lock:
            self._refuse_older(checkpoint)
            try:
                self.state.replace(entries, checkpoint)
            except denylist.GapError:
                raise denylist.RefusedError("the snapshot is not what it signs") from None
            self.store.save(self.state)
            self.changes.clear()
            self.store.keep_etag(self.state, etag)
        log("info", "snapshot.taken", entries=len(self.state), mark=self.state.mark)
        self._tell_state()

    def poll(self, wait: int) -> None:
        """One long poll: increments applied, verified, written, handed to the pusher."""
        started = time.monotonic()
        body = self.feed.poll(max(self.state.checkpoint["seq"], 0), wait)
        if body is None:
            raise denylist.GapError
        entries, checkpoint = self._believed(body)
        with self.lock:
            self._refuse_older(checkpoint)
            old = self.state.checkpoint
            if checkpoint["epoch"] != old["epoch"]:
                raise denylist.GapError
            before = self.state.mark
            rules = self.state.advance(entries, checkpoint)
            if self.state.mark != before:
                lines = [store.rule_line(rule, ref) for rule, ref in rules.items()]
                self.store.add(self.state, [entry.body for entry in entries], lines)
                self.changes.append((before, lines))
                if sum(len(line) for _, kept in self.changes for line in kept) > KEPT_CHANGES:
                    self.changes.clear()
        self._tell_state()
        if not entries and time.monotonic() - started < 1:
            self.stop.wait(0.2)  # a centre that does not hold the line is not hammered

    def _believed(self, body: bytes) -> tuple[list[denylist.Entry], dict[str, Any]]:
        entries, checkpoint = denylist.parse_answer(body)
        try:
            keys = json.loads(self.keys_file.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise denylist.RefusedError(f"the key file cannot be read: {error}") from error
        denylist.check_signature(checkpoint, keys if isinstance(keys, dict) else {})
        instant(checkpoint["as_of"])
        instant(checkpoint["next_by"])
        return entries, checkpoint

    def _refuse_older(self, checkpoint: dict[str, Any]) -> None:
        ours = self.state.checkpoint
        if (checkpoint["epoch"], checkpoint["seq"]) < (ours["epoch"], ours["seq"]):
            raise denylist.RefusedError("the centre offers an older state than we have")
        same = (checkpoint["epoch"], checkpoint["seq"]) == (ours["epoch"], ours["seq"])
        if same and instant(checkpoint["as_of"]) < instant(ours["as_of"]):
            raise denylist.RefusedError("the centre repeats an older checkpoint")

    def _tell_state(self) -> None:
        self.news.set()
        c = self.state.checkpoint
        self.status.set(
            **{k: c.get(k) for k in ("epoch", "seq", "as_of", "next_by")},
            entries=len(self.state),
            mark=self.state.mark,
        )

    # --- the pusher -------------------------------------------------------------------------

    def push_for_ever(self) -> None:
        """Make nginx equal to the copy until told to stop."""
        while not self.stop.is_set():
            self.news.wait(TICK)
            self.news.clear()
            try:
                self.push()
                self.status.alarm("nginx", None)
            except Exception as error:  # noqa: BLE001 - the pusher must never end
                self.status.alarm("nginx", f"{type(error).__name__}: {error}")
                self.stop.wait(TICK)
            self.look_at_clock()

    def push(self) -> None:
        """One look at nginx: bring it to our state if it is elsewhere, then tell the centre."""
        if self.state.checkpoint["seq"] < 0:
            return  # we know nothing yet; what nginx loaded by itself stands
        seen = self.nginx.look()
        with self.lock:
            checkpoint, mark, prefixes = self.state.checkpoint, self.state.mark, self.state.prefixes
            lines = self._changes_since(seen["mark"])
            if lines is None:
                self.store.save(
                    self.state
                )  # without changes behind it: nothing is freed in between
            if seen["mark"] == mark:
                self.changes.clear()
        # Without the lock: a slow nginx must not keep the follower from writing the copy.
        if lines is None:
            self.nginx.load()
        elif seen["mark"] != mark:
            self.nginx.apply(seen["mark"], mark, prefixes, lines)
        if seen["mark"] != mark:
            log("info", "nginx.told", mark=mark, lines="all" if lines is None else len(lines))
        applied = (seen["instance"], mark)
        if applied != self.acked and time.monotonic() >= self.ack_after:
            self._ack(applied, checkpoint)

    def _changes_since(self, mark: str) -> list[bytes] | None:
        starts = [start for start, _ in self.changes]
        if mark == self.state.mark:
            return []
        if mark not in starts:
            return None
        return [line for _, lines in self.changes[starts.index(mark) :] for line in lines]

    def _ack(self, applied: tuple[str, str], checkpoint: dict[str, Any]) -> None:
        at = moment(now())
        try:
            self.feed.ack(epoch=checkpoint["epoch"], seq=checkpoint["seq"], applied_at=at)
        except wire.WireError as error:
            self.ack_after = time.monotonic() + 2
            log("warning", "ack.failed", text=str(error))
            return
        self.acked = applied
        self.status.set(
            applied={"epoch": checkpoint["epoch"], "seq": checkpoint["seq"], "at": at},
            nginx=applied[0],
        )

    def look_at_clock(self) -> None:
        """Alarm when the centre has not spoken by the time it promised (G7)."""
        next_by = self.state.checkpoint.get("next_by")
        if next_by and self.contacted:
            late = now() > instant(next_by)
            text = f"no newer checkpoint by {next_by}; the last good list stays in force"
            self.status.alarm("stale", text if late else None)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    p = argparse.ArgumentParser(prog="agent.py", description=__doc__.splitlines()[0])
    p.add_argument("--data", type=Path, required=True, help="this agent's folder")
    p.add_argument("--feed", help="the centre's address, e.g. https://chuku.example")
    p.add_argument("--target", help="this edge's name at the centre")
    p.add_argument("--key-file", type=Path, help="file with the API key of scope edge")
    p.add_argument("--keys", type=Path, help="file {kid: base64 public key}, never fetched")
    p.add_argument("--nginx", type=Path, help="nginx's private socket (default DATA/agent.sock)")
    p.add_argument("--ca", type=Path, help="certificate authority of the centre (PEM)")
    p.add_argument("--wait", type=int, default=20, help="seconds of one long poll, at most 20")
    p.add_argument("--why", metavar="URL", help="is this address denied here? 0 yes, 1 no")
    return p


def why(data: Path, url: str) -> int:
    """Answer from the last good copy, for the night when nothing else answers."""
    parts = urlsplit(url)
    if not parts.netloc:
        print(f"{url}: not an address like http://host/path", file=sys.stderr)
        return 2
    state, problem = store.Store(data).load()
    try:
        path = denylist.canonical_path(url.split(parts.netloc, 1)[1] or "/")
    except ValueError as error:
        print(f"{url}: {error}", file=sys.stderr)
        return 2
    ref = state.why(denylist.canonical_host(parts.netloc), path)
    answer = {"url": url, "denied": bool(ref), "block_ref": ref, "mark": state.mark}
    print(json.dumps({**answer, "problem": problem} if problem else answer, ensure_ascii=False))
    return 0 if ref else 1


def main(argv: list[str] | None = None) -> int:
    """Run until SIGTERM or Ctrl-C."""
    p = parser()
    args = p.parse_args(argv)
    if args.why:
        return why(args.data, args.why)
    missing = [n for n in ("feed", "target", "key_file", "keys") if not getattr(args, n)]
    if missing:
        p.error("needed: " + ", ".join("--" + n.replace("_", "-") for n in missing))
    args.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    own = (args.data / "agent.lock").open("w")
    try:
        fcntl.flock(own, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        print(f"another agent works in {args.data}", file=sys.stderr)
        return 1
    try:
        feed = wire.Feed(args.feed, args.target, args.key_file, args.ca)
    except (wire.WireError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    nginx = wire.Nginx(args.nginx or args.data / "agent.sock")
    agent = Agent(feed, nginx, args.keys, args.data)

    # Before the threads, so that only this one takes them.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    follow = threading.Thread(
        target=agent.follow, args=(max(1, min(args.wait, 20)),), name="follower", daemon=True
    )
    push = threading.Thread(target=agent.push_for_ever, name="pusher", daemon=True)
    follow.start()
    push.start()
    log("info", "agent.started", entries=len(agent.state), mark=agent.state.mark)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    agent.stop.set()
    push.join(1)
    with agent.lock:  # a write under way is finished first
        agent.status.set(stopped=moment(now()))
        log("info", "agent.stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
