"""Arts. 20-24 as an incident runs them: order, recipients, and nobody else."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from app.core.errors import ConflictError, InvalidError
from app.incidents import changes, decisions, duties, lifting, rows
from app.norm.duties import duties_for
from app.suspension import queries as stops
from tests.catalogue.make import bring
from tests.incidents.make import (
    World,
    confirm,
    duty_states,
    letters,
    make_found,
    make_incident,
    make_world,
    see_captured,
    see_dark,
    send,
    told,
)

MINUTE = timedelta(minutes=1)
FIRST = {("report", "authority"), ("report", "regulator"), ("inform", "provider")}


@pytest.fixture
def world(tx: Session, at: datetime) -> World:
    return make_world(tx, at)


def _all_done(tx: Session, world: World, ref: str) -> None:
    see_dark(tx, world, ref, world.at + MINUTE)
    see_captured(tx, ref, world.at + MINUTE)


def test_article_20_stops_first_and_reports_when_dark(tx: Session, world: World) -> None:
    ref = make_found(tx, world).ref
    assert [hold.standing for hold in stops.holds(tx, incident=ref)] == [True]
    assert letters(tx, ref) == []
    see_dark(tx, world, ref, world.at + MINUTE)
    assert told(tx, ref) == {("report", "authority"), ("report", "regulator")}
    see_captured(tx, ref, world.at + 2 * MINUTE)
    assert told(tx, ref) == FIRST


def test_article_20_does_not_wait_for_darkness_or_records_for_ever(
    tx: Session, world: World
) -> None:
    ref = make_found(tx, world).ref
    duties.advance_duties(tx, rows.lock(tx, ref), world.at + 11 * MINUTE)
    assert told(tx, ref) == FIRST
    assert duty_states(tx, ref)["stop_transmission", ""] == "running"


def test_a_failed_capture_is_shown_and_the_provider_is_told_at_once(
    tx: Session, world: World
) -> None:
    ref = make_found(tx, world).ref
    see_captured(tx, ref, world.at + MINUTE, failed=1)
    assert duty_states(tx, ref)["preserve_records", ""] == "failed"
    assert ("inform", "provider") in told(tx, ref)


def test_article_20_severe_adds_superior_cac_and_police(tx: Session, world: World) -> None:
    ref = make_found(tx, world, severe=True).ref
    _all_done(tx, world, ref)
    assert told(tx, ref) == FIRST | {
        ("report", "superior_regulator"),
        ("report", "local_cac"),
        ("report", "police"),
    }


def test_severe_found_later_adds_only_the_second_report(tx: Session, world: World) -> None:
    ref = make_found(tx, world).ref
    _all_done(tx, world, ref)
    before = letters(tx, ref)
    decisions.mark_severe(tx, ref=ref, reason="多校传播", by=world.ada, at=world.at + 2 * MINUTE)
    assert letters(tx, ref)[: len(before)] == before
    new = {role for _, roles in letters(tx, ref)[len(before) :] for role in roles}
    assert new == {"superior_regulator", "local_cac", "police"}


def test_severe_needs_a_reason(tx: Session, world: World) -> None:
    ref = make_incident(tx, world).ref
    with pytest.raises(InvalidError):
        decisions.confirm(
            tx, ref=ref, category="legal", kind="gambling", reason="已核实", summary="摘要",
            severe=True, by=world.ada, at=world.at,
        )  # fmt: skip


def test_at_the_root_the_superior_office_is_not_applicable_and_shown(
    tx: Session, world: World
) -> None:
    bring(tx, [{"type": "role", "platform": "yunchuan", "role": "regulator", "body": "reg_root"}],
          world.at)  # fmt: skip
    from app.authorities.service import end_role  # noqa: PLC0415

    end_role(tx, platform="yunchuan", role="regulator", body="reg", by="system:test", at=world.at)
    ref = make_found(tx, world, severe=True).ref
    _all_done(tx, world, ref)
    assert duty_states(tx, ref)["report", "superior_regulator"] == "not_applicable"
    assert ("report", "superior_regulator") not in told(tx, ref)
    assert ("report", "police") in told(tx, ref)


def test_article_21_severe_goes_to_the_superior_office_only(tx: Session, world: World) -> None:
    ref = make_found(
        tx, world, category="political", kind="scientific", routing_kind="scientific", severe=True
    ).ref
    _all_done(tx, world, ref)
    assert told(tx, ref) == FIRST | {("report", "superior_regulator")}


def test_article_22_writes_to_its_authority_and_provider_only(tx: Session, world: World) -> None:
    ref = make_found(
        tx, world, category="suitability", kind="timeliness", routing_kind="timeliness", severe=True
    ).ref
    _all_done(tx, world, ref)
    assert told(tx, ref) == {("report", "authority"), ("inform", "provider")}


def test_article_23_reminds_the_provider_and_stops_nothing(tx: Session, world: World) -> None:
    ref = make_found(
        tx, world, category="underperformance", kind="low_views", routing_kind="underperformance"
    ).ref
    assert told(tx, ref) == {("remind", "provider")}
    assert stops.holds(tx, incident=ref) == []
    send(tx, ref, "remind", world.at)
    assert (
        decisions.close(tx, ref=ref, reason="已提醒", by=world.ada, at=world.at).state == "closed"
    )


def test_article_24_reports_before_it_stops(tx: Session, world: World) -> None:
    ref = make_found(tx, world, category="designated", kind=None).ref
    assert told(tx, ref) == {("report", "authority")}
    duties.advance_duties(tx, rows.lock(tx, ref), world.at + timedelta(days=3))
    assert stops.holds(tx, incident=ref) == []
    send(tx, ref, "report", world.at + timedelta(days=3), state="bounced")
    assert duty_states(tx, ref)["report", "authority"] == "open"
    assert stops.holds(tx, incident=ref) == []
    send(tx, ref, "report", world.at + timedelta(days=4))
    assert [hold.kind for hold in stops.holds(tx, incident=ref)] == ["designated"]


def test_article_24_needs_the_authoritys_document(tx: Session, world: World) -> None:
    ref = make_incident(tx, world).ref
    with pytest.raises(InvalidError, match="Article 24"):
        decisions.confirm(
            tx, ref=ref, category="designated", reason="主管单位明确", summary="摘要", by=world.ada,
            at=world.at,
        )  # fmt: skip


def test_one_body_with_two_roles_gets_one_letter_that_names_both(tx: Session, world: World) -> None:
    bring(tx, [{"type": "role", "platform": "yunchuan", "role": "regulator", "body": "auth"}],
          world.at)  # fmt: skip
    from app.authorities.service import end_role  # noqa: PLC0415

    end_role(tx, platform="yunchuan", role="regulator", body="reg", by="system:test", at=world.at)
    ref = make_found(tx, world).ref
    see_dark(tx, world, ref, world.at + MINUTE)
    assert letters(tx, ref) == [("report", ("authority", "regulator"))]


def test_two_bodies_in_one_role_each_get_their_letter(tx: Session, world: World) -> None:
    bring(tx, [{"type": "role", "platform": "yunchuan", "role": "authority", "body": "op"}],
          world.at)  # fmt: skip
    ref = make_found(tx, world).ref
    see_dark(tx, world, ref, world.at + MINUTE)
    authority = [roles for _, roles in letters(tx, ref) if "authority" in roles]
    assert len(authority) == 2


def test_a_role_nobody_fills_calls_a_supervisor_and_the_letter_goes_once_it_is_filled(
    tx: Session, world: World
) -> None:
    from app.authorities.service import end_role  # noqa: PLC0415

    end_role(tx, platform="yunchuan", role="authority", body="auth", by="system:test", at=world.at)
    ref = make_found(tx, world).ref
    _all_done(tx, world, ref)
    assert told(tx, ref) == {("report", "regulator"), ("inform", "provider")}
    assert duty_states(tx, ref)["report", "authority"] == "open"
    later = world.at + 5 * MINUTE
    bring(tx, [{"type": "role", "platform": "yunchuan", "role": "authority", "body": "auth"}],
          later)  # fmt: skip
    duties.advance_duties(tx, rows.lock(tx, ref), later)
    assert ("report", "authority") in told(tx, ref)


def test_a_stricter_category_sends_only_what_is_missing_and_states_the_new_article(
    tx: Session, world: World
) -> None:
    ref = make_found(
        tx, world, category="suitability", kind="normativity", routing_kind="normativity"
    ).ref
    _all_done(tx, world, ref)
    before = len(letters(tx, ref))
    changes.reclassify(
        tx, ref=ref, category="legal", kind="gambling", reason="复核", by=world.ada,
        at=world.at + 2 * MINUTE,
    )  # fmt: skip
    new = letters(tx, ref)[before:]
    assert ("report", ("regulator",)) in new
    assert {kind for kind, _ in new} == {"report", "correct"}
    assert ("report", ("authority",)) not in new
    assert {hold.article for hold in stops.holds(tx, incident=ref)} == {20}


def test_a_weaker_category_waits_for_a_second_person_and_from_article_20_for_the_authority(
    tx: Session, world: World
) -> None:
    ref = make_found(tx, world).ref
    _all_done(tx, world, ref)
    changes.reclassify(
        tx, ref=ref, category="suitability", kind="timeliness", reason="复核", by=world.ada,
        at=world.at,
    )  # fmt: skip
    assert rows.by_ref(tx, ref).category == "legal"
    with pytest.raises(ConflictError):
        changes.agree(tx, ref=ref, reason="同意", by=world.ada, at=world.at)
    with pytest.raises(ConflictError, match="Article 20"):
        changes.agree(tx, ref=ref, reason="同意", by=world.ben, at=world.at)
    lifting.record_authority_decision(
        tx, ref=ref, document_no="示例〔2026〕9号", document_date="2026-11-22",
        evidence_ref="EV", reason="收文", by=world.ada, at=world.at,
    )  # fmt: skip
    before = len(letters(tx, ref))
    changes.agree(tx, ref=ref, reason="同意", by=world.ben, at=world.at)
    assert rows.by_ref(tx, ref).category == "suitability"
    corrected = {role for kind, roles in letters(tx, ref)[before:] for role in roles}
    assert "regulator" in corrected  # Art. 22 does not name it: told wrongly
    assert all(kind == "correct" for kind, _ in letters(tx, ref)[before:])
    assert all(hold.standing for hold in stops.holds(tx, incident=ref))


def test_a_reclassification_that_meets_another_open_incident_merges_into_it(
    tx: Session, world: World
) -> None:
    politics = make_incident(tx, world, routing_kind="politics", kind=None)
    legal = make_incident(tx, world)
    target = confirm(tx, world, politics.ref, category="legal", kind="gambling")
    assert target.ref == legal.ref
    assert rows.by_ref(tx, politics.ref).state == "merged"
    assert target.state == "found"


def test_the_same_content_is_held_elsewhere_after_a_finding_only(tx: Session, world: World) -> None:
    from tests.catalogue.make import address_row, resource_row  # noqa: PLC0415

    twin = resource_row(
        "R0009",
        addresses=[
            address_row("R0009", "index.html", "page"),
            address_row("R0009", "video.webm", "media", digest="a1" * 32),
        ],
    )
    assert not bring(tx, [twin], world.at).errors
    from app.incidents import service  # noqa: PLC0415
    from tests.incidents.make import POLICY  # noqa: PLC0415

    ref = make_incident(tx, world).ref
    service.place_precaution(tx, incident_ref=ref, by=POLICY, reason="x", at=world.at)
    assert {hold.resource_id for hold in stops.holds(tx, incident=ref)} == {world.resource.id}
    confirm(tx, world, ref, at=world.at + MINUTE)
    held = stops.holds(tx, incident=ref)
    assert len({hold.resource_id for hold in held}) == 2
    assert all(hold.address_id for hold in held if hold.resource_id != world.resource.id)


def test_a_machines_precaution_ends_when_the_finding_stops_nothing_at_once(
    tx: Session, world: World
) -> None:
    from tests.incidents.make import make_precaution  # noqa: PLC0415

    ref = make_precaution(tx, world).ref
    confirm(tx, world, ref, category="underperformance", kind="low_views")
    assert not any(hold.standing for hold in stops.holds(tx, incident=ref))
    assert told(tx, ref) == {("remind", "provider")}


def test_a_lift_tells_everyone_who_was_told_of_the_stop(tx: Session, world: World) -> None:
    ref = make_found(tx, world).ref
    _all_done(tx, world, ref)
    send(tx, ref, "report", world.at + MINUTE)
    send(tx, ref, "inform", world.at + MINUTE)
    lifting.record_authority_decision(
        tx, ref=ref, document_no="示例〔2026〕9号", document_date="2026-11-22",
        evidence_ref="EV", reason="收文", by=world.ada, at=world.at,
    )  # fmt: skip
    lifting.request_lift(tx, ref=ref, reason="依决定", by=world.ben, at=world.at)
    lifting.approve_lift(tx, ref=ref, reason="同意", by=world.cai, at=world.at)
    restored = {role for kind, role in told(tx, ref) if kind == "restore"}
    assert restored == {"authority", "regulator", "provider"}


def test_a_removal_needs_two_and_keeps_the_resource_dark(tx: Session, world: World) -> None:
    from app.catalogue import queries as catalogue  # noqa: PLC0415

    ref = make_found(tx, world).ref
    lifting.request_remove(tx, ref=ref, reason="不宜继续提供", by=world.ben, at=world.at)
    with pytest.raises(ConflictError):
        lifting.approve_remove(tx, ref=ref, reason="同意", by=world.ben, at=world.at)
    view = lifting.approve_remove(tx, ref=ref, reason="同意", by=world.cai, at=world.at)
    assert view.state == "removed"
    assert all(hold.standing for hold in stops.holds(tx, incident=ref))
    assert catalogue.resource(tx, world.resource.id).removed_at is not None


def test_article_23_removes_only_on_the_authoritys_word_and_then_informs(
    tx: Session, world: World
) -> None:
    ref = make_found(
        tx, world, category="underperformance", kind="low_views", routing_kind="underperformance"
    ).ref
    lifting.request_remove(tx, ref=ref, reason="长期应用不好", by=world.ben, at=world.at)
    with pytest.raises(ConflictError, match="Article 23"):
        lifting.approve_remove(tx, ref=ref, reason="同意", by=world.cai, at=world.at)
    lifting.record_authority_decision(
        tx, ref=ref, document_no="示例〔2026〕9号", document_date="2026-11-22",
        evidence_ref="EV", reason="收文", by=world.ada, at=world.at,
    )  # fmt: skip
    lifting.approve_remove(tx, ref=ref, reason="同意", by=world.cai, at=world.at)
    assert ("inform", "provider") in told(tx, ref)
    assert any(hold.standing for hold in stops.holds(tx, incident=ref))


def test_a_finding_withdrawn_as_mistaken_corrects_but_frees_nothing_by_itself(
    tx: Session, world: World
) -> None:
    ref = make_found(
        tx, world, category="suitability", kind="timeliness", routing_kind="timeliness"
    ).ref
    _all_done(tx, world, ref)
    send(tx, ref, "report", world.at + MINUTE)
    changes.withdraw_finding(tx, ref=ref, reason="核错版本", by=world.ben, at=world.at)
    changes.agree(tx, ref=ref, reason="同意", by=world.cai, at=world.at)
    assert ("correct", "authority") in told(tx, ref)
    assert all(hold.standing for hold in stops.holds(tx, incident=ref))
    lifting.request_lift(tx, ref=ref, reason="认定有误", by=world.ben, at=world.at)
    assert (
        lifting.approve_lift(tx, ref=ref, reason="同意", by=world.cai, at=world.at).state
        == "lifted"
    )


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["legal", "political", "suitability", "designated", "underperformance"]),
        st.booleans(),
    ),
    min_size=1,
    max_size=4,
)
KIND = {
    "legal": "fraud", "political": "politics", "suitability": "normativity",
    "designated": "其他情形", "underperformance": "low_use",
}  # fmt: skip


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(path=STEPS)
def test_nobody_is_written_to_whom_no_article_of_the_way_names(
    tx: Session, world: World, path: list[tuple[str, bool]]
) -> None:
    """Over any sequence of findings: each letter's role is one its article names at that time."""
    savepoint = tx.begin_nested()
    try:
        at, named = world.at, set()
        first, severe = path[0]
        ref = make_found(
            tx, world, category=first, kind=KIND[first], routing_kind="legal", severe=severe
        ).ref
        for category, more in path:
            at += timedelta(minutes=20)
            if category != rows.by_ref(tx, ref).category:
                _change(tx, world, ref, category, at)
            if more and not rows.by_ref(tx, ref).severe_impact:
                decisions.mark_severe(tx, ref=ref, reason="多校传播", by=world.ada, at=at)
            duties.advance_duties(tx, rows.lock(tx, ref), at + timedelta(minutes=15))
            now = rows.by_ref(tx, ref)
            plan = duties_for(now.category, now.kind, severe=now.severe_impact)
            named |= {role.value for role in plan.recipients}
        kinds = {role for kind, role in told(tx, ref) if kind != "correct"}
        assert kinds <= named
        assert {role for kind, role in told(tx, ref) if kind == "correct"} <= kinds
    finally:
        savepoint.rollback()
        tx.expire_all()


def _change(tx: Session, world: World, ref: str, category: str, at: datetime) -> None:
    lifting.record_authority_decision(
        tx, ref=ref, document_no="示例〔2026〕9号", document_date="2026-11-22",
        evidence_ref="EV", reason="收文", by=world.ada, at=at,
    )  # fmt: skip
    changes.reclassify(
        tx, ref=ref, category=category, kind=KIND[category], reason="复核", by=world.ben, at=at
    )
    if rows.by_ref(tx, ref).pending:
        changes.agree(tx, ref=ref, reason="同意", by=world.cai, at=at)
