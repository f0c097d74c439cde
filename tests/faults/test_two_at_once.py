"""Two persons, two holds, two deliveries at once (page 6 K2, K3, J13)."""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Callable
from typing import Any

import pytest
import requests
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import create_engine, text

from tests.faults.ground import Ground
from tests.running import eventually

pytestmark = [pytest.mark.fault, pytest.mark.timeout(900)]


def _at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Run all, begun in the same moment; their answers in order."""
    gate, answers = threading.Barrier(len(acts)), [None] * len(acts)

    def run(n: int) -> None:
        gate.wait()
        answers[n] = acts[n]()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def _form(ground: Ground, who: requests.Session, incident: str, **form: str) -> dict[str, str]:
    """What the page this person looks at would send now: token and version included."""
    page = who.get(f"{ground.product.portal}/desk/incidents/{incident}", timeout=30).text
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    version = re.search(r'name="[a-z_-]*version"[^>]*value="(\d+)"', page)
    assert token and version, page[:1000]
    return {"csrf_token": token.group(1), "version": version.group(1), **form}


CONFIRM = {"category": "legal", "kind": "gambling", "reason": "经核实属实。",
           "summary": "课件末页二维码指向违法网站。"}  # fmt: skip
UNFOUNDED = {"reason": "核查全部课件，未见所述内容。"}


def test_two_officers_decide_at_once_one_wins_and_the_other_is_told(ground: Ground):
    resource = ground.fresh()
    ground.complain(resource)
    ground.stopped(resource)
    ref = ground.incident(resource)["ref"]
    seats = [ground.seat("officer", 0), ground.seat("officer", 1)]
    url = f"{ground.product.portal}/desk/incidents/{ref}"
    forms = [_form(ground, seats[0], ref, **CONFIRM), _form(ground, seats[1], ref, **UNFOUNDED)]

    answers = _at_once(
        lambda: seats[0].post(f"{url}/confirm", data=forms[0], timeout=60),
        lambda: seats[1].post(f"{url}/release", data=forms[1], timeout=60),
    )

    assert sorted(one.status_code for one in answers) == [200, 409]
    told = next(one for one in answers if one.status_code == 409)
    assert ref in told.text
    assert 'class="notice' in told.text, "the page as it is now says why"
    won = "found" if answers[0].status_code == 200 else "released"
    assert ground.incident(resource)["state"] == won
    decided = ground.rows(
        "SELECT d.kind FROM decision d JOIN incident i ON i.id = d.incident_id "
        "WHERE i.ref = :ref AND d.kind IN ('confirm', 'release')", ref=ref,
    )  # fmt: skip
    assert len(decided) == 1
    eventually(lambda: ground.dark(resource) is (won == "found"), within=60)
    eventually(ground.all_sent(ref, 3 if won == "found" else 0), within=120)


def test_a_stop_against_a_release_in_the_same_moment_leaves_the_resource_dark(ground: Ground):
    resource = ground.fresh()
    ground.complain(resource)
    ground.stopped(resource)
    first = ground.incident(resource)["ref"]
    ground.complain(resource, "课文里的地图和表述有严重的政治性错误")
    other = eventually(
        lambda: list(ground.rows(
            "SELECT i.ref FROM incident i JOIN resource r ON r.id = i.resource_id "
            "WHERE r.ref = :ref AND i.ref <> :first", ref=resource, first=first)),
        within=60,
    )[0]["ref"]  # fmt: skip
    seats = [ground.seat("officer", 0), ground.seat("officer", 1)]
    desk = f"{ground.product.portal}/desk/incidents"
    forms = [_form(ground, seats[0], first, **UNFOUNDED),
             _form(ground, seats[1], other, reason="先停传，再核实。")]  # fmt: skip

    answers = _at_once(
        lambda: seats[0].post(f"{desk}/{first}/release", data=forms[0], timeout=60),
        lambda: seats[1].post(f"{desk}/{other}/stop", data=forms[1], timeout=60),
    )

    assert [one.status_code for one in answers] == [200, 200]
    ground.stopped(resource)
    holds = {hold["incident"]: hold["lifted_at"] for hold in ground.holds(resource)}
    assert holds[first] is not None
    assert holds[other] is None, "lifting one hold never frees what another covers"


def test_a_ring_that_comes_twice_does_the_work_once(ground: Ground):
    resource = ground.fresh()
    ground.complain(resource)
    bell = Queue("stop", connection=ground.redis(), serializer=JSONSerializer)
    for _ in range(10):
        bell.enqueue("workers.run.drain", "stop")
    ground.stopped(resource)
    assert len(ground.holds(resource)) == 1
    assert ground.confirm(ground.incident(resource)["ref"]).status_code == 200


def test_every_promise_delivered_a_second_time_changes_nothing(ground: Ground):
    resource = ground.fresh()
    ground.complain(resource)
    ground.stopped(resource)
    ref = ground.incident(resource)["ref"]
    assert ground.confirm(ref).status_code == 200
    eventually(ground.all_sent(ref, 3), within=120)
    eventually(lambda: not _waiting(ground), within=120)
    before = _traces(ground, resource, ref)

    _deliver_again(ground)

    eventually(lambda: not _waiting(ground), within=180)
    assert _traces(ground, resource, ref) == before
    assert ground.dark(resource)


_PERIODIC = (
    "('audit.sequence', 'audit.seal_access', 'evidence.scrub', 'incidents.sweep', "
    "'intake.expire_drafts', 'intake.forget_source_keys', 'suspension.late', "
    "'suspension.reconcile')"
)


def _waiting(ground: Ground) -> int:
    now = ground.now()
    due = now if not ground.sqlite else now.replace(tzinfo=None).isoformat(sep=" ")
    return ground.one(
        f"SELECT count(*) FROM outbox WHERE done_at IS NULL AND due_at <= :due "
        f"AND topic NOT IN {_PERIODIC}", due=due,
    )  # fmt: skip


def _deliver_again(ground: Ground) -> None:
    again = (
        f"UPDATE outbox SET done_at = NULL WHERE done_at IS NOT NULL AND topic NOT IN {_PERIODIC}"
    )
    if ground.sqlite:
        with sqlite3.connect(ground.product.folder / "chuku.db", timeout=60) as link:
            link.execute(again)
        link.close()
        return
    with create_engine(ground.product.env["CHUKU_DATABASE_URL"]).begin() as link:
        link.execute(text(again))


def _traces(ground: Ground, resource: str, ref: str) -> dict[str, Any]:
    """Everything a second delivery could have left behind."""
    return {
        "holds": len(ground.holds(resource)),
        "generation": ground.one(
            "SELECT generation FROM stop_state s JOIN resource r ON r.id = s.resource_id "
            "WHERE r.ref = :ref", ref=resource),
        "letters": [(n["number"], n["rendered_sha256"]) for n in ground.notices(ref)],
        "mails": len(ground.product.letters()),
        "evidence": ground.one(
            "SELECT count(*) FROM evidence_item WHERE incident = :ref", ref=ref),
        "duties": [(d["step"], d["role"], d["state"]) for d in ground.rows(
            "SELECT d.* FROM duty d JOIN incident i ON i.id = d.incident_id "
            "WHERE i.ref = :ref ORDER BY d.seq", ref=ref)],
        "suggestions": ground.one("SELECT count(*) FROM suggestion"),
        "told": len(ground.hook.about(resource)),
    }  # fmt: skip
