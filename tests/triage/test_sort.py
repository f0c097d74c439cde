"""From a complaint to a precaution or a proposal: what one claim may do, and what a flood may not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.accounts.models import OfficerPage
from app.core.db import db
from app.core.transaction import reading, transaction
from app.incidents import decisions
from app.incidents import queries as incidents
from app.intake import queries as intake
from app.outbox.models import OutboxRow
from app.suspension import queries as stops
from app.triage import jobs, queries, service
from app.triage.models import Precaution, PrecautionQuota, Proposal
from tests.catalogue.make import bodies, bring, resource_row
from tests.intake.make import STORY, make_complaint

OFFICER = "account:901"
REFS = tuple(f"R000{n}" for n in range(1, 7))


@pytest.fixture
def world(app, at, monkeypatch):
    monkeypatch.setattr("app.core.clock.now", lambda: at)
    with transaction() as tx:
        rows = [resource_row(ref, digit=d) for ref, d in zip(REFS, "acdef1", strict=True)]
        report = bring(tx, bodies() + rows, at)
        assert not report.errors
    return at


def file_and_sort(at, ref="R0001", network="203.0.113.7", day_tag="d1", **more):
    """One complaint through the door and through the job."""
    with transaction() as tx:
        filed = make_complaint(tx, at, resource_ref=ref, network=network, day_tag=day_tag, **more)
    jobs.sort(filed.complaint_id, day_tag)
    return filed


def state_of(ref="R0001") -> str:
    with reading() as session:
        from app.catalogue import queries as catalogue

        return "dark" if stops.stop_state(session, catalogue.resource(session, ref).id).dark else ""


def open_incident(ref="R0001"):
    with reading() as session:
        from app.catalogue import queries as catalogue

        found = incidents.open_for(session, catalogue.resource(session, ref).id)
        return found[0] if found else None


def count(model) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_one_grave_claim_places_a_precaution_under_the_review_clock(world):
    file_and_sort(world)
    found = open_incident()
    assert found.state == "precaution"
    assert found.review_by == world + timedelta(minutes=30)
    assert state_of() == "dark"


def test_a_fault_in_the_sound_stops_nothing(world):
    file_and_sort(world, text="视频没有声音，从头到尾都听不到老师讲话")
    assert open_incident().state == "alleged"
    assert state_of() == ""


def test_two_hundred_copies_cause_one_stop_and_one_incident(world):
    for n in range(40):
        file_and_sort(world, network=f"203.0.113.{n % 5}")
    assert count(Precaution) == 1
    with reading() as session:
        holds = stops.holds(session, resource_id=open_incident().resource_id)
        assert len(holds) == 1
    assert count(Proposal) == 1


def test_after_a_release_further_copies_stop_nothing_again_and_call_once(world):
    file_and_sort(world)
    ref = open_incident().ref
    with transaction() as tx:
        decisions.release(tx, ref=ref, by=OFFICER, reason="没有发现二维码", at=world)
    assert state_of() == ""
    for n in range(10):
        file_and_sort(world, network=f"203.0.113.{n}")
    assert state_of() == ""
    assert count(Precaution) == 1
    again = open_incident()
    assert again.ref != ref
    with reading() as session:
        calls = session.scalars(select(OfficerPage).where(OfficerPage.incident == again.ref)).all()
        assert len(calls) == 1
        reasons = queries.proposals(session, again.ref)[0].reasons
    assert "version_released_before" in reasons


def test_siblings_of_a_stopped_course_stay_up(world):
    file_and_sort(world, "R0001")
    file_and_sort(world, "R0002", network="203.0.113.99", day_tag="d2")
    assert state_of("R0001") == "dark"
    assert state_of("R0002") == ""
    with reading() as session:
        proposal = queries.proposals(session, open_incident("R0002").ref)[0]
    assert proposal.outcome == "proposed"
    assert "provider_has_open_hold" in proposal.reasons


def test_a_persons_kind_routes_but_does_not_stop_by_itself(world):
    file_and_sort(world, text="第三页有一个错别字", kind="gambling")
    assert open_incident().routing_kind == "legal"
    assert state_of() == ""


def test_a_complaint_naming_one_attachment_narrows_the_stop_to_it(world):
    address = "http://127.0.0.1:8090/r/R0001/video.webm"
    file_and_sort(world, resource_url=address)
    with reading() as session:
        hold = stops.holds(session, resource_id=open_incident().resource_id)[0]
    assert hold.address_id is not None


def test_other_waits_in_triage_and_opens_nothing(world):
    filed = file_and_sort(world, text="谢谢老师，讲得很好，我很喜欢这门课")
    assert open_incident() is None
    with reading() as session:
        waiting = intake.in_triage(session, [1])
    assert [c.id for c in waiting] == [filed.complaint_id]


def test_an_officer_ties_a_waiting_complaint_to_its_resource(world):
    with transaction() as tx:
        filed = make_complaint(tx, world, resource_ref=None, resource_hint="函数那节课")
    jobs.sort(filed.complaint_id, None)
    with transaction() as tx:
        incident = service.assign(
            tx, complaint_ref=filed.ref, resource_ref="R0003", kind="gambling", by=OFFICER, at=world
        )
    assert incident.routing_kind == "legal"
    with reading() as session:
        assert intake.in_triage(session, [1]) == []
        assert intake.by_ref(session, filed.ref).state == "accepted"


def test_the_day_tag_is_blanked_once_it_was_counted(world):
    filed = file_and_sort(world, day_tag="secret-tag")
    row = db.session.scalar(
        select(OutboxRow).where(OutboxRow.key == f"triage.sort:{filed.complaint_id}")
    )
    assert "day_tag" not in row.payload
    assert count(PrecautionQuota) == 1


def test_a_danger_to_a_person_calls_an_officer_at_once(world):
    file_and_sort(world, text="我不想活了，看完这个视频更想自杀")
    with reading() as session:
        whys = session.scalars(select(OfficerPage.why)).all()
    assert any("in danger" in why for why in whys)


def test_a_broken_model_leaves_everything_to_a_person(world, monkeypatch):
    def broken(_text):
        raise RuntimeError("no model")

    monkeypatch.setattr("app.classifier.suggest", broken)
    filed = file_and_sort(world, text=STORY)
    assert state_of() == ""
    with reading() as session:
        assert [c.id for c in intake.in_triage(session, [1])] == [filed.complaint_id]


def test_sorting_twice_is_sorting_once(world):
    filed = file_and_sort(world)
    jobs.sort(filed.complaint_id, "d1")
    assert count(Precaution) == 1
    assert db.session.scalar(select(func.max(PrecautionQuota.n))) == 1
