"""``python -m bench [ROW…] [--quick]``: measures, prints the table, keeps whole runs."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import traceback
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from app.core import clock
from bench import machine
from bench.measure import Row, figure
from bench.world import BenchError, World

RESULTS = Path(__file__).parent / "results"
_LEGEND = (
    "× is a ratio to the baseline measured in turn with it (A B A B): median and range. "
    "`load` is the load average (1 min) when the row was done; above the number of cores others "
    "were working, and times (not ratios) are too long by as much."
)
GROUPS = (
    "whole", "intake", "desk", "gate", "edge", "audit", "evidence", "letters", "classifier",
    "problems", "transparency", "pages", "search",
)  # fmt: skip


def main() -> int:
    """1 when a row misses or cannot be measured."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"of: {', '.join(GROUPS)}")
    parser.add_argument("--quick", action="store_true", help="tiny sizes: does it run at all?")
    parser.add_argument("--keep", action="store_true", help="keep the result of a part, too")
    args = parser.parse_args()
    if unknown := set(args.rows) - set(GROUPS):
        parser.error(f"no such row: {', '.join(sorted(unknown))}")
    groups = args.rows or GROUPS
    world, rows, failed = World(quick=args.quick), [], {}
    commit = machine.commit()  # others may commit while it runs
    began = time.monotonic()
    try:
        for group in groups:
            rows += _measured(group, world, failed)
    finally:
        world.close()
    text = report(rows, failed, commit, quick=args.quick, took=time.monotonic() - began)
    print(f"\n{text}")
    if args.keep or (not args.quick and not args.rows):
        print(f"kept: {keep(text, rows, failed, commit)}")
    return int(bool(failed) or any(row.verdict == "miss" for row in rows))


def _measured(group: str, world: World, failed: dict[str, str]) -> Iterator[Row]:
    began = time.monotonic()
    try:
        for row in import_module(f"bench.{group}").run(world):
            print(_line(row), flush=True)
            yield row
    except (BenchError, OSError) as error:
        failed[group] = str(error)
    except Exception as error:  # noqa: BLE001 - one broken row must not hide the others
        traceback.print_exc()
        failed[group] = f"{type(error).__name__}: {error}"
    if group in failed:
        print(f"  ---  {group}: {failed[group]}", file=sys.stderr, flush=True)
    print(f"       ({group}: {time.monotonic() - began:.0f} s)", flush=True)


def _line(row: Row) -> str:
    unit = row.goal.unit or "×"
    return (
        f"{row.verdict:>6} {row.name}: {figure(row.value)} {unit} "
        f"[{figure(row.low)}–{figure(row.high)}], {row.made_of}"
    )


def report(
    rows: list[Row], failed: dict[str, str], commit: str, *, quick: bool, took: float
) -> str:
    """The table in Markdown."""
    facts = ", ".join(f"{name} {value}" for name, value in machine.facts().items())
    lines = [
        f"# Bench of {clock.now():%Y-%m-%d %H:%M} UTC, commit {commit}",
        "",
        f"{facts}. Took {took / 60:.1f} min; load average at the end {os.getloadavg()[0]:.1f}.",
        "",
        _LEGEND,
        *(["", "**Quick run: tiny sizes, proves only that the rows work.**"] if quick else []),
        "",
        "| verdict | row | figure | range | n | miss / aim | baseline | made of | load | command |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        unit = f" {row.goal.unit}" if row.goal.unit else " ×"
        word = "below" if row.goal.more_is_better else "above"
        lines.append(
            f"| **{row.verdict}** | {row.name} | {figure(row.value)}{unit} | "
            f"{figure(row.low)}–{figure(row.high)} | {row.n} | "
            f"{word} {figure(row.goal.miss)} / {figure(row.goal.aim)} | {row.baseline} | "
            f"{row.made_of} | {row.load:.1f} | `{row.command}` |"
        )
    for group, why in failed.items():
        lines.append(f"| **failed** | {group} | {why.splitlines()[0][:200]} | | | | | | | |")
    return "\n".join(lines) + "\n"


def keep(text: str, rows: list[Row], failed: dict[str, str], commit: str) -> str:
    """Write both files; the name of the first."""
    RESULTS.mkdir(exist_ok=True)
    name = f"{clock.now():%Y-%m-%d}-{commit.rstrip('+')}"
    (RESULTS / f"{name}.md").write_text(text, "utf-8")
    kept = {
        "at": clock.now().isoformat(),
        "commit": commit,
        "machine": machine.facts(),
        "failed": failed,
        "rows": [row.as_json() for row in rows],
    }
    (RESULTS / f"{name}.json").write_text(
        json.dumps(kept, ensure_ascii=False, indent=1) + "\n", "utf-8"
    )
    return f"bench/results/{name}.md"


if __name__ == "__main__":
    sys.exit(main())
