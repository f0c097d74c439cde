"""What officers decided otherwise leaves masked, once, recorded; what must not leave does not."""

from __future__ import annotations

import json

import pytest

from app.audit import queries as audit
from app.catalogue import queries as catalogue
from app.core.transaction import transaction
from app.incidents import changes, decisions
from app.incidents import queries as incidents
from app.intake import service as intake
from app.intake.models import Complaint
from app.intake.values import Contact
from app.triage import corrections, jobs, service
from tests.catalogue.make import bodies, bring, resource_row
from tests.intake.make import make_complaint

OFFICER = "account:901"
GRAVE = "课件最后一页的二维码是赌博网站，王老师的电话是13812345678"
REFS = ("R0001", "R0002", "R0003", "R0004")


@pytest.fixture
def world(app, at, monkeypatch):
    monkeypatch.setattr("app.core.clock.now", lambda: at)
    with transaction() as tx:
        rows = [resource_row(ref, digit=d) for ref, d in zip(REFS, "acde", strict=True)]
        assert not bring(tx, bodies() + rows, at).errors
    return at


def file(at, ref="R0001", text=GRAVE, **more):
    """A complaint, sorted; (complaint, its incident)."""
    with transaction() as tx:
        filed = make_complaint(tx, at, resource_ref=ref, text=text, **more)
    jobs.sort(filed.complaint_id)
    with transaction() as tx:
        found = incidents.incidents_of_complaint(tx, filed.complaint_id)
        return filed, found[0].ref if found else ""


def confirm(at, incident, category="legal", kind="gambling"):
    with transaction() as tx:
        decisions.confirm(
            tx, ref=incident, category=category, kind=kind, reason="查实", summary="查实",
            by=OFFICER, at=at,
        )  # fmt: skip


def export(at, **more):
    with transaction() as tx:
        platform = catalogue.resource(tx, "R0001").platform_id
        given = {"platform_ids": [platform], "by": OFFICER, "reason": "再训练", "at": at} | more
        made = corrections.export(tx, **given)
    return [json.loads(line) for line in made.content.decode().splitlines()]


def test_an_undecided_complaint_teaches_nothing(world):
    file(world)
    assert export(world, agreements=True) == []


def test_agreement_is_left_out_unless_asked_for(world):
    confirm(world, file(world)[1])
    assert export(world) == []
    (row,) = export(world, agreements=True)
    assert (row["labels"], row["kinds"], row["severe"]) == (["legal"], ["gambling"], True)
    assert row["provenance"]["verdict"] == "confirmed"


def test_another_category_becomes_a_masked_row_with_its_origin(world):
    filed, incident = file(world)
    confirm(world, incident, "suitability", "normativity")
    (row,) = export(world)
    assert row["labels"] == ["normativity"]
    assert not row["severe"]
    assert row["hard"]
    assert "13812345678" not in row["text"]
    assert "王老师" not in row["text"]
    assert filed.ref not in json.dumps(row)
    assert incident not in json.dumps(row)
    assert row["split"] in {"train", "test"}
    assert row["provenance"] | {"model": ""} == {
        "from": "officer", "verdict": "confirmed", "on": "2026-11-22", "model": "",
        "read": "legal", "read_severe": True,
    }  # fmt: skip


def test_a_reclassification_counts_as_it_stands_at_last(world):
    _, incident = file(world, text="视频没有声音")
    confirm(world, incident, "suitability", "normativity")
    with transaction() as tx:
        changes.reclassify(
            tx,
            ref=incident,
            category="legal",
            kind="copyright",
            reason="盗版",
            by=OFFICER,
            at=world,
        )
    (row,) = export(world)
    assert (row["labels"], row["kinds"], row["severe"]) == (["legal"], ["copyright"], False)
    assert row["provenance"]["verdict"] == "reclassified"


def test_an_unfounded_claim_waits_for_a_reader(world):
    _, incident = file(world)
    with transaction() as tx:
        decisions.release(tx, ref=incident, reason="没有二维码", by=OFFICER, at=world)
    (row,) = export(world)
    assert (row["split"], row["labels"]) == ("review", ["legal"])


def test_what_triage_tied_or_answered_is_a_persons_word(world):
    tied, _ = file(world, ref="R0002", text="谢谢老师，讲得很好")
    answered, _ = file(world, ref="R0003", text="怎么修改绑定的手机？")
    with transaction() as tx:
        service.assign(
            tx,
            complaint_ref=tied.ref,
            resource_ref="R0002",
            kind="scientific",
            by=OFFICER,
            at=world,
        )
        intake.answer(tx, ref=answered.ref, text="在设置里。", by=OFFICER, at=world, close=True)
    found = {row["provenance"]["verdict"]: row for row in export(world, agreements=True)}
    assert found["placed"]["labels"] == ["scientific"]
    assert found["answered"]["labels"] == ["other"]


def test_claims_of_one_incident_share_their_situation_and_copies_teach_once(world):
    _, incident = file(world)
    file(world, text="扫码以后是一个赌博网站", network="198.51.100.1")
    file(world, network="198.51.100.2")
    confirm(world, incident, "suitability", "normativity")
    found = export(world)
    assert len(found) == 2
    assert len({row["situation"] for row in found}) == 1
    assert len({row["id"] for row in found}) == 2


@pytest.mark.parametrize(
    "change", ["legal_hold", "erased_at", "exercise", "minor", "withdrawn", "retain_until"]
)
def test_what_must_stay_stays(world, change):
    filed, incident = file(world)
    confirm(world, incident, "suitability", "normativity")
    assert len(export(world)) == 1
    with transaction() as tx:
        row = tx.get_one(Complaint, filed.complaint_id)
        if change == "withdrawn":
            row.state = "withdrawn"
        elif change in {"erased_at", "retain_until"}:
            setattr(row, change, world)
        else:
            setattr(row, change, True)
    assert export(world) == []


def test_a_minors_words_stay(world):
    _, incident = file(world, contact=Contact(minor=True, guardian=True))
    confirm(world, incident, "suitability", "normativity")
    assert export(world) == []


def test_another_platforms_complaints_stay(world):
    confirm(world, file(world)[1], "suitability", "normativity")
    assert export(world, platform_ids=[999]) == []


def test_the_export_is_an_act_in_the_log(world):
    confirm(world, file(world)[1], "suitability", "normativity")
    export(world)
    with transaction() as tx:
        (entry,) = audit.entries(tx, subject="corrections:differing")
    assert (entry.actor, entry.action) == (OFFICER, "corrections.export")
    assert entry.data["rows"] == 1
    assert entry.data["reason"] == "再训练"
    assert len(entry.data["sha256"]) == 64
