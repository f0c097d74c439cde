"""Writes the demo's real files for nginx and remembers their digests.

Running it again writes only what is missing or has another size, so a second start costs nothing;
pages are compared by their text because they carry the portal's address.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from app.demo import media, pages
from app.demo.catalogue import PlannedResource, resources
from app.demo.world import world

EDITION = "2"  # raise it when the generator makes other bytes: old files are made anew
PLAIN = "plain"  # folder of the edge's own address; every alias host has a folder of its name
_REMEMBERED = "manifest.json"


@dataclass(frozen=True, slots=True)
class Made:
    """One written file: its path under the folder of the plain address, size and SHA-256."""

    size: int
    sha256: str


Manifest = dict[str, Made]


def _put(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_bytes(data)
    part.replace(path)


def _put_if_other(path: Path, text: str) -> None:
    data = text.encode()
    if not path.is_file() or path.read_bytes() != data:
        _put(path, data)


def _stream(path: Path, chunks: Iterable[bytes]) -> Made:
    """Write in pieces and hash in the same pass: a film never stands in memory whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    digest, size = hashlib.sha256(), 0
    with part.open("wb") as file:
        for chunk in chunks:
            file.write(chunk)
            digest.update(chunk)
            size += len(chunk)
    part.replace(path)
    return Made(size, digest.hexdigest())


def _known(root: Path) -> Manifest:
    try:
        data = json.loads((root / _REMEMBERED).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    if data.get("edition") != EDITION:
        return {}
    return {name: Made(*made) for name, made in data["files"].items()}


def _remember(root: Path, manifest: Manifest) -> None:
    files = {name: [made.size, made.sha256] for name, made in sorted(manifest.items())}
    text = json.dumps({"edition": EDITION, "files": files}, ensure_ascii=False, indent=0)
    _put_if_other(root / _REMEMBERED, text + "\n")


def _by_resource(known: Manifest) -> dict[str, Manifest]:
    """The remembered files, sorted into the folders of their resources."""
    sorted_in: dict[str, Manifest] = {}
    for name, made in known.items():
        folder = "/".join(name.split("/", 2)[:2])
        sorted_in.setdefault(folder, {})[name] = made
    return sorted_in


def _complete(plain: Path, mine: Manifest) -> bool:
    return bool(mine) and all(
        (path := plain / name).is_file() and path.stat().st_size == made.size
        for name, made in mine.items()
    )


def _make(plain: Path, resource: PlannedResource) -> Manifest:
    made: Manifest = {}
    for name, data in media.small_files(resource).items():
        _put(plain / resource.folder / name, data)
        made[f"{resource.folder}/{name}"] = Made(len(data), hashlib.sha256(data).hexdigest())
    if resource.large_mb:
        name = f"{resource.folder}/video.webm"
        made[name] = _stream(plain / name, media.large_film(resource))
    return made


def _doors(root: Path, portal: str) -> None:
    """Home page and style sheet of each host, and the alias hosts' links to their resources."""
    names = {PLAIN: world().platforms[0].name} | {p.alias: p.name for p in world().platforms}
    for folder, name in names.items():
        _put_if_other(root / folder / "index.html", pages.home_page(name, portal))
        _put_if_other(root / folder / "assets" / "site.css", pages.STYLE)
    for resource in resources():
        for address in resource.addresses:
            if address.host not in names:
                continue
            link = root / address.host / resource.folder
            link.parent.mkdir(parents=True, exist_ok=True)
            if not link.is_symlink():
                link.symlink_to(Path("../..") / PLAIN / resource.folder)


def write(root: Path, *, portal: str) -> Manifest:
    """Make sure that every file of the demo is there; what each one's digest is."""
    plain = root / PLAIN
    known = _by_resource(_known(root))

    def ensure(resource: PlannedResource) -> Manifest:
        mine = known.get(resource.folder, {})
        made = mine if _complete(plain, mine) else _make(plain, resource)
        _put_if_other(plain / resource.folder / "index.html", pages.resource_page(resource, portal))
        return made

    manifest: Manifest = {}
    # Encoding pictures leaves the interpreter's lock, so threads use every core.
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        for made in pool.map(ensure, resources()):
            manifest.update(made)
    _doors(root, portal)
    _remember(root, manifest)
    return manifest


def digest_of(manifest: Manifest, file: str) -> str:
    """The SHA-256 of a file; of a folder, that over the lines ``<sha256>  <name>`` of its files."""
    if not file.endswith("/"):
        return manifest[file].sha256
    lines = sorted(
        f"{made.sha256}  {name.removeprefix(file)}\n"
        for name, made in manifest.items()
        if name.startswith(file)
    )
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def host_folders() -> dict[str, str]:
    """Which folder of the content root each alias host is served from; others: ``PLAIN``."""
    return {p.alias: p.alias for p in world().platforms}
