from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.norm.book import BOOK
from app.norm.decisions import (
    LiftNeeds,
    counter_notice_restores,
    lift_needs,
    opens_incident,
    weakening_needs_authority,
)
from app.norm.describe import duties_json
from app.norm.duties import (
    ROLES_MAY_BE_ABSENT,
    Told,
    duties_for,
    finding_rule_for,
    precaution_duties,
    reclassify,
    records_source,
    severe_duties,
)
from app.norm.errors import UnknownCategoryError, UnknownKindError
from app.norm.values import LETTERS, Role, Step

# Page 1, by hand: everyone an article ever names (severe in the second set).
NAMED = {
    "legal": (
        {"authority", "regulator", "provider"},
        {"superior_regulator", "local_cac", "police"},
    ),
    "political": ({"authority", "regulator", "provider"}, {"superior_regulator"}),
    "suitability": ({"authority", "provider"}, set()),
    "designated": ({"authority", "provider"}, set()),
    "underperformance": ({"provider"}, set()),
    "other": (set(), set()),
}
CATEGORIES = st.sampled_from(sorted(NAMED))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(CATEGORIES, st.booleans()), min_size=1, max_size=6))
def test_nobody_is_written_to_whom_the_article_does_not_name(
    findings: list[tuple[str, bool]],
) -> None:
    told: set[Told] = set()
    for category, severe in findings:
        plan = duties_for(category, severe=severe)
        change = reclassify(told, plan)
        allowed = NAMED[category][0] | (NAMED[category][1] if severe else set())
        sent = {(act.step, role) for act in change.missing for role in act.to}
        assert {role for _, role in sent} <= allowed
        assert not sent & told, "only what is missing is sent"
        written_to = {role for _, role in told if role}
        assert set(change.correct) == written_to - allowed
        demanded = {(act.step, role) for act in plan.at_once for role in act.to}
        assert demanded <= told | sent
        told |= sent | {(act.step, None) for act in change.missing if not act.to}
        told = {(step, role) for step, role in told if role not in change.correct}


@given(CATEGORIES)
def test_a_precaution_opens_only_measures_and_never_the_severe_report(category: str) -> None:
    plan = precaution_duties(category)
    assert not {act.step for act in plan.now} & LETTERS
    assert {role for act in plan.waiting for role in act.to} <= NAMED[category][0]
    assert not any(act.severe for act in plan.now + plan.waiting)


@pytest.mark.parametrize("category", ["legal", "political", "suitability"])
def test_a_precaution_stops_prevents_and_preserves_now_and_lets_letters_wait(
    category: str,
) -> None:
    plan = precaution_duties(category)
    assert [act.step for act in plan.now] == [
        Step.STOP_TRANSMISSION,
        Step.PREVENT_SPREAD,
        Step.PRESERVE_RECORDS,
    ]
    assert [act.step for act in plan.waiting] == [Step.REPORT, Step.INFORM]


@pytest.mark.parametrize("category", ["designated", "underperformance", "other"])
def test_no_precaution_where_the_stop_waits_or_there_is_none(category: str) -> None:
    assert not precaution_duties(category).allowed


def test_severity_found_later_adds_only_the_second_report() -> None:
    plain, severe = duties_for("legal"), duties_for("legal", severe=True)
    assert severe.at_once == plain.at_once + severe_duties("legal")
    told: set[Told] = {(act.step, role) for act in plain.at_once for role in act.to or (None,)}
    change = reclassify(told, severe)
    assert change.missing == severe_duties("legal")
    assert not change.correct


def test_from_legal_severe_to_suitability_everyone_told_wrongly_gets_a_correction() -> None:
    plan = duties_for("legal", severe=True)
    told: set[Told] = {(act.step, role) for act in plan.at_once for role in act.to or ("",)}
    change = reclassify(told, duties_for("suitability"), old_article=20)
    assert change.missing == ()
    assert change.correct == (
        Role.REGULATOR,
        Role.SUPERIOR_REGULATOR,
        Role.LOCAL_CAC,
        Role.POLICE,
    )
    assert change.restate == (Role.AUTHORITY, Role.PROVIDER)


def test_from_suitability_to_political_only_the_regulator_is_still_missing() -> None:
    told: set[Told] = {("report", "authority"), ("inform", "provider")}
    change = reclassify(told, duties_for("political"))
    letters = [(act.step, act.to) for act in change.missing if act.is_letter]
    assert letters == [(Step.REPORT, (Role.REGULATOR,))]
    assert change.correct == ()


def test_only_the_superior_office_may_be_absent_at_the_root_of_the_tree() -> None:
    assert frozenset({Role.SUPERIOR_REGULATOR}) == ROLES_MAY_BE_ABSENT


@pytest.mark.parametrize(
    ("category", "source"),
    [
        ("legal", "article"),
        ("political", "article"),
        ("suitability", "article"),
        ("designated", "house"),
        ("underperformance", "house"),
        ("other", None),
    ],
)
def test_keeping_records_is_the_houses_rule_for_articles_23_and_24(
    category: str, source: str | None
) -> None:
    assert records_source(category) == source


def test_no_signal_is_a_finding_by_default() -> None:
    assert BOOK.house.finding_rules == ()
    assert finding_rule_for("monitor", "legal") is None


@pytest.mark.parametrize(
    ("category", "kind", "needs"),
    [
        ("legal", None, LiftNeeds.AUTHORITY_DECISION),
        ("legal", "copyright", LiftNeeds.AUTHORITY_DECISION),
        ("political", "politics", LiftNeeds.REENTRY),
        ("suitability", None, LiftNeeds.REENTRY),
        ("underperformance", None, LiftNeeds.REENTRY),
        ("designated", None, LiftNeeds.AUTHORITY_DECISION),
        ("other", None, None),
    ],
)
def test_a_lift_needs_what_the_articles_way_back_is(
    category: str, kind: str | None, needs: LiftNeeds | None
) -> None:
    assert lift_needs(category, kind) == needs


def test_only_leaving_article_20_needs_the_authoritys_decision() -> None:
    assert [key for key in NAMED if weakening_needs_authority(key)] == ["legal"]


def test_other_opens_no_incident_and_only_copyright_restores_by_counter_notice() -> None:
    assert [key for key in NAMED if not opens_incident(key)] == ["other"]
    assert counter_notice_restores("legal", "copyright")
    assert not counter_notice_restores("legal", "fraud")


def test_duties_json_has_exactly_the_promised_shape() -> None:
    described = json.loads(json.dumps(duties_json("legal", "copyright", severe=True)))
    assert list(described) == [
        "category",
        "kind",
        "article",
        "severe",
        "at_once",
        "then",
        "reentry",
        "policy",
    ]
    assert described["at_once"][-1] == {
        "step": "report",
        "to": ["superior_regulator", "local_cac", "police"],
        "source": "article",
    }
    assert (described["kind"], described["reentry"]) == ("copyright", "counter_notice")
    assert described["policy"] == BOOK.digest


def test_unknown_words_are_refused_with_the_known_ones() -> None:
    with pytest.raises(UnknownCategoryError, match="legal, political"):
        duties_for("nonsense")
    with pytest.raises(UnknownKindError, match="politics, orientation, scientific"):
        duties_for("political", "gambling")
