"""What an actor of the log is called for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

ACTORS = {
    "policy": _l("Precaution policy"),
    "policy:copyright": _l("Copyright rule"),
    "system": _l("The system"),
    "complainant": _l("Complainant"),
    "contact": _l("Recipient"),
    "key": _l("A machine's key"),
}


def actor(name: str, names: Mapping[int, str]) -> Any:
    """Who did it, in words; people by their name."""
    kind, _, rest = name.partition(":")
    if kind == "account" and rest.isdigit():
        return names.get(int(rest), name)
    rule = ":".join(name.split(":")[:2])
    return ACTORS.get(rule) or ACTORS.get(kind, name)
