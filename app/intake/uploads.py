"""Uploads (design page 3.8): received sealed, looked into by a limited child, kept until filing."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from app.core import sealed
from app.core.errors import InvalidError, UnavailableError
from app.core.ids import new_ref
from app.intake.scan import scan
from app.intake.schema import N_
from app.intake.values import Scan, Upload, previews

MAX_FILES = 10
MAX_BYTES = 50 * 1024 * 1024
DEADLINE = 40  # while a person waits
COPY_DEADLINE = 70  # in a worker, within its lease
MAX_COPY = 4 * MAX_BYTES  # a picture made anew may be larger than it was
SCAN_AT_ONCE = 8 * 1024 * 1024  # a scanner takes seconds for more; then it is done after sending
RESERVE = 256 * 1024 * 1024  # uploads stop first when the disk fills up, stopping never
ACCEPT = (
    ".png,.jpg,.jpeg,.gif,.webp,.bmp,.pdf,.docx,.xlsx,.pptx,.txt,.mp4,.mov,.webm,.mp3,.m4a,.wav"
)
_ROOT = Path(__file__).parent.parent.parent
_PIECE = 1 << 18
_SEATS = threading.BoundedSemaphore(2)  # children at a time: each may take 1.5 GB and a core

REFUSALS = {
    "empty": N_("“%(name)s” is empty. Please choose the file again."),
    "large": N_("“%(name)s” is larger than 50 MB. Send a shorter part or a screenshot."),
    "many": N_("“%(name)s” is one file too many: at most 10. Remove another one first."),
    "type": N_(
        "“%(name)s”: this type is not accepted. Send a picture, PDF, Office file, text, sound or "
        "video."
    ),
    "differs": N_("“%(name)s”: the content is not what the name says. Send the original file."),
    "unpacks": N_("“%(name)s” unpacks to far too much. Send a screenshot of the place instead."),
    "password": N_("“%(name)s” is protected by a password. Remove the password and send it again."),
    "active": N_("“%(name)s” can run scripts or macros. Send a PDF or a screenshot."),
    "unreadable": N_("“%(name)s” cannot be read; it may be damaged. Please choose it again."),
}  # fmt: skip


def refuse(key: str, name: str) -> InvalidError:
    """One sentence that says what to do."""
    return InvalidError(
        REFUSALS[key], fields={"files": "One of the files cannot be taken."}, name=name
    )


def _suffix(name: str) -> str:
    last = name.rsplit(".", 1)[-1].lower() if "." in name else ""
    return last if last.isascii() and last.isalnum() and len(last) <= 8 else "none"  # noqa: PLR2004


def plain_name(name: str) -> str:
    """The last part of the name, without what could hide or redirect; data, never a path."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(c for c in last if c.isprintable())[-120:].strip() or "file"


@dataclass
class _Made:
    """What a child makes: its bytes, and after them its type (empty: it failed or was stopped)."""

    pieces: Iterator[bytes]
    media_type: str = ""


@dataclass(frozen=True)
class Copy:
    """A copy that was made: type, size and SHA-256 of its bytes."""

    media_type: str
    size: int
    sha256: str


@contextmanager
def _child(act: str, file: BinaryIO, own_key: bytes, *, suffix: str, kind: str) -> Iterator[_Made]:
    """The child at work on this sealed file; it knows this one content's key and no other."""
    if not _SEATS.acquire(timeout=DEADLINE):
        raise UnavailableError("Many files are being checked just now. Please try again soon.")
    env = {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(_ROOT), "LANG": "C.UTF-8"}
    ours, theirs = socket.socketpair()
    file.seek(0)
    try:
        work = subprocess.Popen(  # noqa: S603 - our own module, no shell
            [sys.executable, "-m", "app.intake.inspect_file", act, suffix, kind,
             str(theirs.fileno())],
            stdin=file, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env, cwd="/",
            pass_fds=[theirs.fileno()],
        )  # fmt: skip
        theirs.close()
        late = threading.Timer(COPY_DEADLINE if act == "clean" else DEADLINE, work.kill)
        late.start()
        try:
            ours.sendall(own_key)
            made = _Made(iter(()))
            made.pieces = _spoken(work, ours, made)
            yield made
        finally:
            late.cancel()
            work.kill()
            work.communicate()
    finally:
        theirs.close()
        ours.close()
        _SEATS.release()


def _spoken(work: subprocess.Popen[bytes], ours: socket.socket, made: _Made) -> Iterator[bytes]:
    assert work.stdout is not None
    while piece := work.stdout.read(_PIECE):
        yield piece
    if work.wait() == 0:
        made.media_type = ours.recv(200).decode("ascii", "replace")


def inspect(name: str, file: BinaryIO, own_key: bytes) -> dict[str, Any]:
    """What the sealed file is and what hides in it.

    Raises:
        InvalidError: one of the nine refusals.
    """
    with _child("check", file, own_key, suffix=_suffix(name), kind="any") as made:
        said = b"".join(made.pieces)
    try:
        verdict: dict[str, Any] = json.loads(said)
    except ValueError:  # it died or took too long
        verdict = {"refusal": "unreadable"}
    if verdict["refusal"]:
        raise refuse(verdict["refusal"], name)
    return verdict


def rendition(media_type: str, file: BinaryIO, own_key: bytes) -> tuple[str, bytes] | None:
    """What officers may look at unscanned: a picture or the words; None when there is none."""
    if not previews(media_type):
        return None
    with _child("render", file, own_key, suffix="none", kind=media_type) as made:
        data = b"".join(made.pieces)
    return (made.media_type, data) if made.media_type else None


def copy(
    media_type: str, file: BinaryIO, own_key: bytes, *, out: BinaryIO, key: bytes, aad: str
) -> Copy | None:
    """Write the copy without hidden data, sealed.

    None when the child cannot be sure that nothing is left, or does not get there.
    """
    to = sealed.Writer(out, key, aad=aad)
    with _child("clean", file, own_key, suffix="none", kind=media_type) as made:
        for piece in made.pieces:
            if to.size + len(piece) > MAX_COPY:
                return None
            to.write(piece)
    to.close()
    out.flush()
    return Copy(made.media_type, to.size, to.sha256) if made.media_type else None


def folder(data_folder: Path, kid: str) -> Path:
    """Where a draft's sealed files wait."""
    return data_folder / "uploads" / kid


def room(data_folder: Path, size: int = 0) -> None:
    """There is room for so much more.

    Raises:
        UnavailableError: the disk is nearly full.
    """
    if shutil.disk_usage(data_folder).free < RESERVE + size:
        raise UnavailableError("No room for files just now. Send the complaint without them.")


def stage(
    *, data_folder: Path, kid: str, key: bytes, name: str, stream: BinaryIO, clamd_url: str
) -> Upload:
    """Seal, inspect, scan and keep one file for a draft; piece by piece, never whole in memory.

    Raises:
        InvalidError: one of the nine refusals.
        UnavailableError: the disk is nearly full, or too many files are being checked.
    """
    name = plain_name(name)
    room(data_folder, MAX_BYTES)
    ref = new_ref(12)
    place = folder(data_folder, kid)
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    aad = f"attachment:{ref}"
    with tempfile.NamedTemporaryFile(dir=place) as fresh:
        written = sealed.Writer(fresh, key, aad=aad)  # type: ignore[arg-type]
        while piece := stream.read(_PIECE):
            written.write(piece)
            if written.size > MAX_BYTES:
                raise refuse("large", name)
        if not written.size:
            raise refuse("empty", name)
        written.close()
        fresh.flush()
        os.fsync(fresh.fileno())
        file: BinaryIO = fresh  # type: ignore[assignment]
        verdict = inspect(name, file, sealed.content_key(file, key, aad=aad))
        result = first_scan(read_sealed(Path(fresh.name)), key, aad, written.size, clamd_url)
        os.link(fresh.name, place / ref)
    return Upload(
        ref=ref,
        name=name,
        media_type=str(verdict["media_type"]),
        size=written.size,
        sha256=written.sha256,
        scan=result.value,
        found=tuple((key, value) for key, value in verdict["found"]),
    )


def first_scan(content: Iterable[bytes], key: bytes, aad: str, size: int, clamd_url: str) -> Scan:
    """What can be said while the person waits; large files are scanned after sending."""
    if clamd_url and size > SCAN_AT_ONCE:
        return Scan.WAITING
    return scan(sealed.pieces(content, key, aad=aad), clamd_url)


def read_sealed(path: Path) -> Iterator[bytes]:
    """A staged file's sealed bytes."""
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


def sealed_path(data_folder: Path, kid: str, ref: str) -> Path:
    """The sealed bytes of a staged file."""
    return folder(data_folder, kid) / ref


def remove(data_folder: Path, kid: str, ref: str) -> None:
    """Take one file out of a draft."""
    sealed_path(data_folder, kid, ref).unlink(missing_ok=True)


def remove_all(data_folder: Path, kid: str) -> None:
    """The draft is over."""
    shutil.rmtree(folder(data_folder, kid), ignore_errors=True)
