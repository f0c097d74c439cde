"""What intake promises to do later: answers, originals into the evidence, forgetting."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from app.core import clock
from app.core.keystore import keys
from app.core.transaction import reading, transaction
from app.evidence import service as evidence
from app.incidents import decisions
from app.incidents import service as incidents
from app.intake import drafts, jobs, queries, sealing
from tests.catalogue.make import make_catalogue
from tests.intake.make import STORY, make_complaint


@pytest.fixture
def complaint(app):
    at = clock.now()
    with transaction() as tx:
        [resource, _] = make_catalogue(tx, at)
        filed = make_complaint(tx, at, network="192.0.2.1")
        incident = incidents.open_or_join(
            tx, complaint_id=filed.complaint_id, resource_id=resource.id,
            version_id=resource.version_id, platform_id=resource.platform_id,
            routing_kind="legal", kind="gambling", by="policy:triage", at=at,
        )  # fmt: skip
    return filed, incident


def test_a_rejected_claim_is_answered(complaint):
    filed, incident = complaint
    with transaction() as tx:
        decisions.reject(
            tx, ref=incident.ref, by="account:1", reason="未见所述内容", at=clock.now()
        )
    jobs.tell_outcome(incident=incident.ref)
    jobs.tell_outcome(incident=incident.ref)
    with reading() as session:
        view = queries.holder_view(session, filed.complaint_id)
    assert (view.state, view.outcome) == ("closed", "rejected")
    assert len(view.messages) == 1


def test_an_open_incident_answers_nobody_yet(complaint):
    filed, incident = complaint
    jobs.tell_outcome(incident=incident.ref)
    with reading() as session:
        assert queries.holder_view(session, filed.complaint_id).outcome is None


def test_the_original_becomes_evidence_once_and_stays_sealed(complaint):
    filed, incident = complaint
    for _ in range(2):
        jobs.keep_original(complaint_id=filed.complaint_id, incident=incident.ref)
    with transaction() as tx:
        refs = tx.execute(text("SELECT ref FROM evidence_item")).scalars().all()
        read = [
            evidence.read(
                tx, item_ref=ref, by="account:1", reason="核对", at=clock.now(), unseal=True
            )
            for ref in refs
        ]
    assert len(refs) == 1
    assert STORY in read[0].require().decode()


def test_an_erased_complaint_leaves_nothing_to_keep(complaint):
    filed, incident = complaint
    with transaction() as tx:
        kid = tx.execute(text("SELECT kid FROM complaint")).scalar_one()
    keys().destroy_data_key(kid, at=clock.now())
    jobs.keep_original(complaint_id=filed.complaint_id, incident=incident.ref)
    with reading() as session:
        assert not session.execute(text("SELECT ref FROM evidence_item")).all()


def test_drafts_die_after_seven_days_with_their_key(app, settings):
    at = clock.now()
    with transaction() as tx:
        token, draft = drafts.start(tx, skin="form", at=at - timedelta(days=8))
    folder = settings.folder / "uploads" / draft.kid
    folder.mkdir(parents=True)
    jobs.expire_drafts()
    assert not folder.exists()
    assert sealing.key_of(draft.kid) is None
    with reading() as session:
        assert drafts.find(session, token, skin="form", at=at) is None


def test_day_keys_die_after_two_days_and_source_keys_stay_while_in_use(complaint, monkeypatch):
    keys().secret("day:2020-01-01")
    later = clock.now() + timedelta(days=40)
    monkeypatch.setattr(clock, "now", lambda: later)
    jobs.forget_source_keys()
    assert not keys().secrets_named("day:")
    assert keys().secrets_named("source:")


def test_source_keys_die_when_no_incident_needs_them(complaint, monkeypatch):
    filed, incident = complaint
    with transaction() as tx:
        decisions.reject(
            tx, ref=incident.ref, by="account:1", reason="未见所述内容", at=clock.now()
        )
    later = clock.now() + timedelta(days=40)
    monkeypatch.setattr(clock, "now", lambda: later)
    jobs.forget_source_keys()
    assert not keys().secrets_named("source:")


def test_jobs_and_clocks_are_named_for_the_sweeper():
    assert set(jobs.PERIODIC) <= set(jobs.JOBS)
