"""A candidate that reads along: differences are kept, and nothing else changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from app import classifier
from app.core.db import db
from app.core.transaction import reading, transaction
from app.outbox.models import OutboxRow
from app.suspension import queries as stops
from app.triage import jobs, queries, shadow
from app.triage.models import ModelShadow
from nlp_models.card import current
from tests.catalogue.make import bodies, bring, resource_row
from tests.intake.make import make_complaint
from tests.nlp_models.make import make_version

SHIPPED = f"complaints@{current().name}"


@pytest.fixture
def site(app, settings, at, monkeypatch) -> Iterator[Path]:
    monkeypatch.setattr("app.core.clock.now", lambda: at)
    with transaction() as tx:
        assert not bring(tx, [*bodies(), resource_row("R0001")], at).errors
    folder = Path(settings.models)
    # It never finds anything grave enough to hold.
    make_version(folder, "1.calm", threshold=None)
    yield folder
    classifier.use(None)


def file(at, **more) -> int:
    with transaction() as tx:
        return make_complaint(tx, at, **more).complaint_id


def rows() -> list[ModelShadow]:
    db.session.rollback()  # see what others wrote meanwhile
    return list(db.session.scalars(select(ModelShadow)))


def promised() -> list[OutboxRow]:
    return list(db.session.scalars(select(OutboxRow).where(OutboxRow.topic == "triage.shadow")))


def test_a_worker_reads_with_the_version_that_is_in_service_by_now(site, at):
    first, second = file(at), file(at, text="视频没有声音")
    jobs.sort(first)
    classifier.versions().put_in_service("1.calm")
    jobs.sort(second)
    with reading() as session:
        assert queries.suggestion(session, first).model == SHIPPED
        assert queries.suggestion(session, second).model == "complaints@1.calm"


def test_without_a_candidate_nothing_is_promised(site, at):
    jobs.sort(file(at))
    assert promised() == []


def test_a_difference_is_kept_once_without_text_and_nothing_acts_on_it(site, at):
    classifier.versions().let_shadow("1.calm")
    complaint = file(at)
    jobs.sort(complaint)
    assert [(row.queue, row.payload) for row in promised()] == [
        ("slow", {"complaint_id": complaint})
    ]
    jobs.shadow(complaint)
    jobs.shadow(complaint)
    (row,) = rows()
    assert (row.live, row.candidate) == (SHIPPED, "complaints@1.calm")
    assert (row.live_would_hold, row.candidate_would_hold) == (True, False)
    assert not {"text", "masked_text"} & set(ModelShadow.__table__.columns.keys())
    with reading() as session:
        assert queries.suggestion(session, complaint).would_hold
        assert [hold.kind for hold in stops.holds(session, resource_id=1)] == ["precaution"]


def test_agreement_leaves_no_row(site, at):
    classifier.versions().let_shadow("1.calm")
    complaint = file(at, text="视频没有声音")
    jobs.sort(complaint)
    jobs.shadow(complaint)
    assert len(promised()) == 1
    assert rows() == []


def test_switched_off_meanwhile_or_broken_it_is_nobodys_emergency(site, at, monkeypatch):
    classifier.versions().let_shadow("1.calm")
    complaint = file(at)
    jobs.sort(complaint)
    classifier.versions().let_shadow(None)
    jobs.shadow(complaint)

    def breaks(text: str) -> None:
        raise RuntimeError

    monkeypatch.setattr("app.classifier.shadow", breaks)
    jobs.shadow(complaint)
    assert rows() == []


def test_the_report_sums_up_what_would_have_been_otherwise(site, at):
    classifier.versions().let_shadow("1.calm")
    complaint = file(at)
    jobs.sort(complaint)
    jobs.shadow(complaint)
    with transaction() as tx:
        other = file_reading(tx, at)
    with reading() as session:
        (found,) = shadow.differences(session)
    assert (found.live, found.candidate, found.differ) == (SHIPPED, "complaints@1.calm", 2)
    assert (found.hold_lost, found.hold_gained, found.severe_lost) == (2, 0, 1)
    assert found.kinds == [(("legal", "other"), 1)]
    assert len(found.complaints) == 2
    assert other


def file_reading(tx, at) -> bool:
    """A second complaint whose two readings are said outright."""
    complaint = make_complaint(tx, at, network="198.51.100.1").complaint_id
    from dataclasses import replace

    live = replace(queries.suggestion(tx, complaint - 1), complaint_id=complaint)
    said = {"model": "complaints@1.calm", "kind": "other", "severe": False, "would_hold": False}
    return shadow.compare(tx, live=live, candidate=said, at=at)
