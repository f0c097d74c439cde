"""Complete or refused: the items of Arts. 14 and 16, one by one and together."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.copyright import states, statute
from app.copyright.values import Counter, Notice, Party
from app.core.errors import ConflictError
from tests.copyright.make import COUNTER, HOLDER, NOTICE

pytestmark = pytest.mark.pure
AGENT = Party(name="示例律师所", phone="13800000000")
FULL = replace(NOTICE, agent=AGENT, authority=("委托书.pdf",))


def without(notice: Notice, key: str) -> Notice:
    holder, agent = notice.holder, notice.agent or Party()
    changed = {
        "holder_name": {"holder": replace(holder, name="")},
        "holder_phone": {"holder": replace(holder, phone="", mail="")},
        "holder_address": {"holder": replace(holder, address="")},
        "agent_name": {"agent": replace(agent, name="")},
        "agent_phone": {"agent": replace(agent, phone="", mail="")},
        "ownership": {"ownership": ()},
        "authority": {"authority": ()},
        "true": {"true": False},
    }.get(key, {key: ""})
    return replace(notice, **changed)  # type: ignore[arg-type]


@given(st.sets(st.sampled_from([item.key for item in statute.NOTICE])))
def test_exactly_what_is_taken_away_is_missed(keys):
    notice = FULL
    for key in keys:
        notice = without(notice, key)
    assert {item.key for item in statute.lacks(notice)} == keys


def test_every_item_names_its_article():
    for item in (*statute.NOTICE, *statute.COUNTER):
        assert "Regulation, Art" in item.missing or "Civil Code, Art" in item.missing


def test_who_files_for_himself_needs_no_authority():
    assert statute.lacks(NOTICE) == []
    assert {i.key for i in statute.lacks(replace(NOTICE, agent=Party()))} == {
        "agent_name", "agent_phone", "authority",
    }  # fmt: skip


def test_one_way_to_reach_them_is_enough():
    for ways in ({"phone": "", "mail": "a@press.example"}, {"phone": "13800000000", "mail": ""}):
        assert statute.lacks(replace(NOTICE, holder=replace(HOLDER, **ways))) == []


@pytest.mark.parametrize("field", ["what", "proof"])
def test_a_counter_notice_misses_what_it_misses(field):
    assert [i.key for i in statute.counter_lacks(replace(COUNTER, **{field: ""}))] == [field]
    assert [i.key for i in statute.counter_lacks(Counter())] == [i.key for i in statute.COUNTER]


def test_what_cannot_be_read_is_named():
    odd = replace(HOLDER, phone="call me", mail="nobody", name="长" * 201, address="a\x00b")
    found = statute.faults(replace(NOTICE, holder=odd, work="长" * 3001))
    assert set(found) == {"holder_phone", "holder_mail", "holder_name", "holder_address", "work"}


@given(st.text(max_size=40))
def test_stored_words_come_back(text):
    notice = replace(FULL, work=text, holder=replace(HOLDER, name=text), address_ids=(3, 4))
    assert Notice.of(notice.stored()) == notice
    counter = replace(COUNTER, proof=text)
    assert Counter.of(counter.stored()) == counter


def test_a_title_is_the_same_however_it_is_typed():
    assert statute.plain(" 《Ａ·B》 2024 ") == statute.plain("ab2024")
    assert statute.plain("函数的图象") != statute.plain("函数的图像集")


@given(st.lists(st.sampled_from(list(states.Action)), max_size=6))
def test_nothing_is_restored_without_a_counter_notice(actions):
    state, seen = states.State.SENT, []
    for action in actions:
        try:
            state = states.advance(state, action)
        except ConflictError:
            continue
        seen.append(action)
    if state is states.State.RESTORED:
        assert seen == [states.Action.COUNTER, states.Action.RESTORE]
    assert (state in states.BARS) == (states.Action.COUNTER in seen)
