"""The complaint schema is data with a version; whoever changes one changes the other."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from app.intake import schema
from app.norm.kinds import category_of

pytestmark = pytest.mark.pure
KNOWN = tomllib.loads((Path(__file__).parent / "schemas.toml").read_text("utf-8"))


def test_a_changed_schema_has_a_new_version():
    assert KNOWN.get(schema.VERSION) == schema.DIGEST


def test_every_question_has_one_turn_and_a_page():
    assert len(set(schema.TURNS)) == len(schema.BY_KEY)
    assert {q.path for q in schema.BY_KEY.values()} == set(schema.BY_PATH)


def test_every_kind_a_person_may_choose_is_one_of_the_norm():
    for key in schema.KINDS:
        assert category_of(key)
