"""Many at once: a brigade's lie, a crowd's alarm (design 2.7, page 6 A1 and K1)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.faults.ground import Ground
from tests.running import GAMBLING, eventually

pytestmark = [pytest.mark.fault, pytest.mark.timeout(900)]

LIE = GAMBLING  # a claim so plain that the policy stops on it


def _sorted_all(ground: Ground, resource: str, n: int) -> bool:
    """Whether triage has read all complaints about the resource."""
    return n == ground.one(
        "SELECT count(*) FROM complaint c JOIN resource r ON r.id = c.resource_id "
        "JOIN suggestion s ON s.complaint_id = c.id WHERE r.ref = :ref",
        ref=resource,
    )


def test_two_hundred_copies_of_a_lie_stop_once_and_one_officer_ends_it(ground: Ground):
    resource = ground.fresh()
    siblings = [
        row["ref"]
        for row in ground.rows(
            "SELECT s.ref FROM resource r JOIN resource s ON s.provider_id = r.provider_id "
            "AND s.id <> r.id WHERE r.ref = :ref AND NOT EXISTS "
            "(SELECT 1 FROM hold h WHERE h.resource_id = s.id AND h.lifted_at IS NULL)",
            ref=resource,
        )
    ]
    sources = [ground.source() for _ in range(5)]
    with ThreadPoolExecutor(5) as crowd:
        list(crowd.map(lambda n: ground.complain(resource, LIE, source=sources[n % 5]), range(200)))
    ground.stopped(resource, within=120)
    eventually(lambda: _sorted_all(ground, resource, 200), within=300)
    first = ground.incident(resource)["ref"]
    assert len(ground.holds(resource)) == 1
    assert ground.one(
        "SELECT count(DISTINCT source_tag) FROM complaint c JOIN resource r "
        "ON r.id = c.resource_id WHERE r.ref = :ref", ref=resource,
    ) == 5, "the count of independent sources is the count of networks"  # fmt: skip
    assert all(ground.state(ref) == "online" for ref in siblings[:10])

    done = ground.act(first, "release", reason="核查全部课件，未见所述内容。")
    assert done.status_code == 200

    eventually(lambda: ground.served(resource), within=60)
    for source in sources * 4:
        ground.complain(resource, LIE, source=source)
    eventually(lambda: _sorted_all(ground, resource, 220), within=120)
    assert ground.served(resource)
    assert len(ground.holds(resource)) == 1, "no second stop from further copies"
    second = ground.incident(resource)
    assert second["ref"] != first
    assert second["state"] == "alleged"
    assert f"proposal:{second['ref']}" in ground.calls(second["ref"])
    assert ground.notices(first) == [], "a released precaution writes to nobody"
    ground.act(second["ref"], "reject", reason="与已核查不实的举报相同。")
    eventually(lambda: ground.incident(resource)["state"] == "rejected", within=30)
    assert all(ground.state(ref) == "online" for ref in siblings[:10])


def test_fifty_complaints_at_once_are_one_incident(ground: Ground):
    resource = ground.fresh()
    with ThreadPoolExecutor(50) as crowd:
        told = list(crowd.map(lambda _: ground.complain(resource), range(50)))
    assert len({one.answer["ref"] for one in told}) == 50
    ground.stopped(resource, within=120)
    eventually(lambda: _sorted_all(ground, resource, 50), within=120)
    assert ground.one(
        "SELECT count(*) FROM incident i JOIN resource r ON r.id = i.resource_id "
        "WHERE r.ref = :ref", ref=resource,
    ) == 1  # fmt: skip
    assert ground.one(
        "SELECT count(*) FROM incident_complaint c JOIN incident i ON i.id = c.incident_id "
        "WHERE i.ref = :ref AND c.until IS NULL", ref=ground.incident(resource)["ref"],
    ) == 50  # fmt: skip
    assert len(ground.holds(resource)) == 1
    assert ground.confirm(ground.incident(resource)["ref"]).status_code == 200
