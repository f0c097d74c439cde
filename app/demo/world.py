"""The fixed words of the demo world, read once from the two data files beside this module."""

from __future__ import annotations

import csv
import io
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

# The order in which providers take turns: the first eight resources belong to eight providers.
TURN = (
    "qiming",
    "yczyzx",
    "gezhi",
    "zhoumin",
    "linxi",
    "lanqiong",
    "beichen",
    "hanzhang",
)

ROLES = ("operator", "authority", "regulator", "local_cac", "police")


@dataclass(frozen=True, slots=True)
class Platform:
    """One platform of Art. 2: the national one, a topic section, a connected provincial one."""

    key: str
    name: str
    name_en: str
    parent: str
    level: str
    operated: bool
    letter_prefix: str
    region: str
    alias: str
    hosting: str


@dataclass(frozen=True, slots=True)
class Body:
    """One office, organ, operator or provider."""

    key: str
    name: str
    kind: str
    parent: str
    region: str
    responsible: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    """One way to reach one body; rank 1 is tried first, exercise letters go elsewhere."""

    body: str
    name: str
    channel: str
    address: str
    rank: int
    exercise: bool = False


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider's platform; the body itself is in `World.bodies`."""

    key: str
    name: str
    platform: str


@dataclass(frozen=True, slots=True)
class Title:
    """One line of resources.csv: what a resource is called and what it is about."""

    provider: str
    kind: str
    subject: str
    grade: str
    title: str
    topics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class World:
    """Everything that is written by hand; the rest of the demo is computed from it."""

    platforms: tuple[Platform, ...]
    bodies: tuple[Body, ...]
    roles: tuple[tuple[str, str, str], ...]  # platform, role, body
    contacts: tuple[Contact, ...]
    providers: tuple[Provider, ...]
    titles: tuple[Title, ...]


def _text(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8")


def _contacts(body: str, row: dict[str, str]) -> tuple[Contact, ...]:
    """Two people, the second one also by telephone, and a mailbox for exercises alone."""
    domain = row["domain"]
    first = row.get("first") or row["responsible"]
    return (
        Contact(body, first, "email", f"zhiban@{domain}", 1),
        Contact(body, row["second"], "email", f"beiban@{domain}", 2),
        Contact(body, row["second"], "phone", row["phone"], 3),
        Contact(body, "演练联系人", "email", f"yanlian@{domain}", 1, exercise=True),
    )


@cache
def world() -> World:
    """The demo world, the same on every machine."""
    data = tomllib.loads(_text("platforms.toml"))
    providers = data["provider"]
    bodies = [Body(**row) for row in data["body"]]
    bodies += [
        Body(
            row["key"],
            row["name"],
            "provider",
            "",
            row["region"],
            row["responsible"],
        )
        for row in providers
    ]
    contacts = [c for row in data["contact"] for c in _contacts(row["body"], row)]
    contacts += [c for row in providers for c in _contacts(row["key"], row)]
    rows = csv.DictReader(io.StringIO(_text("resources.csv")))
    return World(
        platforms=tuple(Platform(**row) for row in data["platform"]),
        bodies=tuple(bodies),
        roles=tuple((r["platform"], role, r[role]) for r in data["role"] for role in ROLES),
        contacts=tuple(contacts),
        providers=tuple(Provider(r["key"], r["name"], r["platform"]) for r in providers),
        titles=tuple(
            Title(
                r["provider"],
                r["kind"],
                r["subject"],
                r["grade"],
                r["title"],
                tuple(r["topics"].split("；")),
            )
            for r in rows
        ),
    )
