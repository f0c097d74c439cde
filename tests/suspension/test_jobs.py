"""Targets that obey, break and lie; the probe has the last word (laws 2 and 3; G4-G6)."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from standardwebhooks import Webhook

from app.core import clock
from app.core.errors import UnavailableError
from app.core.keystore import keys
from app.core.transaction import reading, transaction
from app.outbox.models import OutboxRow
from app.suspension import enforcement, jobs, queries, service
from app.suspension.models import Enforcement, Observation
from app.suspension.target import TargetError
from app.suspension.values import RoundView
from tests.catalogue.make import address_row, bring, resource_row
from tests.outbox_run import drain
from tests.suspension.make import ANNA, Host, make_resource, placed, serving

INCIDENT = "I0000001"


@pytest.fixture
def host() -> Iterator[Host]:
    with serving() as made:
        yield made


@pytest.fixture
def now() -> datetime:
    return clock.now()


@pytest.fixture
def resource(app: Flask, host: Host, now):
    with transaction() as tx:
        return make_resource(tx, now, port=host.port)


def add_hook(host: Host, now: datetime, *, name: str = "hook", must: bool = True) -> int:
    with transaction() as tx:
        return enforcement.add_target(
            tx, kind="webhook", name=name, must=must, at=now,
            config={"url": f"http://127.0.0.1:{host.port}/hook"},
        )  # fmt: skip


def release(now: datetime) -> None:
    with transaction() as tx:
        service.release(tx, incident=INCIDENT, by=ANNA, reason="unfounded", at=now)


def look(resource, n: int = 0) -> None:
    state = view(resource)
    jobs.look(resource_id=resource.id, epoch=state.epoch, generation=state.generation, n=n)


def view(resource):
    with reading() as session:
        return queries.stop_state(session, resource.id)


def put(topic: str) -> list[dict]:
    with reading() as session:
        rows = session.scalars(sa.select(OutboxRow).where(OutboxRow.topic == topic)).all()
        return [r.payload for r in rows]


def rounds(resource) -> list[RoundView]:
    with reading() as session:
        return queries.rounds(session, resource.id)


def test_law_3_stopped_is_what_the_probe_saw(host, resource, now) -> None:
    hold = placed(resource, now)
    look(resource)
    assert view(resource).stopped_at is None
    with reading() as session:
        assert all(s.still_served for s in queries.address_states(session, resource.id))
    host.denied["/r/R0001/"] = hold.ref
    look(resource, 1)
    state = view(resource)
    assert (state.state, state.stopped_at is not None) == ("stopped", True)
    assert state.seconds_to_dark is not None
    assert put("incidents.went_dark") == [{"resource_id": resource.id, "generation": 1}]
    assert [r.all_dark for r in rounds(resource)] == [False, True]
    assert {s["status"] for s in rounds(resource)[1].seen} == {451}


def test_one_address_still_served_is_partly_stopped(host, resource, now) -> None:
    hold = placed(resource, now)
    host.denied = {"/r/R0001/index": hold.ref, "/r/R0001/hls": hold.ref}
    look(resource)
    assert (view(resource).state, view(resource).stopped_at) == ("partly_stopped", None)
    with reading() as session:
        served = [s.url for s in queries.address_states(session, resource.id) if s.still_served]
    assert [u.rsplit("/", 1)[1] for u in served] == ["video.webm"]


def test_every_must_target_must_have_applied_before_it_counts(host, resource, now) -> None:
    target = add_hook(host, now)
    hold = placed(resource, now)
    host.denied["/r/R0001/"] = hold.ref
    look(resource)
    assert view(resource).state == "stopped"
    assert view(resource).stopped_at is None
    jobs.push(target_id=target, resource_id=resource.id)
    look(resource, 1)
    assert view(resource).stopped_at is not None


def test_the_probe_says_who_it_is_carries_no_cookie_and_asks_for_one_byte(
    host, resource, now
) -> None:
    placed(resource, now)
    look(resource)
    assert {path for _, path, _, _ in host.asked} == {
        "/r/R0001/index.html", "/r/R0001/video.webm", "/r/R0001/hls/"
    }  # fmt: skip
    for _, path, head, _ in host.asked:
        assert head["user-agent"].startswith("Chuku-Probe/1 (+")
        assert "cookie" not in head
        assert "authorization" not in head
        assert head.get("range") == (None if path.endswith(".html") else "bytes=0-0")


def test_the_probe_dials_connect_to_with_the_catalogues_host(app, host, now) -> None:
    row = resource_row("R0001")
    alias = {
        "url": f"http://kecheng.localhost:{host.port}/r/R0001/index.html", "role": "page",
        "hosting": "own", "mode": "exact", "connect_to": f"127.0.0.1:{host.port}",
    }  # fmt: skip
    with transaction() as tx:
        resource = make_resource(tx, now, addresses=[alias])
    assert row
    placed(resource, now)
    look(resource)
    assert [head["host"] for _, _, head, _ in host.asked] == [f"kecheng.localhost:{host.port}"]


def test_private_networks_only_by_setting(app, host, resource, now) -> None:
    from dataclasses import replace

    app.config["CHUKU"] = replace(app.config["CHUKU"], probe_nets="")
    placed(resource, now)
    look(resource)
    assert host.asked == []
    assert all(s["error"] and not s["dark"] for s in rounds(resource)[0].seen)


def test_a_login_page_or_a_200_is_not_dark(host, resource, now) -> None:
    hold = placed(resource, now)
    host.denied["/r/R0001/"] = hold.ref
    for host.status in (200, 302, 401, 500):
        look(resource)
        assert view(resource).state == "online"


def test_404_without_our_reference_needs_two_agreeing_rounds(host, now, app) -> None:
    with transaction() as tx:
        row = address_row("R0001", "index.html", "page")
        row["url"] = row["url"].replace(":8090", f":{host.port}")
        resource = make_resource(tx, now, port=host.port, addresses=[row])
    placed(resource, now)
    host.denied["/"] = "x"
    host.with_ref = False
    host.status = 404
    look(resource)
    assert view(resource).stopped_at is None
    host.status = 410
    look(resource, 1)
    assert view(resource).stopped_at is None  # another answer: they do not agree
    look(resource, 2)
    assert view(resource).stopped_at is not None


def test_an_address_that_does_not_answer_is_neither(host, resource, now) -> None:
    hold = placed(resource, now)
    host.denied["/r/R0001/"] = hold.ref
    look(resource)
    assert view(resource).stopped_at is not None
    with transaction() as tx:  # our own line is down
        tx.execute(sa.text("UPDATE address SET connect_to = '127.0.0.1:1'"))
    look(resource, 1)
    assert view(resource).stopped_at is not None
    with reading() as session:
        assert all(s.error and s.dark for s in queries.address_states(session, resource.id))


def test_served_again_after_dark_is_shown_and_a_person_is_called(host, resource, now) -> None:
    hold = placed(resource, now)
    host.denied["/r/R0001/"] = hold.ref
    look(resource)
    host.denied.clear()
    look(resource, 1)
    assert (view(resource).state, view(resource).stopped_at) == ("online", None)
    with reading() as session:
        assert session.execute(sa.text("SELECT count(*) FROM officer_page")).scalar() == 1


def test_lift_is_followed_until_it_plays_again(host, resource, now) -> None:
    hold = placed(resource, now)
    host.denied["/r/R0001/"] = hold.ref
    look(resource)
    release(now)
    look(resource)
    assert put("incidents.went_light") == []
    host.denied.clear()
    look(resource, 1)
    assert put("incidents.went_light") == [{"resource_id": resource.id, "generation": 2}]
    assert (view(resource).state, view(resource).dark) == ("online", False)


def test_a_round_of_an_older_generation_draws_no_conclusion(host, resource, now) -> None:
    hold = placed(resource, now)
    host.denied["/r/R0001/"] = hold.ref
    release(now)
    jobs.look(resource_id=resource.id, epoch=1, generation=1, n=0)
    assert rounds(resource) == []
    assert put("incidents.went_dark") == []


def test_the_chain_of_looks_promises_its_next_one_once(host, resource, now) -> None:
    placed(resource, now)
    look(resource, 0)
    look(resource, 0)
    with reading() as session:
        chain = session.scalars(
            sa.select(OutboxRow.key).where(OutboxRow.key.contains(":chain:")).order_by(OutboxRow.id)
        ).all()
    assert [k.rsplit(":", 1)[1] for k in chain] == ["0", "1"]


def test_webhook_is_signed_and_its_id_is_stable(host, resource, now) -> None:
    target = add_hook(host, now)
    placed(resource, now)
    host.hook_status = 500
    with pytest.raises(TargetError, match="500"):
        jobs.push(target_id=target, resource_id=resource.id)
    host.hook_status = 204
    jobs.push(target_id=target, resource_id=resource.id)
    jobs.push(target_id=target, resource_id=resource.id)  # applied: nothing more is sent
    first, second = host.hooks()
    assert first[2]["webhook-id"] == second[2]["webhook-id"] == "msg_hook_R0001_1_1"
    secret = "whsec_" + base64.b64encode(keys().secret("target:hook")).decode()
    body = Webhook(secret).verify(second[3], second[2])
    assert (body["type"], body["data"]["state"]) == ("resource.stopped", "stopped")
    assert (body["data"]["epoch"], body["data"]["generation"]) == (1, 1)
    assert len(body["data"]["match"]) == 3
    assert view(resource).targets[0].applied == 1


def test_only_2xx_is_acceptance(host, resource, now) -> None:
    target = add_hook(host, now)
    placed(resource, now)
    refusals = (301, 302, 400, 404, 410, 429, 500, 503)
    for host.hook_status in refusals:
        with pytest.raises(TargetError):
            jobs.push(target_id=target, resource_id=resource.id)
        assert view(resource).targets[0].error == f"answered {host.hook_status}"
        with transaction() as tx:  # the lease is let go: the next attempt is not held up
            assert tx.scalars(sa.select(Enforcement.sending_until)).one() is None
    assert len(host.hooks()) == len(refusals)  # a redirect is not followed


def test_a_worker_sends_todays_state_not_the_promised_one(host, resource, now) -> None:
    target = add_hook(host, now)
    placed(resource, now)
    release(now)
    for payload in put("suspension.push"):
        jobs.push(**payload)
    (only,) = host.hooks()
    assert json.loads(only[3])["data"]["generation"] == 2
    assert json.loads(only[3])["type"] == "resource.restored"
    assert target


def test_lower_generation_is_never_sent_after_a_higher(host, resource, now) -> None:
    """G4: the sender of generation 1 is overtaken while it calls; it sends 2 itself, last."""
    target = add_hook(host, now)
    placed(resource, now)
    with transaction() as tx:
        slow = enforcement.begin_push(
            tx, target_id=target, resource_id=resource.id, holder="slow", at=now
        )
    release(now)
    with pytest.raises(UnavailableError), transaction() as tx:  # the other must wait its turn
        enforcement.begin_push(
            tx, target_id=target, resource_id=resource.id, holder="quick", at=now
        )
    with transaction() as tx:
        more = enforcement.settle_push(tx, slow, holder="slow", at=now)
    assert more  # the state moved on: call again
    with transaction() as tx:
        follow = enforcement.begin_push(
            tx, target_id=target, resource_id=resource.id, holder="slow", at=now
        )
    assert (slow.wanted.generation, follow.wanted.generation) == (1, 2)


def test_a_dead_senders_lease_ends(host, resource, now) -> None:
    target = add_hook(host, now)
    placed(resource, now)
    with transaction() as tx:
        enforcement.begin_push(tx, target_id=target, resource_id=resource.id, holder="dead", at=now)
    with transaction() as tx:
        later = now + timedelta(seconds=46)
        assert enforcement.begin_push(
            tx, target_id=target, resource_id=resource.id, holder="next", at=later
        )


def test_g6_a_lying_target_is_not_believed(host, resource, now) -> None:
    target = add_hook(host, now)
    placed(resource, now)
    jobs.push(target_id=target, resource_id=resource.id)  # 204, and goes on serving
    look(resource)
    state = view(resource)
    assert not state.targets[0].behind
    assert (state.state, state.stopped_at) == ("online", None)
    assert put("incidents.went_dark") == []


def test_a_late_must_target_calls_a_person_once(host, resource, now) -> None:
    add_hook(host, now)
    placed(resource, now - timedelta(seconds=59))
    jobs.late()
    assert _pages() == 0
    with transaction() as tx:
        tx.execute(sa.update(Enforcement).values(desired_at=now - timedelta(seconds=61)))
    jobs.late()
    jobs.late()
    assert _pages() == 1


def test_an_optional_target_calls_nobody(host, resource, now) -> None:
    add_hook(host, now, must=False)
    placed(resource, now - timedelta(hours=1))
    jobs.late()
    assert _pages() == 0


def test_lateness_counts_from_the_first_change_it_missed(host, resource, now) -> None:
    add_hook(host, now)
    placed(resource, now - timedelta(seconds=90))
    placed(resource, now, incident="I0000002", by=ANNA)
    jobs.late()
    assert _pages() == 1


def _pages() -> int:
    with reading() as session:
        return session.execute(sa.text("SELECT count(*) FROM officer_page")).scalar()


def test_purge_is_by_surrogate_key_both_ways_and_is_not_a_stop(
    host, resource, now, tmp_path
) -> None:
    token = tmp_path / "token"
    token.write_text("sesame\n")
    with transaction() as tx:
        target = enforcement.add_target(
            tx, kind="cdn_purge", name="cdn", must=True, at=now,
            config={"url": f"http://127.0.0.1:{host.port}/purge/{{key}}", "method": "PURGE",
                    "token_header": "Fastly-Key", "token_prefix": "", "token_file": str(token)},
        )  # fmt: skip
    placed(resource, now)
    jobs.push(target_id=target, resource_id=resource.id)
    release(now)
    jobs.push(target_id=target, resource_id=resource.id)
    for method, path, head, _ in host.hooks():
        assert (method, path) == ("PURGE", "/purge/R0001")
        assert (head["surrogate-key"], head["fastly-key"]) == ("R0001", "sesame")
    assert len(host.hooks()) == 2
    assert view(resource).stopped_at is None


def test_reconcile_holds_an_address_that_appeared_under_a_hold(host, resource, now) -> None:
    placed(resource, now)
    jobs.reconcile()
    assert view(resource).generation == 1
    more = address_row("R0001", "extra.pdf", "attachment", digest="d" * 64)
    rows = resource_row("R0001")
    with transaction() as tx:
        bring(tx, [{**rows, "addresses": [*rows["addresses"], more]}], now)
    jobs.reconcile()
    assert view(resource).generation == 2
    with reading() as session:
        assert all(s.desired_dark for s in queries.address_states(session, resource.id))
        assert session.scalars(sa.select(Observation)).all() == []


def test_promised_work_ends_with_a_look_that_tells_the_incident(host, resource, now) -> None:
    hold = placed(resource, now)
    host.denied["/r/R0001/"] = hold.ref
    drain()
    assert view(resource).state == "stopped"
    assert put("incidents.went_dark") == [{"resource_id": resource.id, "generation": 1}]
