"""A throwaway PostgreSQL on a unix socket, from plain initdb; also as root."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg


def _binaries() -> Path:
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))
    if versions:
        return versions[-1]
    found = shutil.which("initdb")
    assert found, "PostgreSQL is not installed: run `make setup`"
    return Path(found).parent


def _other_user() -> dict[str, object]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    user = pwd.getpwnam("postgres")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


@contextlib.contextmanager
def server() -> Iterator[str]:
    """The socket folder of a running server whose superuser is ``app``."""
    binaries, other = _binaries(), _other_user()
    folder = tempfile.mkdtemp(prefix="pgt")
    if other:
        os.chown(folder, other["user"], other["group"])
    process = None
    try:
        subprocess.run(
            [binaries / "initdb", "-D", f"{folder}/d", "-U", "app", "-A", "trust", "-E", "UTF8",
             "--locale=C.UTF-8", "--no-sync"],
            check=True, capture_output=True, cwd=folder, **other,
        )  # fmt: skip
        with open(f"{folder}/log", "wb") as log:
            process = subprocess.Popen(
                [binaries / "postgres", "-D", f"{folder}/d", "-k", folder,
                 "-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=200"],
                stderr=log, cwd=folder, **other,
            )  # fmt: skip
        for _ in range(300):
            with contextlib.suppress(psycopg.OperationalError):
                psycopg.connect(host=folder, user="app", dbname="postgres").close()
                break
            time.sleep(0.05)
        yield folder
    finally:
        if process is not None:
            process.send_signal(2)
            process.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


def url(folder: str, database: str) -> str:
    """SQLAlchemy's address of a database on that server."""
    return f"postgresql+psycopg://app@/{database}?host={folder}"


def execute(folder: str, statement: str) -> None:
    """One statement outside any transaction."""
    with psycopg.connect(host=folder, user="app", dbname="postgres", autocommit=True) as link:
        link.execute(statement)
