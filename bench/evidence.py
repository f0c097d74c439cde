"""The vault and the dossier, against the tools everybody has."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from flask import current_app

from app.audit import service as audit
from app.core import clock
from app.core.transaction import transaction
from app.evidence import service, vault
from app.evidence.export import export
from bench.inside import application
from bench.measure import Goal, Row, less, pairs, seconds
from bench.world import World

INCIDENT = "4F7K2M9Q"
_PIECE = 1 << 24


def run(world: World) -> Iterator[Row]:
    """Seal one large file; a dossier of it."""
    size = world.pick(16, 1024) << 20
    shown = f"{size >> 20:,} MB"
    with application(world, "evidence") as data:
        film = data / "film.bin"
        _write(film, size)
        both = pairs(
            lambda: size / 1e6 / _seal(data, film),
            lambda: size / 1e6 / seconds(partial(_sum, film)),
            world.pairs,
        )
        yield both.row(
            "evidence", f"evidence: seal {shown} (hash, copy, fsync)", Goal(0.5, 0.8),
            baseline="sha256sum of the same file", unit="MB/s",
        )  # fmt: skip
        yield from _dossier(world, data, film, shown)


def _dossier(world: World, data: Path, film: Path, shown: str) -> Iterator[Row]:
    _incident(film)
    out, copy = data / "dossier.zip", data / "copy.bin"
    n = world.pick(2, 5)
    make = pairs(partial(_make, out), lambda: seconds(partial(_copy, film, copy)), n)
    copy.unlink()
    yield make.row(
        "evidence", f"dossier: make, {shown} of evidence", less(3, 1.5),
        baseline="copying the same (cp + fsync)", unit="s",
    )  # fmt: skip
    verify = pairs(partial(_verify, out), lambda: seconds(partial(_sum, film)), n)
    yield verify.row(
        "evidence", f"dossier: verify, {shown} of evidence", less(3, 1.5),
        baseline="sha256sum of the same", unit="s",
    )  # fmt: skip


def _write(file: Path, size: int) -> None:
    with file.open("wb") as out:
        for _ in range(0, size, _PIECE):
            out.write(os.urandom(_PIECE))
        out.flush()
        os.fsync(out.fileno())


def _seal(data: Path, film: Path) -> float:
    """Seconds of one first sealing: what was sealed before is only compared."""
    shutil.rmtree(data / "vault", ignore_errors=True)
    return seconds(partial(vault.put, film))


def _sum(film: Path) -> None:
    subprocess.run(["sha256sum", film], check=True, stdout=subprocess.DEVNULL)


def _copy(film: Path, copy: Path) -> None:
    with film.open("rb") as source, copy.open("wb") as out:
        shutil.copyfileobj(source, out, 1 << 20)
        out.flush()
        os.fsync(out.fileno())


def _incident(film: Path) -> None:
    stored, at = vault.put(film), clock.now()
    with transaction() as tx:
        audit.record(
            tx, actor="policy:precaution", action="incident.open",
            subject=f"incident:{INCIDENT}", incident=INCIDENT, at=at,
        )  # fmt: skip
        service.record(
            tx, incident=INCIDENT, kind="attachment", title="film.bin", stored=stored,
            media_type="application/octet-stream", by="system:capture", at=at,
        )  # fmt: skip


def _make(out: Path) -> float:
    chosen = current_app.config["CHUKU"]
    return seconds(partial(export, chosen, INCIDENT, out, by="system:cli", reason=""))


def _verify(out: Path) -> float:
    """The program that lies in every bundle, run by Python alone as its reader would."""
    tool = out.with_name("verify.py")
    if not tool.exists():
        with zipfile.ZipFile(out) as bundle:
            for name in ("verify.py", "ed25519.py"):
                inner = next(n for n in bundle.namelist() if n.endswith(f"/{name}"))
                tool.with_name(name).write_bytes(bundle.read(inner))
    argv = [sys.executable, "-I", tool, out]
    return seconds(partial(subprocess.run, argv, check=True, stdout=subprocess.DEVNULL))
