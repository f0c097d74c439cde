"""``chuku drill`` against the running product: dark, letters to exercise contacts, light again."""

from __future__ import annotations

import json
from email import message_from_bytes
from email.policy import default

import pytest

from tests.running import Product

pytestmark = pytest.mark.journey
STEPS = ["accepted", "sorted", "held", "applied", "dark", "letters sent", "light again"]


def test_a_drill_goes_through_the_whole_chain_and_leaves_nothing_stopped(running: Product) -> None:
    before = set(running.letters())
    result = running.chuku("drill", "--json")
    assert result.returncode == 0, result.stderr
    told = json.loads(result.stdout)
    assert [s["step"] for s in told["steps"]] == STEPS
    moments = [s["at"] for s in told["steps"]]
    assert all(moments)
    assert moments[2] <= moments[4] <= moments[5] <= moments[6]
    assert running.card(told["resource"])["state"] == "online"
    assert not running.dark(told["resource"])
    assert len(told["letters"]) >= 2
    assert all("演练" in letter["number"] for letter in told["letters"])
    fresh = [
        message_from_bytes(file.read_bytes(), policy=default)
        for file in set(running.letters()) - before
    ]
    marked = [one for one in fresh if "演练" in one["Subject"]]
    assert len(marked) >= len(told["letters"])
    for one in marked:
        assert one["To"].addresses[0].addr_spec.startswith("yanlian@"), one["To"]
        assert "演练" in one.get_body(("plain",)).get_content()
