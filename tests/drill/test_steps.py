"""An exercise is marked all through, ends itself from wherever it stands, and counts nowhere."""

from __future__ import annotations

from datetime import datetime

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import text

from app.catalogue import queries as catalogue
from app.catalogue.values import ResourceView
from app.cli import drill
from app.core import clock
from app.core.errors import ConflictError
from app.core.settings import Settings
from app.core.transaction import reading, transaction
from app.drill import choice, steps
from app.drill.choice import DrillError
from app.incidents import queries as incidents
from app.incidents.values import IncidentView
from app.notices import queries as notices
from app.suspension import queries as stops
from app.suspension import service as suspension
from tests.catalogue.make import bodies, bring, resource_row
from tests.outbox_run import drain
from tests.suspension.make import place


@pytest.fixture
def resource(app: Flask) -> ResourceView:
    """One resource that suits; every body has a contact for exercises."""
    at = clock.now()
    with transaction() as tx:
        report = bring(tx, [*bodies(), resource_row("R0001")], at)
        assert not report.errors, report.errors
        return catalogue.resource(tx, "R0001")


@pytest.fixture
def begun(resource: ResourceView) -> steps.Begun:
    with transaction() as tx:
        return steps.file(tx, resource=resource, at=clock.now())


def _sorted(begun: steps.Begun) -> IncidentView:
    drain()
    with reading() as session:
        return incidents.incidents_of_complaint(session, begun.complaint_id)[0]


def _let_go(ref: str) -> str:
    document = steps.order()
    with transaction() as tx:
        return steps.let_go(tx, incident=ref, document=document, at=clock.now()).state


def test_everything_of_an_exercise_is_marked_and_uses_up_no_cap(
    begun: steps.Begun, resource: ResourceView
) -> None:
    incident = _sorted(begun)
    with reading() as session:
        hold = stops.standing(session, resource.id)[0]
        counted = session.execute(text("SELECT count(*) FROM precaution")).scalar_one()
    assert (incident.exercise, hold.exercise, hold.placed_by) == (True, True, "policy:precaution")
    assert counted == 0


def test_it_ends_itself_before_and_after_the_finding(
    begun: steps.Begun, resource: ResourceView
) -> None:
    first = _sorted(begun)
    assert _let_go(first.ref) == "released"
    with transaction() as tx:
        again = steps.file(tx, resource=resource, at=clock.now())
    second = _sorted(again)
    assert second.ref != first.ref
    with transaction() as tx:
        steps.find(tx, incident=second.ref, at=clock.now())
    assert _let_go(second.ref) == "lifted"
    with reading() as session:
        assert stops.standing(session, resource.id) == []
        assert all(n.exercise for n in notices.for_incident(session, second.ref))
        assert not incidents.released_before(session, resource.version_id)


def test_an_interrupted_drill_leaves_no_complaint_that_stops_later(
    begun: steps.Begun, resource: ResourceView
) -> None:
    with transaction() as tx:
        assert steps.take_back(tx, complaint_id=begun.complaint_id, at=clock.now()) is None
    drain()
    with reading() as session:
        assert stops.standing(session, resource.id) == []
        assert incidents.incidents_of_complaint(session, begun.complaint_id) == []


def test_the_drill_cannot_let_a_real_hold_go(resource: ResourceView, at: datetime) -> None:
    with transaction() as tx:
        place(tx, resource, at, incident="I0000009")
    with pytest.raises(ConflictError, match="Only a person may let go"):
        with transaction() as tx:
            suspension.request_lift(
                tx, incident="I0000009", by=steps.DRILL, reason="x", at=clock.now()
            )


def test_what_is_stopped_protected_or_not_named_is_left_alone(
    resource: ResourceView, at: datetime
) -> None:
    with reading() as session:
        assert choice.choose(session, None, demo=True, at=at).ref == "R0001"
        with pytest.raises(DrillError, match="--resource"):
            choice.choose(session, None, demo=False, at=at)
    with transaction() as tx:
        place(tx, resource, at)
    with reading() as session:
        with pytest.raises(DrillError, match="stopped already"):
            choice.choose(session, "R0001", demo=False, at=at)
        with pytest.raises(DrillError, match="No resource suits"):
            choice.choose(session, None, demo=True, at=at)


def test_without_running_parts_it_says_so_and_stops_nothing(
    resource: ResourceView, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CHUKU_TEST_DATABASE", raising=False)
    monkeypatch.setenv("CHUKU_DATA", settings.data)
    monkeypatch.setenv("CHUKU_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("CHUKU_REDIS_URL", settings.redis_url)
    result = CliRunner().invoke(drill.drill, ["--resource", "R0001"])
    assert isinstance(result.exception, DrillError)
    assert "parts are not running" in str(result.exception)
    with reading() as session:
        assert stops.standing(session, resource.id) == []
        assert session.execute(text("SELECT count(*) FROM complaint")).scalar_one() == 0


def test_a_step_that_does_not_happen_is_said_and_the_resource_goes_free(
    resource: ResourceView, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CHUKU_TEST_DATABASE", raising=False)
    monkeypatch.setenv("CHUKU_DATA", settings.data)
    monkeypatch.setenv("CHUKU_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("CHUKU_REDIS_URL", settings.redis_url)
    monkeypatch.setattr(choice, "need_parts", lambda _session, at: None)
    words = ["--resource", "R0001", "--within", "0.3"]
    result = CliRunner().invoke(drill.drill, words)
    assert result.exit_code == 1
    assert "The step 'sorted' did not happen within 0.3 s" in result.stderr
    assert "accepted" in result.stdout
    drain()
    with reading() as session:
        assert stops.standing(session, resource.id) == []
