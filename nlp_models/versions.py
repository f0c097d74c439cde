"""Versions side by side: the shipped one, those trained on site, and which is in service.

Two files in the site's folder are the whole state, each replaced in one step, so that readers see
the old or the new: `current` names the version in service and below it what served before;
`shadow` names a candidate that reads along.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from nlp_models.card import TRAINED, Card, read_card

_HERE = Path(__file__).parent
_READING = (
    "decide",
    "features",
    "normalise",
    "scope",
    "senses",
    "severity",
    "sounds",
    "tokens",
    "weights",
)
_REMEMBERED = 10


class VersionError(Exception):
    """A version that is not there or may not be used; the sentence says why."""


@cache
def rules_digest() -> str:
    """What weights are made for beside their data: configuration, lists, rules of reading."""
    lists = sorted((_HERE / "lexicon").glob("*.toml"))
    # The rules for danger stand beside the model: officers mend them without training.
    parts = [_HERE / "config.cfg", *(file for file in lists if file.name != "risk.toml")]
    parts += [_HERE / f"{name}.py" for name in _READING]
    made = hashlib.sha256()
    for part in parts:
        made.update(part.read_bytes())
    return made.hexdigest()


@lru_cache(maxsize=32)
def _card(folder: Path, written: int) -> Card:
    """The card, read once: readers ask before every batch."""
    return read_card(folder)


@dataclass(frozen=True, slots=True)
class Version:
    """One version that is there."""

    folder: Path
    card: Card
    shipped: bool

    @property
    def usable(self) -> bool:
        """Whether its weights were made for today's rules of reading."""
        return self.shipped or self.card.rules == rules_digest()


class Versions:
    """The versions a site has."""

    def __init__(self, site: Path | None, trained: Path = TRAINED) -> None:
        self._site = site
        self._trained = trained

    def shipped(self) -> Path:
        """The version that came with the product: what serves when no other can.

        Raises:
            VersionError: there is none.
        """
        names = _lines(self._trained / "current")
        if not names or not (self._trained / names[0]).is_dir():
            raise VersionError("no version came with the product; make one: chuku train --ship")
        return self._trained / names[0]

    def all(self) -> list[Version]:
        """Every version that is there, the shipped one first."""
        found = self._if_shipped()
        if self._site is not None and self._site.is_dir():
            # A half-written version begins with a dot.
            found += sorted(self._site.glob("[!.]*/card.json"))
        return [self._version(item.parent if item.is_file() else item) for item in found]

    def get(self, version: str) -> Version:
        """The version under that name, with or without the model's name before it.

        Raises:
            VersionError: it is not there.
        """
        wanted = version.rpartition("@")[2]
        # The shipped one wins over a copy trained on site from the same corpus and rules.
        places = [*self._if_shipped(), *([self._site / wanted] if self._site else [])]
        for folder in places:
            if folder.name == wanted and (folder / "card.json").is_file():
                return self._version(folder)
        raise VersionError(f"there is no version {wanted}; `chuku model list` names those")

    def _if_shipped(self) -> list[Path]:
        try:
            return [self.shipped()]
        except VersionError:
            return []

    def _version(self, folder: Path) -> Version:
        written = (folder / "card.json").stat().st_mtime_ns
        return Version(folder, _card(folder, written), folder.parent == self._trained)

    def serving(self) -> Path:
        """The folder of the version in service.

        One that is gone, or whose weights were made for other rules of reading (the product was
        updated since), does not serve: the shipped one does, until somebody trains again.
        """
        return self._named("current") or self.shipped()

    def shadow(self) -> Path | None:
        """The folder of the candidate that reads along, if one does and does not serve itself."""
        found = self._named("shadow")
        return found if found != self.serving() else None

    def _named(self, pointer: str) -> Path | None:
        names = _lines(self._site / pointer) if self._site is not None else []
        if not names:
            return None
        try:
            found = self.get(names[0])
        except VersionError:
            return None
        return found.folder if found.usable else None

    def put_in_service(self, version: str) -> Version:
        """Let this version serve from the next batch on; the one before is remembered.

        Raises:
            VersionError: it is not there, or its weights were made for other rules.
        """
        chosen = self.usable(version)
        before = [*([self.serving().name] if self._if_shipped() else []), *self._remembered()]
        self._point("current", [chosen.card.version, *before][:_REMEMBERED])
        return chosen

    def roll_back(self) -> Version:
        """Let the version before serve again.

        Raises:
            VersionError: nothing was in service before.
        """
        before = self.before()
        if before is None:
            raise VersionError("nothing was in service before this version")
        remembered = self._remembered()
        version = before.card.version
        known = version in remembered
        rest = remembered[remembered.index(version) :] if known else [version]
        self._point("current", rest)
        return before

    def before(self) -> Version | None:
        """The version that a rollback would bring back: the last that still can serve."""
        for name in (remembered := self._remembered()):
            try:
                return self.usable(name)
            except VersionError:
                continue
        return self._version(self.shipped()) if remembered else None

    def _remembered(self) -> list[str]:
        return _lines(self._site / "current")[1:] if self._site is not None else []

    def let_shadow(self, version: str | None) -> None:
        """Let this version read along, or none."""
        chosen = [self.usable(version).card.version] if version else []
        self._point("shadow", chosen)

    def usable(self, version: str) -> Version:
        """The version, fit to serve.

        Raises:
            VersionError: it is not there, or its weights were made for other rules.
        """
        found = self.get(version)
        if not found.usable:
            raise VersionError(
                f"{found.card.version} was trained for other rules of reading; train again"
            )
        return found

    def ship(self, version: str) -> None:
        """Make this the version that the repository carries, and the only one."""
        _replace(self._trained / "current", [version])
        for item in self._trained.iterdir():
            if item.is_dir() and item.name != version:
                shutil.rmtree(item)

    def _home(self) -> Path:
        if self._site is None:
            raise VersionError("there is no data folder to keep versions in")
        self._site.mkdir(parents=True, exist_ok=True, mode=0o700)
        return self._site

    def _point(self, pointer: str, names: list[str]) -> None:
        _replace(self._home() / pointer, names)


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8").split()
    except FileNotFoundError:
        return []


def _replace(file: Path, names: list[str]) -> None:
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    with fresh.open("w", encoding="utf-8") as out:
        out.write("".join(f"{name}\n" for name in names))
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(file)
