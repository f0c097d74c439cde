"""How characters sound: a second view in which wrong homophones and voice input look alike."""

from __future__ import annotations

import json
import unicodedata
from functools import cache
from importlib.util import find_spec
from pathlib import Path


@cache
def sounds() -> dict[str, str]:
    """Character → its commonest reading without tone, from pypinyin's own table.

    Read as data: importing the package would load 60 MB of phrases that nobody asks here.
    """
    spec = find_spec("pypinyin")
    assert spec is not None
    assert spec.origin is not None
    table = json.loads(Path(spec.origin).with_name("pinyin_dict.json").read_text("utf-8"))
    return {chr(int(code)): _plain(readings) for code, readings in table.items()}


def _plain(readings: str) -> str:
    first = unicodedata.normalize("NFD", readings.split(",", maxsplit=1)[0])
    return "".join(char for char in first if not unicodedata.combining(char))
