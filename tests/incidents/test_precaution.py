"""The precaution's thirty minutes: what waits, what goes, what is called back."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.core.errors import ConflictError
from app.incidents import decisions, duties, lifting, rows
from app.suspension import queries as stops
from tests.incidents.make import (
    World,
    confirm,
    duty_states,
    letters,
    make_incident,
    make_precaution,
    make_world,
    see_captured,
    see_dark,
    send,
    told,
)

MINUTE = timedelta(minutes=1)


@pytest.fixture
def world(tx: Session, at: datetime) -> World:
    return make_world(tx, at)


def _review_ends(tx: Session, world: World, ref: str) -> datetime:
    from app.incidents import jobs  # noqa: PLC0415

    end = world.at + 30 * MINUTE
    row = rows.lock(tx, ref)
    jobs._review_ended(tx, row, end)
    duties.advance_duties(tx, row, end)
    return end


def test_no_letter_goes_while_the_review_clock_runs(tx: Session, world: World) -> None:
    ref = make_precaution(tx, world).ref
    see_dark(tx, world, ref, world.at + MINUTE)
    see_captured(tx, ref, world.at + 2 * MINUTE)
    assert letters(tx, ref) == []
    assert duty_states(tx, ref)["stop_transmission", ""] == "done"


def test_confirmation_sends_report_and_inform_at_once(tx: Session, world: World) -> None:
    ref = make_precaution(tx, world).ref
    see_dark(tx, world, ref, world.at + MINUTE)
    see_captured(tx, ref, world.at + MINUTE)
    confirm(tx, world, ref, at=world.at + 2 * MINUTE)
    assert told(tx, ref) == {
        ("report", "authority"),
        ("report", "regulator"),
        ("inform", "provider"),
    }
    holds = stops.holds(tx, incident=ref)
    assert [(h.kind, h.confirmed_by) for h in holds] == [("confirmed", world.ada)]


def test_silence_sends_the_first_report_worded_to_be_verified_and_the_hold_stays(
    tx: Session, world: World
) -> None:
    ref = make_precaution(tx, world).ref
    see_dark(tx, world, ref, world.at + MINUTE)
    see_captured(tx, ref, world.at + MINUTE)
    end = _review_ends(tx, world, ref)
    assert told(tx, ref) == {
        ("report", "authority"),
        ("report", "regulator"),
        ("inform", "provider"),
    }
    wordings = {row.wording for row in rows.duties(tx, rows.by_ref(tx, ref)) if row.role}
    assert wordings == {"precaution"}
    assert rows.by_ref(tx, ref).state == "precaution"
    assert all(hold.standing for hold in stops.holds(tx, incident=ref))
    roles = {page.role for page in accounts.open_pages(tx, [world.resource.platform_id])}
    assert "supervisor" in roles
    assert rows.by_ref(tx, ref).review_ended_at == end


def test_a_finding_after_silence_is_reported_as_a_finding_too(tx: Session, world: World) -> None:
    ref = make_precaution(tx, world).ref
    see_dark(tx, world, ref, world.at + MINUTE)
    end = _review_ends(tx, world, ref)
    before = len(letters(tx, ref))
    confirm(tx, world, ref, at=end + MINUTE)
    see_dark(tx, world, ref, end + 2 * MINUTE)
    assert len(letters(tx, ref)) > before


def test_rejection_in_time_tells_nobody_and_frees_at_once(tx: Session, world: World) -> None:
    ref = make_precaution(tx, world).ref
    see_captured(tx, ref, world.at)
    view = decisions.release(
        tx, ref=ref, reason="二维码为班级群", by=world.ada, at=world.at + MINUTE
    )
    assert view.state == "released"
    assert not view.open
    assert letters(tx, ref) == []
    assert not any(hold.standing for hold in stops.holds(tx, incident=ref))
    assert duty_states(tx, ref)["report", "authority"] == "cancelled"


def test_release_after_silence_corrects_everyone_who_was_told(tx: Session, world: World) -> None:
    ref = make_precaution(tx, world).ref
    see_dark(tx, world, ref, world.at + MINUTE)
    see_captured(tx, ref, world.at + MINUTE)
    end = _review_ends(tx, world, ref)
    send(tx, ref, "report", end)
    send(tx, ref, "inform", end)
    decisions.release(tx, ref=ref, reason="不属实", by=world.ada, at=end + MINUTE)
    assert {role for kind, role in told(tx, ref) if kind == "correct"} == {
        "authority",
        "regulator",
        "provider",
    }


def test_what_an_officer_stopped_needs_two_to_let_go(tx: Session, world: World) -> None:
    ref = make_incident(tx, world).ref
    decisions.stop_now(tx, ref=ref, reason="紧急", by=world.ada, at=world.at)
    with pytest.raises(ConflictError):
        decisions.release(tx, ref=ref, reason="不属实", by=world.ben, at=world.at)
    lifting.request_lift(tx, ref=ref, reason="不属实", by=world.ben, at=world.at)
    with pytest.raises(ConflictError):
        lifting.approve_lift(tx, ref=ref, reason="同意", by=world.ben, at=world.at)
    with pytest.raises(ConflictError):  # 安达 placed it
        lifting.approve_lift(tx, ref=ref, reason="同意", by=world.ada, at=world.at)
    assert lifting.approve_lift(tx, ref=ref, reason="同意", by=world.cai, at=world.at).state == (
        "released"
    )


def test_a_brigade_is_ended_in_one_go(tx: Session, world: World) -> None:
    refs = [
        make_precaution(tx, world).ref,
        make_precaution(tx, world, routing_kind="politics", kind=None).ref,
    ]
    refs.append(make_incident(tx, world, routing_kind="timeliness", kind=None).ref)
    results = decisions.release_many(tx, refs=refs, reason="刷量举报", by=world.ada, at=world.at)
    assert [results[ref] for ref in refs[:2]] == [None, None]
    assert results[refs[2]] is not None


def test_a_stale_version_is_told_and_changes_nothing(tx: Session, world: World) -> None:
    seen = make_precaution(tx, world)
    decisions.release(
        tx, ref=seen.ref, reason="不属实", by=world.ada, at=world.at, version=seen.version
    )
    with pytest.raises(ConflictError, match="first"):
        decisions.confirm(
            tx,
            ref=seen.ref,
            category="legal",
            kind="gambling",
            reason="属实",
            summary="属实",
            by=world.ben,
            at=world.at,
            version=seen.version,
        )
    assert rows.by_ref(tx, seen.ref).state == "released"
