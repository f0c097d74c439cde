"""One product for all faults of a run; after each test everything is mended and judged."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from tests import postgres
from tests.faults import oracles
from tests.faults.ground import Ground
from tests.faults.hook import Hook
from tests.running import eventually, product


@pytest.fixture(scope="session")
def _standing(
    tmp_path_factory: pytest.TempPathFactory, postgres_folder: str | None
) -> Iterator[Ground]:
    environ = {"CHUKU_TRUSTED_PROXIES": "127.0.0.1/32"}
    if postgres_folder is not None:
        postgres.execute(postgres_folder, "CREATE DATABASE faults")
        environ["CHUKU_DATABASE_URL"] = postgres.url(postgres_folder, "faults")
    hook = Hook()
    address = hook.start()
    with product(tmp_path_factory.mktemp("f") / "d", **environ) as running:
        added = running.chuku("target", "add", "hook", "--kind", "webhook", "--set",
                              f"url={address}")  # fmt: skip
        assert added.returncode == 0, added.stderr
        standing = Ground(running, hook)
        yield standing
        wrong = [*oracles.o1_receipts(standing, everything=True), *oracles.o5_by_command(standing)]
        assert not wrong, wrong
    hook.stop()


@pytest.fixture
def ground(_standing: Ground) -> Iterator[Ground]:
    """The running product; afterwards it is mended, and O1–O10 are demanded."""
    _standing.behave("ok")
    yield _standing
    mend(_standing)
    oracles.demand(_standing)


def mend(ground: Ground) -> None:
    """Everything that was stopped goes on; nothing is armed any more."""
    ground.product.arm()
    ground.behave("ok")
    ground.hook.well()
    for pid in ground.product.pids():
        if pid != os.getpid() and _stopped(pid):
            os.kill(pid, signal.SIGCONT)
    eventually(lambda: ground.redis().ping(), within=60)
    eventually(lambda: ground.product.resources(limit=1), within=60)


def _stopped(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] == "T"
    except OSError:
        return False
