"""The way back: files first, the database under another name, its own name last of all.

A crash before the last step leaves a folder without a database, and the command can simply be
given again. Nothing is sent again by itself (law 7): what waited to go out is set aside.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from app.accounts import service as accounts
from app.audit import service as audit
from app.audit import verify as prover
from app.audit.accesswriter import FOLDER as ACCESS
from app.audit.values import CheckpointView
from app.backup import databases
from app.backup.archive import Backup, BackupError
from app.core.keystore import KeyStore, PublicKey
from app.core.settings import Settings
from app.evidence import vault
from app.outbox import service as outbox
from app.suspension import service as suspension

BY = "system:restore"


@dataclass
class Restored:
    """What came back, and everything that did not."""

    taken_at: str
    entries: int = 0
    epoch: int = 0
    set_aside: int = 0
    files: int = 0
    missing: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def refuse(backup: Backup, settings: Settings, *, without_keys: bool) -> None:
    """See that the folder may take the backup, before anything is written.

    Raises:
        BackupError: a database is there, the kinds differ, or the key store is not there yet.
    """
    url = make_url(settings.database_url)
    if not databases.is_empty(url):
        raise BackupError(
            "There is a database already; restore into an empty data folder (CHUKU_DATA)."
        )
    wanted = {"sqlite": databases.SQLITE, "postgresql": databases.POSTGRESQL}
    if wanted.get(url.get_backend_name()) != backup.manifest["database"]:
        raise BackupError(
            "The backup holds %(member)s; CHUKU_DATABASE_URL names another kind of database.",
            member=backup.manifest["database"],
        )
    keystore = make_url(settings.keystore_url)
    lost = keystore.get_backend_name() == "sqlite" and not Path(str(keystore.database)).exists()
    if lost and not without_keys:
        raise BackupError(
            "The key store is not there. Its own backup comes first: put it at %(place)s with the "
            "master key beside it, or say --without-keys.",
            place=keystore.database,
        )


def missing_keys(backup: Backup, keys: KeyStore) -> list[str]:
    """Keys that the backup knew and this store has not: what they sealed stays sealed."""
    known: dict[str, list[str]] = backup.manifest["keys"]
    here = {
        "data": set(keys.data_key_ids()),
        "signing": {key.kid for key in keys.public_keys()},
        "secrets": {name for name, _made in keys.secrets_named("")},
    }
    return [f"{kind} key {name}" for kind, names in known.items() for name in names
            if name not in here[kind]]  # fmt: skip


def unpack_files(backup: Backup, settings: Settings, report: Restored) -> None:
    """Vault and access log; running it again changes nothing."""
    store = vault.store_of(settings.vault_url)
    fresh = settings.folder / ".restoring"
    try:
        for name in backup.under("vault/"):
            sha256 = name.removeprefix("vault/")
            if backup.members[name]["sha256"] != sha256:
                report.missing.append(f"vault file {sha256}: damaged before the backup")
                continue
            if not store.holds(sha256):
                backup.extract(name, fresh)
                store.put(fresh)
            report.files += 1
    finally:
        fresh.unlink(missing_ok=True)
    folder = settings.folder / ACCESS
    for name in backup.under(f"{ACCESS}/"):
        folder.mkdir(mode=0o700, exist_ok=True)
        backup.extract(name, folder / Path(name).name)


def unpack_database(backup: Backup, settings: Settings) -> str:
    """Bring the database under an address where nobody looks for it yet; that address."""
    url = make_url(settings.database_url)
    member = str(backup.manifest["database"])
    if url.get_backend_name() == "sqlite":
        file = _beside(settings)
        for old in (file, *file.parent.glob(f"{file.name}-*")):
            old.unlink(missing_ok=True)
        backup.extract(member, file)
        return f"sqlite:///{file}"
    dump = settings.folder / ".restoring"
    try:
        backup.extract(member, dump)
        databases.load_postgresql(url, dump)
    finally:
        dump.unlink(missing_ok=True)
    return settings.database_url


def _beside(settings: Settings) -> Path:
    file = Path(str(make_url(settings.database_url).database))
    return file.with_name(f"{file.name}.restoring")


def put_in_place(settings: Settings) -> None:
    """Give the finished database its name; the last step."""
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite":
        _beside(settings).rename(str(url.database))


def prove(
    session: Session,
    report: Restored,
    *,
    keys: Iterable[PublicKey],
    saved: Sequence[CheckpointView],
) -> None:
    """Prove the restored log; name what a later checkpoint shows to have been there."""
    known = list(keys)
    proof = prover.verify(session, keys=known)
    report.entries = proof.entries
    later = [one for one in saved if one.size > proof.entries]
    within = [one for one in saved if one.size <= proof.entries]
    report.faults += (prover.verify(session, keys=known, saved=within) if within else proof).faults
    by_kid = {key.kid: key for key in known}
    for one in later:
        why = prover.signature_fault(one, by_kid)
        moment = one.at.isoformat(timespec="seconds")
        if why:
            report.faults.append(f"saved checkpoint of {moment}: {why}")
        else:
            report.missing.append(
                f"audit entries {proof.entries} to {one.size - 1}, "
                f"written between {report.taken_at} and {moment}"
            )


def settle(tx: Session, report: Restored, *, facts: dict[str, Any], at: datetime) -> None:
    """Open a new epoch for the edges, set aside what would be sent again, and write it down."""
    reason = f"restored from the backup of {report.taken_at}: see first whether it went out"
    report.set_aside = outbox.set_aside(tx, topics="notices.", reason=reason, at=at)
    # Clocks that ended meanwhile may have written letters in the life that is lost.
    report.set_aside += outbox.set_aside(
        tx, topics="incidents.clock", reason=reason, at=at, due_until=at
    )
    report.epoch = suspension.open_epoch(tx, by=BY, at=at)
    accounts.page(
        tx,
        key=f"restore:{report.epoch}",
        why="A backup was restored: letters that waited are set aside. See which of them went "
        "out already, then try the others again.",
        at=at,
        role="supervisor",
    )
    audit.record(
        tx,
        actor=BY,
        action="backup.restore",
        subject="backup",
        at=at,
        taken_at=report.taken_at,
        entries=report.entries,
        epoch=report.epoch,
        set_aside=report.set_aside,
        missing=report.missing[:100],
        missing_count=len(report.missing),
        faults=report.faults[:50],
        **facts,
    )
