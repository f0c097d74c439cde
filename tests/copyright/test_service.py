"""Notice, stop, letter, counter-notice, restoration, and the bar on repeating."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from app.copyright import queries, service
from app.core.errors import ConflictError, InvalidError
from app.incidents import queries as incidents
from app.intake import queries as complaints
from app.norm import deadlines
from app.suspension import queries as stops
from tests.copyright.make import NOTICE, answer, incident_of, ref_of, send
from tests.incidents.make import (
    confirm,
    duty_states,
    letters,
    make_precaution,
    make_world,
    see_captured,
    see_dark,
)


@pytest.fixture
def world(tx, at):
    return make_world(tx, at)


def standing(tx, ref: str) -> list[str]:
    return [h.kind for h in stops.holds(tx, incident=ref) if h.standing]


def went_out(tx, ref: str) -> None:
    tx.execute(text("UPDATE notice SET state = 'sent' WHERE incident = :r"), {"r": ref})


def test_a_complete_notice_is_a_complaint_that_stops_and_is_forwarded(tx, world, at):
    filed = send(tx, at)
    ref = incident_of(tx, filed)
    one = incidents.incident(tx, ref)
    assert (one.routing_kind, one.kind, one.state) == ("legal", "copyright", "precaution")
    assert one.complaint_ids == (filed.complaint_id,)
    assert one.review_by is None  # no machine's guess, so no review clock
    assert standing(tx, ref) == ["notice"]
    assert letters(tx, ref) == []  # the records first (P4)
    see_captured(tx, ref, at)
    assert letters(tx, ref) == [("forward", ("provider",))]
    assert duty_states(tx, ref)["forward", "provider"] == "running"


def test_a_failing_capture_keeps_the_forwarding_ten_minutes_at_most(tx, world, at):
    ref = incident_of(tx, send(tx, at))
    see_dark(tx, world, ref, at + timedelta(minutes=9))
    assert letters(tx, ref) == []
    see_dark(tx, world, ref, at + timedelta(minutes=10))
    assert letters(tx, ref) == [("forward", ("provider",))]


def test_only_the_listed_addresses_are_stopped(tx, world, at):
    address = tx.execute(
        text("SELECT id FROM address WHERE resource_id = :r AND role = 'media'"),
        {"r": world.resource.id},
    ).scalar()
    ref = incident_of(tx, send(tx, at, address_ids=(address,)))
    assert [h.address_id for h in stops.holds(tx, incident=ref)] == [address]


def test_who_claims_is_sealed_and_stands_open_nowhere_but_in_the_letter(tx, world, at):
    filed = send(tx, at)
    see_captured(tx, incident_of(tx, filed), at)
    for table in ("complaint", "copyright_notice", "audit_entry", "message", "hold", "duty"):
        rows = tx.execute(text(f"SELECT * FROM {table}")).all()
        shown = "".join(
            one.decode("utf-8", "replace") if isinstance(one, bytes) else str(one)
            for row in rows
            for one in row
        )
        assert rows or table == "message"
        for secret in ("云川示例出版社", "rights@press.example", "示例路1号", "0871-65000000"):
            assert secret not in shown, table
    assert queries.case(tx, ref_of(tx, filed), at=at).notice == NOTICE


@pytest.mark.parametrize(
    ("field", "value"),
    [("work", ""), ("statement", " "), ("ownership", ()), ("true", False), ("resource", "")],
)
def test_a_notice_that_lacks_an_item_is_refused_and_writes_nothing(tx, world, at, field, value):
    with pytest.raises(InvalidError) as refused:
        send(tx, at, **{field: value})
    assert field in refused.value.fields
    assert tx.execute(text("SELECT count(*) FROM complaint")).scalar() == 0


def test_a_counter_notice_goes_to_the_claimant_and_one_officer_restores(tx, world, at):
    filed = send(tx, at)
    ref, notice = incident_of(tx, filed), ref_of(tx, filed)
    see_captured(tx, ref, at)
    went_out(tx, ref)
    answer(tx, notice, at + timedelta(hours=1))
    shown = complaints.holder_view(tx, filed.complaint_id)
    assert "云川示例中学" in shown.messages[-1].text
    assert "第十七条" in shown.messages[-1].text
    assert duty_states(tx, ref)["forward_counter", "complainant"] == "done"
    assert duty_states(tx, ref)["resume", ""] == "running"  # no waiting time is set
    done = service.restore(
        tx, ref=notice, reason="材料齐全", by=world.ada, at=at + timedelta(hours=2)
    )
    assert done.state == "closed"
    assert not done.open
    assert standing(tx, ref) == []
    assert ("restore", ("provider",)) in letters(tx, ref)
    assert duty_states(tx, ref)["resume", ""] == "done"


def test_no_machine_restores(tx, world, at):
    notice = ref_of(tx, send(tx, at))
    answer(tx, notice, at)
    with pytest.raises(ConflictError, match="Only a person"):
        service.restore(tx, ref=notice, reason="x", by="policy:copyright", at=at)


def test_the_waiting_time_is_waited_out(tx, world, at, monkeypatch):
    monkeypatch.setattr(
        deadlines, "restore_due", lambda moment: deadlines.Due(moment + timedelta(days=3))
    )
    filed = send(tx, at)
    notice = ref_of(tx, filed)
    answer(tx, notice, at)
    assert duty_states(tx, incident_of(tx, filed))["resume", ""] == "open"
    with pytest.raises(ConflictError, match="waiting time"):
        with tx.begin_nested():
            service.restore(tx, ref=notice, reason="x", by=world.ada, at=at)
    service.restore(tx, ref=notice, reason="x", by=world.ada, at=at + timedelta(days=3))


def test_whoever_goes_to_court_in_the_waiting_time_keeps_the_stop(tx, world, at, monkeypatch):
    monkeypatch.setattr(
        deadlines, "restore_due", lambda moment: deadlines.Due(moment + timedelta(days=3))
    )
    monkeypatch.setattr(deadlines, "waits_for_suit", lambda: True)
    filed = send(tx, at)
    ref, notice = incident_of(tx, filed), ref_of(tx, filed)
    answer(tx, notice, at)
    with pytest.raises(InvalidError):
        service.go_to_court(tx, complaint_id=filed.complaint_id, court=" ", at=at)
    service.go_to_court(
        tx, complaint_id=filed.complaint_id, court="示例区人民法院（2026）示民初1号", at=at
    )
    assert queries.case(tx, notice, at=at).court == "示例区人民法院（2026）示民初1号"
    with pytest.raises(ConflictError):
        service.restore(tx, ref=notice, reason="x", by=world.ada, at=at + timedelta(days=4))
    assert standing(tx, ref) == ["notice"]


def test_without_a_waiting_time_there_is_nothing_to_go_to_court_for_here(tx, world, at):
    filed = send(tx, at)
    answer(tx, ref_of(tx, filed), at)
    with pytest.raises(ConflictError):
        service.go_to_court(tx, complaint_id=filed.complaint_id, court="示例法院1号", at=at)


def test_no_second_notice_for_the_same_after_a_counter_notice(tx, world, at):
    notice = ref_of(tx, send(tx, at))
    answer(tx, notice, at)
    service.restore(tx, ref=notice, reason="x", by=world.ada, at=at)
    with pytest.raises(ConflictError, match="court"):
        send(tx, at + timedelta(days=1), work=" 《函数的图象》（示例出版社，２０２４年第1版） ")
    send(tx, at + timedelta(days=1), work="另一部作品")  # another work is another matter


def test_the_same_notice_twice_is_one(tx, world, at):
    send(tx, at)
    with pytest.raises(ConflictError, match="handled"):
        send(tx, at)


def test_one_answer_to_one_notice(tx, world, at):
    notice = ref_of(tx, send(tx, at))
    answer(tx, notice, at)
    with pytest.raises(ConflictError):
        answer(tx, notice, at)


def test_an_incomplete_answer_restores_nothing(tx, world, at):
    filed = send(tx, at)
    with pytest.raises(InvalidError) as refused:
        answer(tx, ref_of(tx, filed), at, proof="")
    assert set(refused.value.fields) == {"proof"}
    assert queries.case(tx, ref_of(tx, filed), at=at).state == "sent"


def test_after_a_finding_the_authority_decides(tx, world, at):
    filed = send(tx, at)
    ref, notice = incident_of(tx, filed), ref_of(tx, filed)
    confirm(tx, world, ref, kind="copyright")
    answer(tx, notice, at)
    with pytest.raises(ConflictError, match="authority"):
        service.restore(tx, ref=notice, reason="x", by=world.ada, at=at)
    assert standing(tx, ref) == ["confirmed"]


def test_a_finding_cancels_the_restoration_that_was_due(tx, world, at):
    filed = send(tx, at)
    ref = incident_of(tx, filed)
    answer(tx, ref_of(tx, filed), at)
    confirm(tx, world, ref, kind="copyright")
    assert duty_states(tx, ref)["resume", ""] == "cancelled"


def test_law_1_restoring_frees_no_other_hold_and_ends_no_other_claim(tx, world, at):
    gambling = make_precaution(tx, world)
    filed = send(tx, at)
    assert incident_of(tx, filed) == gambling.ref
    assert standing(tx, gambling.ref) == ["precaution", "notice"]
    notice = ref_of(tx, filed)
    answer(tx, notice, at)
    after = service.restore(tx, ref=notice, reason="x", by=world.ada, at=at)
    assert standing(tx, gambling.ref) == ["precaution"]
    assert (after.state, after.open) == ("precaution", True)


def test_two_claimants_stop_it_twice(tx, world, at):
    from tests.copyright.make import HOLDER

    first = send(tx, at)
    other = type(HOLDER)(name="另一作者", phone="13800000000", address="示例市2号")
    second = send(tx, at, holder=other)
    ref = incident_of(tx, first)
    assert standing(tx, ref) == ["notice", "notice"]
    see_captured(tx, ref, at)
    assert letters(tx, ref) == [("forward", ("provider",))] * 2
    answer(tx, ref_of(tx, first), at)
    after = service.restore(tx, ref=ref_of(tx, first), reason="x", by=world.ada, at=at)
    assert (after.state, standing(tx, ref)) == ("precaution", ["notice"])
    answer(tx, ref_of(tx, second), at)
    after = service.restore(tx, ref=ref_of(tx, second), reason="x", by=world.ada, at=at)
    assert (after.state, standing(tx, ref)) == ("closed", [])


def test_a_release_as_unfounded_is_told_to_who_was_forwarded_to(tx, world, at):
    from app.incidents import decisions

    ref = incident_of(tx, send(tx, at))
    see_captured(tx, ref, at)
    went_out(tx, ref)
    decisions.release(tx, ref=ref, reason="明显不实", by=world.ada, at=at)
    assert ("correct", ("provider",)) in letters(tx, ref)


def test_a_grave_claim_on_a_stopped_address_gets_its_review_clock(tx, world, at):
    from app.incidents import service as incident_service

    address = tx.execute(
        text("SELECT id FROM address WHERE resource_id = :r AND role = 'media'"),
        {"r": world.resource.id},
    ).scalar()
    ref = incident_of(tx, send(tx, at, address_ids=(address,)))
    one = incident_service.place_precaution(
        tx, incident_ref=ref, by="policy:precaution", reason="policy_met", at=at
    )
    assert one.review_by == at + timedelta(minutes=30)
    assert standing(tx, ref) == ["notice", "precaution"]
    assert duty_states(tx, ref)["report", "authority"] == "open"


def test_a_brigades_bulk_release_frees_no_notice(tx, world, at):
    from app.incidents import decisions

    gambling = make_precaution(tx, world)
    send(tx, at)
    refused = decisions.release_many(tx, refs=[gambling.ref], reason="刷屏", by=world.ada, at=at)
    assert isinstance(refused[gambling.ref], ConflictError)
    assert standing(tx, gambling.ref) == ["precaution", "notice"]


def test_a_late_restoration_calls_a_supervisor(app, at):
    from app.core.transaction import transaction
    from app.incidents import jobs

    with transaction() as tx:
        make_world(tx, at)
        filed = send(tx, at)
        ref, notice = incident_of(tx, filed), ref_of(tx, filed)
    jobs.on_clock(incident=ref, which="resume")  # nothing waits yet: nobody is called
    with transaction() as tx:
        answer(tx, notice, at)
    jobs.on_clock(incident=ref, which="resume")
    with transaction() as tx:
        called = tx.execute(text("SELECT role FROM officer_page WHERE incident = :r"), {"r": ref})
        assert sorted(row.role for row in called) == ["officer", "supervisor"]


def test_a_file_with_the_answer_stands_beside_the_notices_own(tx, world, at):
    from app.copyright.service import counter
    from app.intake.values import Upload
    from tests.copyright.make import COUNTER, a_contact

    filed = send(tx, at)
    upload = Upload("F00000000001", "教案底稿.pdf", "application/pdf", 10, "0" * 64, "clean")
    counter(
        tx, ref=ref_of(tx, filed), given=COUNTER, files=((upload, "1" * 64),),
        letter="L1", contact_id=a_contact(tx), at=at,
    )  # fmt: skip
    assert complaints.for_triage(tx, filed.complaint_id).attachments[0].ref == "F00000000001"
    said = queries.case(tx, ref_of(tx, filed), at=at).counter
    assert said is not None
    assert said.files == ("教案底稿.pdf",)


def test_an_answer_to_an_erased_notice_is_told_whom_to_ask(app, at):
    from app.core.keystore import keys
    from app.core.transaction import transaction
    from app.intake import service as intake

    with transaction() as tx:
        make_world(tx, at)
        filed = send(tx, at)
        notice = ref_of(tx, filed)
        intake.withdraw(tx, complaint_id=filed.complaint_id, reason="", at=at)
        kid = intake.erase(tx, ref=filed.ref, by="account:901", reason="本人要求", at=at)
    keys().destroy_data_key(kid, at=at)
    with transaction() as tx:
        assert queries.case(tx, notice, at=at).notice is None
        with pytest.raises(ConflictError, match="duty desk"):
            answer(tx, notice, at)


def test_after_a_merge_the_authority_decides_too(tx, world, at):
    from tests.incidents.make import make_found

    filed = send(tx, at)
    ref, notice = incident_of(tx, filed), ref_of(tx, filed)
    answer(tx, notice, at)
    found = make_found(
        tx, world, category="political", kind="scientific", routing_kind="scientific"
    )
    merged = confirm(tx, world, ref, category="political", kind="scientific")
    assert merged.ref == found.ref
    assert queries.incident_now(tx, ref).ref == found.ref
    with pytest.raises(ConflictError, match="authority"):
        service.restore(tx, ref=notice, reason="x", by=world.ada, at=at)
