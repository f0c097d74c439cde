from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.norm.book import load, read
from app.norm.precaution import Facts, Reason, Scope, decide

GRAVE = Facts(kind="legal", severe=True, would_hold=True, score=0.97, threshold=0.9)
POLITICS = replace(GRAVE, kind="politics")


def test_one_grave_legal_claim_may_place_a_precaution_on_the_whole_resource() -> None:
    decision = decide(GRAVE)
    assert (decision.place, decision.propose, decision.page) == (True, False, False)
    assert decision.scope == Scope()
    assert decision.reasons == (Reason.POLICY_MET,)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"would_hold": False}, "score_below_threshold"),
        ({"score": 0.89}, "score_below_threshold"),
        ({"score": float("nan")}, "score_below_threshold"),
        ({"kind": "scientific"}, "kind_not_covered"),
        ({"rejected_on_resource": 1}, "recently_rejected"),
        ({"rejecting_tags_on_other_resources": 3}, "provider_targeted"),
        ({"version_released_before": True}, "version_released_before"),
        ({"provider_has_open_machine_hold": True}, "provider_has_open_hold"),
        ({"protected": True}, "resource_protected"),
        ({"holds_by_tag_on_resource": 1}, "cap_tag_on_resource"),
        ({"holds_by_day_tag": 3}, "cap_day_tag"),
        ({"holds_on_provider": 2}, "cap_provider"),
        ({"holds_on_platform": 20}, "cap_platform"),
        ({"holds_on_platform": 1, "views_of_resource": 0.0051}, "cap_views"),
    ],
)
def test_each_condition_and_cap_proposes_and_pages_instead(
    change: dict[str, object], reason: str
) -> None:
    decision = decide(replace(GRAVE, **change))  # type: ignore[arg-type]
    assert (decision.place, decision.propose, decision.page) == (False, True, True)
    assert decision.reasons == (reason,)


@pytest.mark.parametrize(
    "change",
    [
        {"score": 0.9},
        {"rejecting_tags_on_other_resources": 2},
        {"holds_by_day_tag": 2},
        {"holds_on_provider": 1},
        {"holds_on_platform": 19},
        {"views_of_resource": 0.4},
        {"holds_on_platform": 1, "views_held_beyond_first": 0.002, "views_of_resource": 0.003},
    ],
)
def test_just_within_every_limit_it_still_places(change: dict[str, object]) -> None:
    assert decide(replace(GRAVE, **change)).place  # type: ignore[arg-type]


def test_a_claim_that_is_not_grave_stays_in_the_queue_and_pages_nobody() -> None:
    decision = decide(replace(GRAVE, severe=False))
    assert (decision.place, decision.propose, decision.page) == (False, False, False)


def test_politics_needs_two_independent_sources_or_a_signed_monitor() -> None:
    assert decide(POLITICS).reasons == (Reason.NEEDS_MORE_SOURCES,)
    assert decide(replace(POLITICS, independent_sources=2)).place
    assert decide(replace(POLITICS, signed_monitor=True)).place


def test_a_brigade_of_copies_causes_no_second_stop_and_no_second_page() -> None:
    decision = decide(replace(GRAVE, already_stopped=True))
    assert (decision.place, decision.propose, decision.page) == (False, False, False)


def test_after_an_officers_release_further_copies_are_only_proposed() -> None:
    decision = decide(replace(GRAVE, rejected_on_resource=1, version_released_before=True))
    assert not decision.place
    assert decision.reasons == (Reason.RECENTLY_REJECTED, Reason.VERSION_RELEASED_BEFORE)


def test_only_exactly_one_named_address_narrows_the_scope() -> None:
    one = decide(replace(GRAVE, named_addresses=frozenset({7})))
    two = decide(replace(GRAVE, named_addresses=frozenset({7, 8})))
    assert (one.scope, two.scope) == (Scope(address=7), Scope())


def test_a_house_may_switch_caps_and_conditions_off() -> None:
    house = read("house.toml")
    for old, new in (
        ("no_rejected_claims = true", "no_rejected_claims = false"),
        ("no_other_hold_of_provider = true", "no_other_hold_of_provider = false"),
        ("per_tag_on_resource = 1", 'per_tag_on_resource = "off"'),
        ("per_day_tag = 3", 'per_day_tag = "off"'),
        ("per_provider = 2", 'per_provider = "off"'),
        ("per_platform = 20", 'per_platform = "off"'),
        ("views_share = 0.005", 'views_share = "off"'),
    ):
        assert old in house
        house = house.replace(old, new)
    open_house = load(read("articles.toml"), house)
    busy = replace(
        GRAVE,
        rejected_on_resource=9,
        provider_has_open_machine_hold=True,
        holds_by_tag_on_resource=9,
        holds_by_day_tag=99,
        holds_on_provider=99,
        holds_on_platform=999,
        views_of_resource=0.5,
    )
    assert decide(busy, book=open_house).place
    assert not decide(busy).place


@given(
    st.builds(
        Facts,
        kind=st.sampled_from(["legal", "politics", "scientific", "suitability", "other"]),
        severe=st.booleans(),
        would_hold=st.booleans(),
        score=st.floats(0, 1),
        threshold=st.floats(0, 1),
        protected=st.booleans(),
        version_released_before=st.booleans(),
        provider_has_open_machine_hold=st.booleans(),
        rejected_on_resource=st.integers(0, 3),
        holds_by_tag_on_resource=st.integers(0, 2),
        holds_on_platform=st.integers(0, 25),
    )
)
def test_it_never_places_against_a_reason_and_never_stays_silent_about_grave_claims(
    facts: Facts,
) -> None:
    decision = decide(facts)
    assert decision.reasons
    assert decision.place == (decision.reasons == (Reason.POLICY_MET,))
    assert not (decision.place and decision.propose)
    assert decision.page == decision.propose
    if facts.severe:
        assert decision.place or decision.page
    if facts.protected or not facts.would_hold or facts.kind not in ("legal", "politics"):
        assert not decision.place
