"""``POST /api/v1/signals``: what a monitor says counts once, and stops what the policy allows."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from app.core.transaction import reading, transaction
from app.incidents import queries as incidents
from app.intake.models import Complaint
from tests.make import make_catalogue, make_key

BODY: dict[str, Any] = {
    "resource": {"id": "R0001"}, "text": "巡检：末页二维码指向赌博网站。", "kind": "gambling",
    "severe": True, "score": 0.99,
}  # fmt: skip


@pytest.fixture
def send(app, at):
    with transaction() as tx:
        make_catalogue(tx, at)
        key = make_key(tx, at, scope="signal")

    def call(body: Any = None, *, idem: str | None = "k1", bearer: str = key) -> Any:
        head = {"Authorization": f"Bearer {bearer}", "Content-Type": "application/json"}
        if idem is not None:
            head["Idempotency-Key"] = idem
        with app.app_context():
            return app.test_client().post(
                "/api/v1/signals", data=json.dumps(body or BODY), headers=head
            )

    return call


def _count() -> int:
    with reading() as session:
        return session.query(Complaint).count()


def test_a_sure_monitor_stops_a_grave_case_and_says_why(send):
    answer = send()
    assert answer.status_code == 202, answer.get_data(as_text=True)
    said = answer.get_json()
    assert set(said) == {"incident", "hold", "proposal", "why"}
    assert said["hold"] and said["why"]
    with reading() as session:
        assert incidents.incident(session, said["incident"]).state == "precaution"


def test_an_exact_replay_has_one_effect_and_the_same_answer(send):
    answers = [send() for _ in range(4)]
    assert {a.status_code for a in answers} == {202}
    assert len({a.get_data() for a in answers}) == 1
    assert _count() == 1


def test_the_same_signal_many_times_at_once_is_taken_once(send):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: send(), range(8)))
    assert {a.status_code for a in answers} == {202}
    assert len({a.get_data() for a in answers}) == 1
    assert _count() == 1


def test_a_key_used_for_another_signal_is_a_conflict(send):
    send()
    assert send({**BODY, "score": 0.97}).status_code == 409


def test_a_signal_without_its_key_or_with_a_strangers_is_refused(send):
    assert send(idem=None).status_code == 422
    assert send(bearer="chk_wrong").status_code == 401
    assert _count() == 0


def test_places_without_end_are_refused_by_name(send):
    answer = send({**BODY, "locators": [{"kind": "page", "from": "1"}] * 21})
    assert answer.status_code == 422
    assert "locators" in answer.get_json()["errors"]
