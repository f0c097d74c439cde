"""Days of the access log: sealed when over, exported on request, dropped only after their time.

Art. 19 with 网络安全法 (six months): at least 190 days. A day is compressed, encrypted under its
own key, and its digest goes into the audit log, so that a changed or missing day is noticed.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from app.audit import queries
from app.audit.accesswriter import FOLDER, day_of, key_name
from app.audit.service import record
from app.core import clock, crypto, files
from app.core.errors import AppError, ConflictError, NotFoundError
from app.core.keystore import KeyStore
from app.core.settings import Settings
from app.core.transaction import reading, transaction

GRACE = timedelta(minutes=10)  # the writer may still hold a line of the day that just ended
SEALED = ".jsonl.gz.sealed"


class DamagedDayError(AppError):
    """A sealed day does not match its digest in the audit log."""

    key = "access-day-damaged"


@dataclass(frozen=True)
class Day:
    """One day's file."""

    day: str
    sealed: bool
    sha256: str | None
    lines: int | None
    keep_until: str


def _folder(settings: Settings) -> Path:
    return settings.folder / FOLDER


def _seal_name(day: str) -> str:
    return f"access-seal:{day}"


def _entry(day: str, action: str) -> dict[str, object] | None:
    with reading() as session:
        found = [e for e in queries.entries(session, subject=f"access:{day}") if e.action == action]
    return found[-1].data if found else None


def keep_until(day: str, *, days: int) -> date:
    """The last day on which this day's log must still be there."""
    return date.fromisoformat(day) + timedelta(days=days)


def listing(settings: Settings) -> list[Day]:
    """All days that are there, oldest first."""
    found = []
    for file in sorted(_folder(settings).glob("*.jsonl*")):
        day = file.name[:10]
        sealed = file.name.endswith(SEALED)
        entry = (_entry(day, "access.seal") or {}) if sealed else {}
        found.append(
            Day(
                day=day,
                sealed=sealed,
                sha256=str(entry["sha256"]) if entry else None,
                lines=int(str(entry["lines"])) if entry else None,
                keep_until=keep_until(day, days=settings.access_log_days).isoformat(),
            )
        )
    return found


def seal_finished_days(settings: Settings, keys: KeyStore, *, at: datetime) -> list[str]:
    """Seal every day that is over; acting twice equals acting once."""
    done = []
    for file in sorted(_folder(settings).glob("*.jsonl")):
        day = file.name.removesuffix(".jsonl")
        if day < day_of(at - GRACE):
            _seal(settings, keys, file, day, at=at)
            done.append(day)
    return done


def _seal(settings: Settings, keys: KeyStore, file: Path, day: str, *, at: datetime) -> None:
    target = _folder(settings) / f"{day}{SEALED}"
    known = _entry(day, "access.seal")
    if known is None:
        plain = file.read_bytes()
        packed = gzip.compress(plain, 6, mtime=0)
        sealed = crypto.seal(keys.secret(_seal_name(day)), packed, aad=f"access:{day}")
        files.replace(target, sealed, mode=0o440)
        with transaction() as tx:
            record(
                tx,
                actor="system:accesslog",
                action="access.seal",
                subject=f"access:{day}",
                at=at,
                sha256=crypto.sha256_hex(sealed),
                size=len(sealed),
                lines=plain.count(b"\n"),
                alg=crypto.ALG,
                keep_until=keep_until(day, days=settings.access_log_days),
            )
    elif not target.exists() or crypto.sha256_hex(target.read_bytes()) != known["sha256"]:
        raise DamagedDayError("The sealed access log of %(day)s was changed.", day=day)
    file.unlink()


def delete(settings: Settings, keys: KeyStore, day: str, *, by: str, at: datetime) -> None:
    """Drop a day whose time is over, with its keys.

    Raises:
        ConflictError: it must still be kept (Art. 19).
        NotFoundError: there is no such day.
    """
    target = _folder(settings) / f"{_checked(day)}{SEALED}"
    until = keep_until(day, days=settings.access_log_days)
    if at.astimezone(clock.SHANGHAI).date() <= until:
        raise ConflictError(
            "The access log of %(day)s must be kept until %(until)s (Art. 19).",
            day=day,
            until=until.isoformat(),
        )
    if not target.exists():
        raise NotFoundError("There is no access log of %(day)s.", day=day)
    with transaction() as tx:
        record(tx, actor=by, action="access.expire", subject=f"access:{day}", at=at)
    target.chmod(0o600)
    target.unlink()
    for name in (_seal_name(day), key_name(day)):
        keys.destroy_secret(name, at=at)


def drop_expired(settings: Settings, keys: KeyStore, *, at: datetime) -> list[str]:
    """Drop every sealed day whose time is over."""
    today = at.astimezone(clock.SHANGHAI).date()
    over = [
        file.name[:10]
        for file in sorted(_folder(settings).glob(f"*{SEALED}"))
        if today > keep_until(file.name[:10], days=settings.access_log_days)
    ]
    for day in over:
        delete(settings, keys, day, by="system:accesslog", at=at)
    return over


def read_day(settings: Settings, keys: KeyStore, day: str) -> bytes:
    """A day's lines, checked against the audit log when it is sealed.

    Raises:
        NotFoundError: there is no such day.
        DamagedDayError: the sealed file is not the one that was sealed.
    """
    plain = _folder(settings) / f"{_checked(day)}.jsonl"
    if plain.exists():
        return plain.read_bytes()
    target = _folder(settings) / f"{day}{SEALED}"
    if not target.exists():
        raise NotFoundError("There is no access log of %(day)s.", day=day)
    sealed = target.read_bytes()
    known = _entry(day, "access.seal")
    if known is None or known["sha256"] != crypto.sha256_hex(sealed):
        raise DamagedDayError("The sealed access log of %(day)s was changed.", day=day)
    packed = crypto.unseal(keys.secret(_seal_name(day)), sealed, aad=f"access:{day}")
    return gzip.decompress(packed)


def _checked(day: str) -> str:
    try:
        return date.fromisoformat(day).isoformat()
    except ValueError as error:
        raise NotFoundError("There is no access log of %(day)s.", day=day) from error


def export(
    settings: Settings,
    keys: KeyStore,
    *,
    first: str,
    last: str,
    out: Path,
    by: str,
    reason: str,
    at: datetime,
) -> int:
    """Write the lines of the days between ``first`` and ``last`` to ``out``; how many days.

    The export itself is an act in the audit log.
    """
    days = sorted({d.day for d in listing(settings) if first <= d.day <= last})
    if not days:
        raise NotFoundError("There is no access log of %(day)s.", day=f"{first} … {last}")
    data = b"".join(read_day(settings, keys, day) for day in days)
    with transaction() as tx:
        record(
            tx,
            actor=by,
            action="access.export",
            subject=f"access:{first}",
            at=at,
            until=last,
            days=len(days),
            sha256=crypto.sha256_hex(data),
            reason=reason,
        )
    files.replace(out, data)
    return len(days)
