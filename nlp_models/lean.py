"""Importing spaCy without its command line, which a service never calls."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType


def _info(*_: object, **__: object) -> None:
    """What spaCy re-exports from its command line; asked here, it has nothing to say."""


@contextmanager
def without_spacy_cli() -> Iterator[None]:
    """Inside, `import spacy` leaves out httpx, typer and weasel: two fifths of its start.

    spaCy imports its command line only to re-export `spacy.info`. The stand-ins leave again, so
    that a later `import spacy.cli` (training, tests) finds the real one.
    """
    if "spacy" in sys.modules:
        yield
        return
    package, module = ModuleType("spacy.cli"), ModuleType("spacy.cli.info")
    package.__path__ = []
    module.__dict__["info"] = _info
    stand_ins = {"spacy.cli": package, "spacy.cli.info": module}
    sys.modules.update(stand_ins)
    try:
        yield
    finally:
        for name, stand_in in stand_ins.items():
            if sys.modules.get(name) is stand_in:
                del sys.modules[name]
