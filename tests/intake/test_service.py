"""Filing and what follows: sealed, masked, logged, promised; every move by the table."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from app.audit import queries as audit
from app.core import crypto
from app.core.errors import ConflictError, ForbiddenError, InvalidError
from app.core.keystore import keys
from app.intake import queries, sealing, service
from app.intake.values import Contact, Place
from tests.catalogue.make import make_catalogue
from tests.intake.make import STORY, by_mail, make_complaint


@pytest.fixture(autouse=True)
def _catalogue(tx, at):
    make_catalogue(tx, at)


def test_a_complaint_is_promised_to_triage_in_the_same_transaction(tx, at):
    filed = make_complaint(tx, at, day_tag="tag")
    row = tx.execute(text("SELECT payload FROM outbox WHERE topic = 'triage.sort'")).scalar_one()
    assert f'"complaint_id": {filed.complaint_id}'.replace(" ", "") in str(row).replace(
        "'", '"'
    ).replace(" ", "")


def test_nothing_personal_stands_in_clear(tx, at):
    secret_words = "我叫赵小云，电话13800138000，" + STORY
    filed = make_complaint(tx, at, text=secret_words, contact=by_mail())
    view = queries.for_triage(tx, filed.complaint_id)
    assert "13800138000" not in view.masked_text
    dump = str(tx.execute(text("SELECT * FROM complaint")).all())
    for canary in ("13800138000", "赵小云", "zhao@school.example", filed.secret):
        assert canary not in dump


def test_the_original_opens_with_a_reason_and_is_logged(tx, at):
    filed = make_complaint(tx, at, contact=by_mail())
    with pytest.raises(InvalidError):
        service.unseal(tx, ref=filed.ref, part="contact", by="account:1", reason=" ", at=at)
    opened = service.unseal(
        tx, ref=filed.ref, part="contact", by="account:1", reason="核实需要回访", at=at
    )
    assert opened["address"] == "zhao@school.example"
    assert any(
        e.action == "complaint.unsealed"
        for e in audit.entries(tx, subject=f"complaint:{filed.ref}")
    )


def test_a_minors_data_needs_another_person(tx, at):
    filed = make_complaint(tx, at, contact=replace(by_mail(), minor=True, guardian=True))
    ask = {"ref": filed.ref, "part": "contact", "by": "account:1", "reason": "回访", "at": at}
    for approver in (None, "account:1"):
        with pytest.raises(ForbiddenError):
            service.unseal(tx, **ask, approved_by=approver)
    assert service.unseal(tx, **ask, approved_by="account:2")["name"] == "赵老师"


def test_the_receipt_code_and_only_it_finds_the_complaint(tx, at):
    filed = make_complaint(tx, at)
    assert queries.by_secret(tx, filed.secret) == filed.complaint_id
    assert queries.by_secret(tx, filed.secret, ref=filed.ref.lower()) == filed.complaint_id
    assert queries.by_secret(tx, filed.secret, ref="00000000") is None
    assert queries.by_secret(tx, filed.secret[:-1] + "0") in {None, filed.complaint_id}
    assert queries.by_secret(tx, "nonsense") is None


def test_source_tags_compare_on_one_resource_and_never_between_two(tx, at):
    def tag(ref: str, network: str) -> str | None:
        filed = make_complaint(tx, at, resource_ref=ref, network=network)
        return queries.for_triage(tx, filed.complaint_id).source_tag

    assert tag("R0001", "192.0.2.1") == tag("R0001", "192.0.2.1")
    assert tag("R0001", "192.0.2.1") != tag("R0001", "192.0.2.2")
    assert tag("R0001", "192.0.2.1") != tag("R0002", "192.0.2.1")
    dump = str(tx.execute(text("SELECT * FROM complaint")).all())
    assert "192.0.2" not in dump


def test_a_resource_is_tied_only_beyond_doubt(tx, at):
    def tied(**more):
        filed = make_complaint(tx, at, resource_ref=None, **more)
        return queries.for_triage(tx, filed.complaint_id)

    url = "http://127.0.0.1:8090/r/R0001/index.html"
    by_words = tied(text=f"{url} 有赌博广告")
    assert by_words.resource_id is not None
    assert by_words.resource_url == url
    assert tied(resource_url=url).resource_url == url
    assert tied(resource_hint="函数的单调性与最值 R0002").resource_id is not None
    rough = tied(resource_hint="高中数学的一节课")
    assert rough.resource_id is None
    assert rough.resource_hint == "高中数学的一节课"
    outside = tied(resource_url="http://other.example/x")
    assert outside.resource_id is None
    assert outside.resource_url is None


@pytest.mark.parametrize(
    ("field", "more"),
    [
        ("text", {"text": "  "}),
        ("text", {"text": "长" * 10_001}),
        ("text", {"text": "a\x00b"}),
        ("resource", {"resource_ref": "R9999"}),
        ("kind", {"kind": "nonsense"}),
    ],
)
def test_what_cannot_be_taken_is_named(tx, at, field, more):
    with pytest.raises(InvalidError) as refused:
        make_complaint(tx, at, **more)
    assert field in refused.value.fields


def test_places_come_back_as_they_were_given(tx, at):
    places = (Place("time", "12:35", "13:10"), Place("whole"))
    filed = make_complaint(tx, at, places=places)
    assert queries.for_triage(tx, filed.complaint_id).locators == places


def test_handling_time_follows_the_category(tx, at):
    filed = make_complaint(tx, at)
    service.out_of_triage(tx, filed.complaint_id, category="legal", at=at)
    view = queries.for_triage(tx, filed.complaint_id)
    assert view.handle_by == at + timedelta(hours=24)
    assert view.state == "accepted"


def test_asking_waits_and_an_answer_goes_on(tx, at):
    filed = make_complaint(tx, at)
    service.ask(tx, ref=filed.ref, text="是哪一页？", by="account:1", at=at)
    seen = queries.holder_view(tx, filed.complaint_id)
    assert seen.state == "waiting_for_you"
    assert seen.messages[-1].text == "是哪一页？"
    service.add_message(tx, complaint_id=filed.complaint_id, text="最后一页", at=at)
    assert queries.holder_view(tx, filed.complaint_id).state == "handling"
    [claim] = queries.claims(tx, [filed.complaint_id])
    assert (claim.messages, claim.unread) == (2, 1)
    service.read_by_officer(tx, ref=filed.ref, at=at)
    assert queries.claims(tx, [filed.complaint_id])[0].unread == 0


def test_every_complaint_is_told_its_outcome_once(tx, at):
    filed = make_complaint(tx, at)
    assert service.outcome(tx, complaint_id=filed.complaint_id, key="rejected", at=at)
    assert not service.outcome(tx, complaint_id=filed.complaint_id, key="rejected", at=at)
    view = queries.holder_view(tx, filed.complaint_id)
    assert (view.state, view.outcome) == ("closed", "rejected")
    assert view.may == {"confirm", "appeal"}
    assert [m.kind for m in view.messages] == ["outcome"]


def test_still_there_opens_it_again_and_calls_an_officer(tx, at):
    filed = make_complaint(tx, at)
    service.outcome(tx, complaint_id=filed.complaint_id, key="found", at=at)
    service.confirm(tx, complaint_id=filed.complaint_id, still_there=True, at=at)
    here = queries.for_triage(tx, filed.complaint_id)
    waiting = queries.in_triage(tx, [here.platform_id])
    assert [c.id for c in waiting] == [filed.complaint_id]
    assert queries.holder_view(tx, filed.complaint_id).state == "handling"
    why = tx.execute(text("SELECT why FROM officer_page")).scalars().all()
    assert "The complainant says that it is still there." in why


def test_withdrawing_ends_it_for_good(tx, at):
    filed = make_complaint(tx, at)
    service.withdraw(tx, complaint_id=filed.complaint_id, reason="看错了", at=at)
    assert queries.holder_view(tx, filed.complaint_id).state == "withdrawn"
    with pytest.raises(ConflictError):
        service.add_message(tx, complaint_id=filed.complaint_id, text="还有", at=at)
    assert not service.outcome(tx, complaint_id=filed.complaint_id, key="found", at=at)


def test_erasing_leaves_the_log_valid_and_nothing_else(tx, at):
    filed = make_complaint(tx, at, contact=by_mail())
    with pytest.raises(ConflictError):
        service.erase(tx, ref=filed.ref, by="account:1", reason="本人要求", at=at)
    service.withdraw(tx, complaint_id=filed.complaint_id, reason="", at=at)
    kid = service.erase(tx, ref=filed.ref, by="account:1", reason="本人要求", at=at)
    keys().destroy_data_key(kid, at=at)
    view = queries.holder_view(tx, filed.complaint_id)
    assert view.erased
    assert not view.may
    entries = audit.entries(tx, subject=f"complaint:{filed.ref}")
    assert entries[0].action == "complaint.filed"
    assert entries[0].data["digest"] == filed.proof["digest"]


def test_a_sealed_value_moved_to_another_complaint_does_not_open(tx, at):
    one, two = make_complaint(tx, at), make_complaint(tx, at)
    tx.execute(
        text(
            "UPDATE complaint SET kid = (SELECT kid FROM complaint WHERE id = :one), sealed_text = "
            "(SELECT sealed_text FROM complaint WHERE id = :one) WHERE id = :two"
        ),
        {"one": one.complaint_id, "two": two.complaint_id},
    )
    tx.expire_all()
    with pytest.raises(crypto.SealError):
        service.unseal(tx, ref=two.ref, part="text", by="account:1", reason="核实", at=at)


def test_a_destroyed_source_key_is_followed_by_a_new_one(tx, at):
    first = sealing.source_tag(7, "192.0.2.1")
    for name, _ in keys().secrets_named("source:7:"):
        keys().destroy_secret(name, at=at)
    assert sealing.source_tag(7, "192.0.2.1") not in {None, first}


def test_an_anonymous_child_leaves_nothing_behind(tx, at):
    filed = make_complaint(tx, at, contact=Contact(minor=True))
    view = queries.for_triage(tx, filed.complaint_id)
    assert view.minor
    assert not view.wants_reply


def test_a_name_typed_into_a_place_is_masked_like_the_words(tx, at):
    places = (
        Place("page", "第12页，电话13912345678"),
        Place("link", "http://a.example/13912345678"),
    )
    filed = make_complaint(tx, at, places=places)
    kept = queries.for_triage(tx, filed.complaint_id).locators
    assert kept[0].start == "第12页，电话〔电话〕"
    assert kept[1].start == "http://a.example/13912345678"
