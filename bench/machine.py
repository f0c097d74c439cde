"""What the figures were measured on: no names of hosts, no paths."""

from __future__ import annotations

import os
import platform
import re
import sqlite3
import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent


def facts() -> dict[str, str]:
    """Cores, memory, and the versions that matter."""
    memory = re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text("ascii"))
    cpu = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text("utf-8"))
    return {
        "cores": str(os.cpu_count()),
        "memory": f"{int(memory[1]) / 2**20:.0f} GiB" if memory else "?",
        "processor": cpu[1].strip() if cpu else platform.machine(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "nginx": _nginx(),
    }


def _nginx() -> str:
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    said = subprocess.run(
        ["nginx", "-v"], capture_output=True, text=True, check=False, env={"PATH": path}
    )
    return said.stderr.strip().rpartition("/")[2]


def commit() -> str:
    """The short name of what was measured; ``+`` when files of the product differ from it."""

    def git(*words: str) -> str:
        return subprocess.run(
            ["git", *words], cwd=ROOT, capture_output=True, text=True, check=False
        ).stdout.strip()

    product = ("app", "workers", "edge", "nlp_models", "templates", "deploy")
    dirty = git("status", "--porcelain", "--untracked-files=no", "--", *product)
    return f"{git('rev-parse', '--short', 'HEAD')}{'+' if dirty else ''}"
