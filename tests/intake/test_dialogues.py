"""Two hundred scripted dialogues against the fold: whoever talks, the same complaint comes out."""

from __future__ import annotations

import pytest

from app.intake import bot, lookups
from tests.intake import scripts
from tests.intake.scripts import Script

pytestmark = pytest.mark.pure


@pytest.fixture(autouse=True)
def _catalogue(monkeypatch):
    monkeypatch.setattr(lookups, "catalogue", scripts.Catalogue())


def test_there_are_two_hundred_and_none_twice():
    found = scripts.scripts()
    assert len(found) >= 200
    assert len({s.name for s in found}) == len(found)
    assert len({s.say for s in found}) == len(found)


@pytest.mark.parametrize("script", scripts.scripts(), ids=lambda s: f"{s.file}: {s.name}")
def test_the_dialogue_leads_to_the_complaint(script: Script):
    talk = bot.fold(scripts.play(script))
    assert talk.asking == bot.CONFIRM, (talk.asking, [o.value for o in talk.options])
    assert scripts.outcome(script) == scripts.wanted(script)
    heard = {line.text for line in talk.lines if line.reply}
    assert set(script.hears) <= heard
    assert talk.risk == script.risk
    assert (talk.officer is not None) == script.officer
