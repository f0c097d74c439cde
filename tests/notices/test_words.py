"""No sentence of letters and their pages is left without Chinese words."""

from __future__ import annotations

import re
from pathlib import Path

from app.core import i18n

ROOT = Path(__file__).parent.parent.parent
CALLS = re.compile(r"""(?:\b_|gettext)\(\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")""")
RAISED = re.compile(r"""Error\(\s*"((?:[^"\\]|\\.)*)\"""")


def test_every_sentence_is_translated() -> None:
    pages = [*ROOT.glob("templates/letter/*.html"), *ROOT.glob("templates/notices/*.html")]
    sources = [*ROOT.glob("app/notices/*.py")]
    said = set()
    for file in [*pages, *sources]:
        content = file.read_text("utf-8")
        said |= {(a or b).replace("\\'", "'") for a, b in CALLS.findall(content)}
        said |= set(RAISED.findall(content)) if file.suffix == ".py" else set()
    known = i18n.catalogue("zh_Hans")
    assert {one for one in said if known.gettext(one) == one and " " in one} == set()
    assert len(said) > 50
