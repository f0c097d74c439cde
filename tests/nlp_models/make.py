"""Versions without training: the shipped one under another name, with another card."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from nlp_models.card import current
from nlp_models.versions import rules_digest


def make_version(site: Path, version: str, **card: Any) -> Path:
    """The shipped weights as `version`; `card` changes what its card says."""
    folder = site / version
    shutil.copytree(current(), folder)
    file = folder / "card.json"
    known = json.loads(file.read_text(encoding="utf-8"))
    known |= {"version": version, "rules": rules_digest(), **card}
    file.write_text(json.dumps(known), encoding="utf-8")
    return folder
