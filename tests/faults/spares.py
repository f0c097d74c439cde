"""More workers beside the supervised ones, as in a scaled-out set-up; a dead one is replaced.

Without them most of a kill test is waiting for the supervisor's growing back-off.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import Self

from tests.running import ROOT, Product


class Spares:
    """``n`` processes of ``chuku worker`` with the product's own environment."""

    def __init__(self, product: Product, n: int) -> None:
        raw = Path(f"/proc/{product.pids('workers', '--queues')[0]}/environ").read_bytes()
        pairs = (pair.split("=", 1) for pair in raw.decode().split("\0") if "=" in pair)
        self._environ = {name: value for name, value in pairs if name != "READY_FILE"}
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._keep) for _ in range(n)]

    def _keep(self) -> None:
        while not self._over.is_set():
            worker = subprocess.Popen(
                [sys.executable, "-m", "app.cli.main", "worker"], cwd=ROOT, env=self._environ,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            while worker.poll() is None:
                if self._over.wait(0.1):
                    worker.kill()
                    worker.wait()

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()
