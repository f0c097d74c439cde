"""Edges and hooks that fail, hang, lie or stop (page 6 G4–G7)."""

from __future__ import annotations

import signal
from typing import Any

import pytest

from tests.faults.ground import Ground
from tests.running import eventually

pytestmark = [pytest.mark.fault, pytest.mark.timeout(900)]


def _parts_page(ground: Ground) -> str:
    return ground.seat().get(f"{ground.product.portal}/desk/parts", timeout=30).text


def _hook(ground: Ground, resource: str) -> dict[str, Any]:
    """What the product knows of the hook's state; empty before a hold is placed."""
    found = ground.rows(
        "SELECT e.* FROM enforcement e JOIN target t ON t.id = e.target_id "
        "JOIN resource r ON r.id = e.resource_id WHERE t.name = 'hook' AND r.ref = :ref",
        ref=resource,
    )
    return found[0] if found else {"last_error": "", "applied": 0}


def test_a_hook_that_answers_500_is_called_until_it_accepts_and_a_person_is_told(ground: Ground):
    ground.hook.behaviour = "500"
    resource = ground.fresh()
    ground.complain(resource)
    eventually(lambda: ground.dark(resource), within=60)
    eventually(lambda: (_hook(ground, resource)["last_error"] or "") != "", within=60)
    assert ground.stopped_at(resource) is None, "a must target has not confirmed"
    ground.product.move_clock(90)
    ref = ground.incident(resource)["ref"]
    eventually(lambda: any(key.startswith("target:") for key in ground.calls(ref)), within=60)
    assert "500" in _parts_page(ground)
    eventually(lambda: len(ground.hook.about(resource)) >= 2, within=60)
    ground.hook.well()
    ground.product.move_clock(60)
    eventually(lambda: ground.stopped_at(resource), within=90)
    told = ground.hook.about(resource)
    assert len({one["id"] for one in told}) == 1, "every repeat is the same message"
    assert {one["data"]["state"] for one in told} == {"stopped"}
    assert ground.confirm(ref).status_code == 200


def test_a_hook_that_hangs_holds_up_no_other_stop(ground: Ground):
    ground.hook.behaviour = "hang"
    first, second = ground.fresh(), None
    ground.complain(first)
    eventually(lambda: ground.hook.about(first), within=60)
    second = ground.fresh()
    ground.complain(second)
    eventually(lambda: ground.dark(first), within=60)
    eventually(lambda: ground.dark(second), within=90)
    ground.hook.well()
    ground.product.move_clock(60)
    for resource in (first, second):
        eventually(lambda one=resource: ground.stopped_at(one), within=120)
        assert ground.confirm(ground.incident(resource)["ref"]).status_code == 200


def test_a_hook_that_points_elsewhere_is_not_followed_and_does_not_count(ground: Ground):
    ground.hook.behaviour = "redirect"
    resource = ground.fresh()
    ground.complain(resource)
    eventually(lambda: "302" in (_hook(ground, resource)["last_error"] or ""), within=60)
    assert ground.stopped_at(resource) is None
    ground.hook.well()
    ground.product.move_clock(60)
    eventually(lambda: ground.stopped_at(resource), within=120)
    assert ground.confirm(ground.incident(resource)["ref"]).status_code == 200


def test_a_target_that_lies_is_not_believed_stopped_is_what_the_probe_saw(ground: Ground):
    resource = ground.fresh()
    assert ground.product.kill("edge/agent", sig=signal.SIGSTOP) == 1
    ground.complain(resource)
    eventually(lambda: ground.hook.about(resource), within=60)  # it says yes
    eventually(lambda: _hook(ground, resource)["applied"] > 0, within=60)
    eventually(lambda: ground.one(
        "SELECT count(*) FROM probe_round p JOIN resource r ON r.id = p.resource_id "
        "WHERE r.ref = :ref", ref=resource), within=60)  # fmt: skip
    assert ground.served(resource)
    assert ground.stopped_at(resource) is None
    ref = ground.incident(resource)["ref"]
    page = ground.seat().get(f"{ground.product.portal}/desk/incidents/{ref}", timeout=30).text
    assert "仍可访问" in page, "still served at …, in red"
    ground.product.kill("edge/agent", sig=signal.SIGCONT)
    eventually(lambda: ground.stopped_at(resource), within=120)
    assert ground.confirm(ref).status_code == 200


def test_an_agent_that_was_gone_keeps_denied_denied_and_catches_up_in_order(ground: Ground):
    stopped: list[str] = []
    for _ in range(2):
        # One after the other: the second is chosen with what the first used up of the caps.
        stopped.append(ground.fresh())
        ground.complain(stopped[-1])
        ground.stopped(stopped[-1], within=120)
    dark, freed = stopped
    later = ground.fresh()
    assert ground.product.kill("edge/agent", sig=signal.SIGSTOP) == 1
    ref = ground.incident(freed)["ref"]
    assert ground.act(ref, "release", reason="核查全部课件，未见所述内容。").status_code == 200
    ground.complain(later)
    eventually(lambda: ground.holds(later), within=60)
    assert ground.dark(dark)
    assert ground.dark(freed), "without its agent the edge keeps what it has"
    gone = set(ground.product.pids("edge/agent"))
    ground.product.kill("edge/agent", sig=signal.SIGKILL)
    ground.part_back("edge/agent", gone=gone)
    eventually(lambda: ground.dark(later), within=90)
    eventually(lambda: ground.served(freed), within=90)
    assert ground.dark(dark)
    for resource in (dark, later):
        assert ground.confirm(ground.incident(resource)["ref"]).status_code == 200


def test_a_killed_nginx_comes_back_with_denied_denied(ground: Ground):
    dark, bystander = ground.fresh(), ground.untouched()
    ground.complain(dark)
    ground.stopped(dark)
    assert ground.served(bystander)
    gone = set(ground.product.pids("nginx: master"))
    assert ground.product.kill("nginx: master") == 1
    seen = set()

    def another() -> bool:
        seen.update(ground.edge_answers(dark).values())
        return bool(set(ground.product.pids("nginx: master")) - gone)

    eventually(another, within=90)
    eventually(lambda: ground.served(bystander), within=90)
    assert seen <= {0, 451, 503}, "never served in between"
    eventually(lambda: ground.dark(dark), within=30)
    assert ground.confirm(ground.incident(dark)["ref"]).status_code == 200
