"""Every sentence for people exists in Chinese; no two features translate one differently."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

pytestmark = pytest.mark.pure
ROOT = Path(__file__).parents[2]
CATALOGUES = ROOT / "app/translations/zh_Hans/LC_MESSAGES"
ERRORS = {
    "InvalidError", "NotFoundError", "ForbiddenError", "ConflictError", "TooManyError",
    "UnavailableError",
}  # fmt: skip
# Letters are written in Chinese themselves; templates/notices has no message ids.
KEYWORDS = {
    "_": None,
    "N_": None,
    "gettext": None,
    "lazy_gettext": None,
    "_l": None,
    "ngettext": (1, 2),
}


def _translated() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for file in CATALOGUES.glob("*.po"):
        with file.open("rb") as source:
            for message in read_po(source):
                ids = [message.id] if isinstance(message.id, str) else list(message.id)
                for one in ids:
                    if one and message.string and not message.fuzzy:
                        found.setdefault(one, {})[file.stem] = str(message.string)
    return found


def _asked() -> dict[str, str]:
    asked: dict[str, str] = {}
    methods = [("**.py", "python"), ("**.html", "jinja2"), ("**.txt", "jinja2")]
    options = {"jinja2": {"extensions": "jinja2.ext.do", "newstyle_gettext": "true"}}
    for folder in ("app", "templates"):
        for file, _line, message, *_rest in extract_from_dir(
            ROOT / folder, methods, options_map={"**.html": options["jinja2"]}, keywords=KEYWORDS
        ):
            for one in [message] if isinstance(message, str) else message:
                if one:
                    asked[one] = f"{folder}/{file}"
    return asked | _raised() | _called() | _in_the_complaint_schema()


def _in_the_complaint_schema() -> dict[str, str]:
    """The questions are data; their sentences are message ids."""
    from app.intake import schema

    asked = [
        text for q in schema.BY_KEY.values() for text in (q.ask, q.why, q.label, q.chat, q.phone)
    ]
    return dict.fromkeys([*asked, *schema.LOCATOR_WORDS.values()], "app/intake/complaint.toml")


def _raised() -> dict[str, str]:
    """Sentences in errors and in ``why=`` of calls to a person are message ids too."""
    found = {}
    for file in (ROOT / "app").rglob("*.py"):
        if "norm" in file.parts or "demo" in file.parts:
            continue
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            raised = isinstance(node, ast.Call) and getattr(node.func, "id", "") in ERRORS
            if raised and node.args and isinstance(node.args[0], ast.Constant):
                found[node.args[0].value] = str(file.relative_to(ROOT))
    return found


def _called() -> dict[str, str]:
    found = {}
    for file in (ROOT / "app").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                for keyword in node.keywords:
                    is_text = isinstance(keyword.value, ast.Constant)
                    if keyword.arg == "why" and is_text and " " in str(keyword.value.value):
                        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                        if name in {"page", "to_top"}:
                            found[keyword.value.value] = str(file.relative_to(ROOT))
    return found


PUBLIC = ("templates/intake", "templates/portal", "templates/oversight", "templates/layout.html",
          "templates/copyright", "templates/_macros.html", "app/copyright", "app/intake", "app/oversight")  # fmt: skip
NOT_PUBLIC = ("hand_off", "desk", "batch", "open311", "phone_pages")
WORDS, CHARACTERS = 22, 40


def _sentences(text: str) -> list[str]:
    return re.split(r"(?<=[.!?:;])\s|[。！？；：]", text)


def test_a_twelve_year_old_can_read_every_sentence_on_public_pages():
    """Short sentences are what one can check; plain words are what reviewers look for."""
    translated, long = _translated(), []
    for text, file in _asked().items():
        if file.startswith(PUBLIC) and not any(part in file for part in NOT_PUBLIC):
            long += [s for s in _sentences(text) if len(re.findall(r"[A-Za-z']+", s)) > WORDS]
            long += [
                s
                for chinese in translated.get(text, {}).values()
                for s in _sentences(chinese)
                if len(re.findall(r"[\u4e00-\u9fffA-Za-z0-9]", s)) > CHARACTERS
            ]
    assert not long, "\n".join(long)


def test_no_sentence_is_missing_in_chinese():
    translated = _translated()
    missing = {text: file for text, file in _asked().items() if text not in translated}
    assert not missing, "\n".join(f"{file}: {text}" for text, file in sorted(missing.items()))


def test_features_agree_on_a_translation():
    differing = {
        text: by_file for text, by_file in _translated().items() if len(set(by_file.values())) > 1
    }
    assert not differing


def test_placeholders_survive_translation():
    import re

    pattern = re.compile(r"%\(\w+\)[sd]|\{\w*\}")
    wrong = [
        text
        for text, by_file in _translated().items()
        for chinese in by_file.values()
        if sorted(pattern.findall(text)) != sorted(pattern.findall(chinese))
    ]
    assert not wrong
