"""What import-linter cannot say: small rules, each with a good and a bad example."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.pure
ROOT = Path(__file__).parents[2]
APP = ROOT / "app"
_ENDS = {"commit", "rollback"}


def _ends_a_transaction(source: str) -> list[int]:
    """Lines that call ``.commit()`` or ``.rollback()`` on something."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in _ENDS
        and not ast.unparse(node.func.value).startswith("db.session")  # ends a read
    ]


def test_the_rule_knows_good_from_bad():
    assert _ends_a_transaction("tx.commit()") == [1]
    assert _ends_a_transaction("tx.flush()\ndb.session.rollback()") == []


def test_only_transaction_py_commits():
    guilty = {
        str(file.relative_to(ROOT)): lines
        for file in APP.rglob("*.py")
        if file != APP / "core/transaction.py"
        if (lines := _ends_a_transaction(file.read_text("utf-8")))
    }
    assert not guilty


def test_a_features_tables_are_imported_only_inside_it():
    guilty = []
    for file in APP.rglob("*.py"):
        here = file.relative_to(APP).parts[0]
        if here == "tables.py":
            continue
        for feature in re.findall(r"from app\.(\w+)\.models import", file.read_text("utf-8")):
            if feature != here:
                guilty.append(f"{file.relative_to(ROOT)} imports the tables of {feature}")
    assert not guilty


def test_templates_never_switch_escaping_off():
    guilty = [
        str(file.relative_to(ROOT))
        for file in (ROOT / "templates").rglob("*.html")
        if re.search(r"\|\s*safe\b|autoescape\s+false", file.read_text("utf-8"))
    ]
    assert not guilty


def test_pages_carry_no_inline_script_or_style():
    guilty = []
    for file in (ROOT / "templates").rglob("*.html"):
        if file.parent.name in {"notices", "classifier"}:
            continue  # mail readers load no style sheets; the model's report is one file on a disk
        text = file.read_text("utf-8")
        if re.search(r"\sstyle=|<style|\son\w+=|<script(?![^>]*\ssrc=)", text):
            guilty.append(str(file.relative_to(ROOT)))
    assert not guilty


def test_nothing_is_left_unfinished():
    words = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")
    guilty = [
        str(file.relative_to(ROOT))
        for folder in ("app", "workers", "edge", "nlp_models")
        for file in (ROOT / folder).rglob("*.py")
        if words.search(file.read_text("utf-8"))
    ]
    assert not guilty


def test_no_machine_path_and_no_registry_host_is_written_down():
    hosts = re.compile(r"(pypi|pythonhosted|npmjs|npmmirror|tsinghua|aliyun)\.(org|com|cn|edu)")
    guilty = [
        str(file.relative_to(ROOT))
        for pattern in ("*.py", "*.md", "*.toml", "*.txt", "*.in", "*.sh", "Makefile", "*.html")
        for file in ROOT.glob(f"**/{pattern}")
        if not {".venv", "var", "node_modules"} & set(file.relative_to(ROOT).parts)
        and file.name != Path(__file__).name
        and hosts.search(file.read_text("utf-8"))
    ]
    assert not guilty
