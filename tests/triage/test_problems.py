"""The same problem told again: found through the index, grouped at the desk, gone with erasure."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.catalogue import queries as catalogue
from app.classifier import likeness
from app.core.db import db
from app.core.transaction import reading, transaction
from app.intake import queries as intake
from app.intake import service as intake_service
from app.intake.values import Place
from app.outbox.models import OutboxRow
from app.triage import jobs, problems, queries
from app.triage.models import Likeness, LikenessTerm
from tests.catalogue.make import make_catalogue
from tests.intake.make import make_complaint

SILENT = "第二讲放到一半没有声音了，只看到老师张嘴"
SILENT_AGAIN = "老师张嘴但是听不到，第二讲后面没声音"
BLURRED = "第五讲画面特别模糊，黑板上的字看不清"


@pytest.fixture
def world(app, at, monkeypatch):
    monkeypatch.setattr("app.core.clock.now", lambda: at)
    with transaction() as tx:
        make_catalogue(tx, at)
    return at


def tell(at, words: str, **more: object):
    with transaction() as tx:
        filed = make_complaint(tx, at, text=words, **more)
    jobs.sort(filed.complaint_id)
    return filed


def resource_id(session: Session, ref: str = "R0001") -> int:
    return catalogue.resource(session, ref).id


def same(words: str, ref: str = "R0001", locators=()) -> list[int]:
    with reading() as session:
        found = queries.same_problem(session, resource_id(session, ref), words, locators)
        assert all(0 < score <= 1 for _, score in found)
        return [complaint_id for complaint_id, _ in found]


def rows(model) -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_other_words_for_one_problem_are_found_and_other_problems_are_not(world):
    first = tell(world, SILENT)
    other = tell(world, BLURRED)
    assert same(SILENT_AGAIN) == [first.complaint_id]
    assert same(BLURRED) == [other.complaint_id]


def test_a_fingerprint_asks_as_well_as_a_text(world):
    first = tell(world, SILENT)
    with reading() as session:
        here = resource_id(session)
        title = catalogue.resource(session, here).title
        made = likeness.fingerprint(SILENT_AGAIN, about=title)
        assert [c for c, _ in queries.same_problem(session, here, made)] == [first.complaint_id]


def test_another_resource_with_the_same_words_is_another_problem(world):
    tell(world, SILENT)
    assert same(SILENT, ref="R0002") == []


def test_a_closed_complaint_is_no_longer_found(world, at):
    first = tell(world, SILENT)
    with transaction() as tx:
        intake_service.withdraw(tx, complaint_id=first.complaint_id, reason="", at=at)
    assert same(SILENT_AGAIN) == []


def test_a_brigade_of_copies_is_one_row_in_the_index_and_one_answer(world):
    first = tell(world, SILENT)
    before = rows(LikenessTerm)
    for n in range(12):
        tell(world, SILENT + "！" * n, network=f"203.0.113.{n}")
    assert rows(Likeness) == 13
    assert rows(LikenessTerm) == before
    assert same(SILENT_AGAIN) == [first.complaint_id]


def test_a_copy_still_open_stands_in_for_a_closed_representative(world, at):
    first = tell(world, SILENT)
    second = tell(world, SILENT + "！")
    with transaction() as tx:
        intake_service.withdraw(tx, complaint_id=first.complaint_id, reason="", at=at)
    assert same(SILENT_AGAIN) == [second.complaint_id]


def test_the_place_chosen_in_the_form_counts(world):
    with reading() as session:
        here = resource_id(session)
        title = catalogue.resource(session, here).title
    words = "这里有问题，跳出来奇怪的东西"
    early = likeness.fingerprint(words, about=title, places=[("time", "00:30")])
    late = likeness.fingerprint(words, about=title, places=[("time", "12:30")])
    equal = likeness.alike(early, {1: early})[1]
    assert likeness.alike(early, {1: late})[1] < equal
    assert not likeness.copies(early, late)
    assert same(words, locators=[Place("time", "00:30")]) == []


def test_nothing_of_the_words_is_kept(world):
    tell(world, "联系王小明，第二讲没有声音")
    with reading() as session:
        kept = str(session.scalars(select(Likeness.fingerprint)).one())
    assert not re.search(r"[\u3400-\u9fff]", kept)


def test_erasure_deletes_the_fingerprint_and_the_next_copy_stands_for_the_others(world, at):
    first = tell(world, SILENT)
    second = tell(world, SILENT + "！")
    third = tell(world, SILENT + "！！")
    with transaction() as tx:
        intake_service.withdraw(tx, complaint_id=first.complaint_id, reason="", at=at)
        intake_service.erase(tx, ref=first.ref, by="account:1", reason="本人要求", at=at)
        promised = tx.scalar(select(OutboxRow).where(OutboxRow.topic == "triage.forget"))
        assert promised.payload == {"complaint_id": first.complaint_id}
    jobs.forget(first.complaint_id)
    with reading() as session:
        left = {row.complaint_id: row.copy_of for row in session.scalars(select(Likeness))}
        terms = set(session.scalars(select(LikenessTerm.complaint_id)))
    assert left == {second.complaint_id: None, third.complaint_id: second.complaint_id}
    assert terms == {second.complaint_id}
    jobs.forget(first.complaint_id)  # twice is once


def test_a_claim_tied_to_another_resource_moves_there(world, at):
    filed = tell(world, SILENT)
    with transaction() as tx:
        moved = catalogue.resource(tx, "R0002")
        intake_service.set_resource(
            tx, filed.complaint_id, resource_id=moved.id, version_id=moved.version_id,
            platform_id=moved.platform_id, by="account:1", at=at,
        )  # fmt: skip
        problems.keep(tx, intake.for_triage(tx, filed.complaint_id))
    assert same(SILENT_AGAIN) == []
    assert same(SILENT_AGAIN, ref="R0002") == [filed.complaint_id]


def test_claims_are_grouped_by_problem_the_first_teller_first_and_the_newest_told_on_top(world):
    first = tell(world, SILENT)
    other = tell(world, BLURRED)
    again = tell(world, SILENT_AGAIN)
    copy = tell(world, BLURRED + "。")
    ids = [f.complaint_id for f in (first, other, again, copy)]
    with reading() as session:
        found = queries.problems(session, resource_id(session), ids)
    assert [problem.complaint_ids for problem in found] == [
        (other.complaint_id, copy.complaint_id),
        (first.complaint_id, again.complaint_id),
    ]


def test_a_claim_without_a_fingerprint_stands_alone(world):
    first = tell(world, SILENT)
    with transaction() as tx:
        problems.forget(tx, first.complaint_id)
    with reading() as session:
        found = queries.problems(session, resource_id(session), [first.complaint_id])
    assert [problem.complaint_ids for problem in found] == [(first.complaint_id,)]


def test_the_question_goes_through_the_index_on_both_databases(tx: Session) -> None:
    values = problems.candidates_values(7, [1, -2, 3])
    query = str(problems.candidates_query(3))
    sqlite = db.engine.dialect.name == "sqlite"
    if not sqlite:
        tx.execute(text("SET LOCAL enable_seqscan = off"))  # an empty table is read whole
    explain = "EXPLAIN QUERY PLAN " if sqlite else "EXPLAIN "
    plan = "\n".join(str(row) for row in tx.execute(text(explain + query), values))
    if sqlite:
        assert plan.count("SEARCH likeness_term USING") == 3
        assert "resource_id=? AND term=?" in plan
        assert "SCAN likeness_term" not in plan
    else:
        assert plan.count("using pk_likeness_term on likeness_term") == 3
        assert "Seq Scan" not in plan
