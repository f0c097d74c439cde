"""kill -9 of a worker at every step between complaint and letter (page 6 J1).

Each stage arms its failpoints, files one complaint and lets a person confirm it; nobody repairs
anything by hand. The last test proves that no step was forgotten.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.ground import Ground
from tests.faults.oracles import arrived
from tests.faults.spares import Spares
from tests.running import ROOT, eventually
from workers.handlers import periodic

pytestmark = [pytest.mark.fault, pytest.mark.timeout(900)]


def _around(*topics: str) -> list[str]:
    return [f"{when}:{topic}" for topic in topics for when in ("before", "after")]


STAGES = {
    "sorting a complaint": [*_around("triage.sort"), "triage:classified"],
    "telling the targets": [*_around("suspension.push"), "suspension.told"],
    "looking whether it is dark": _around("suspension.probe", "incidents.went_dark"),
    "keeping records": [*_around("evidence.capture"), "evidence.before_file",
                        "evidence.mid_file", "evidence.after_file"],
    "settling the records": _around("incidents.capture_settled", "intake.keep_original"),
    "keeping the decision": _around("incidents.keep_decision"),
    "minding the clocks": _around("incidents.clock"),
    "drawing letters up": _around("notices.send", "incidents.notice_rendered"),
    "delivering letters": [*_around("notices.deliver", "incidents.notice_settled"),
                           "notice:before-smtp", "notice:after-smtp"],
}  # fmt: skip
ELSEWHERE = {"F1", "F2", "F5", "restore.unnamed"}  # the web's: test_web_killed.py; a restore's
LATER = {"triage.late", "notices.chain", "incidents.went_light", "intake.outcome"}


@pytest.fixture(scope="module")
def _spares(_standing: Ground) -> Iterator[None]:
    with Spares(_standing.product, 2):
        yield


@pytest.mark.usefixtures("_spares")
@pytest.mark.parametrize("stage", STAGES)
def test_a_worker_killed_loses_nothing_and_repeats_nothing(ground: Ground, stage: str):
    resource = ground.fresh()
    ground.product.arm(*STAGES[stage])

    told = ground.complain(resource)
    ground.stopped(resource, within=240)
    ref = ground.incident(resource)["ref"]
    assert ground.confirm(ref).status_code == 200
    eventually(ground.all_sent(ref, 3), within=240)
    assert len(ground.holds(resource)) == 1
    assert len(set(arrived(ground, ref))) == 3, "the same letters, whatever was repeated"
    if stage == "minding the clocks":
        ground.product.move_clock(31 * 60)
    eventually(lambda: all(map(ground.product.fired, STAGES[stage])), within=240)

    assert ground.product.receipt(told.answer).status_code == 200
    assert len([one for one in ground.notices(ref) if not one["nudges_id"]]) == 3
    eventually(lambda: not _unsettled(ground, ref), within=120)


def _unsettled(ground: Ground, ref: str) -> list[str]:
    """What a confirmed incident still waits for."""
    open_duties = ground.rows(
        "SELECT d.step FROM duty d JOIN incident i ON i.id = d.incident_id "
        "WHERE i.ref = :ref AND d.state IN ('open', 'running') AND d.step <> 'remove'",
        ref=ref,
    )
    captures = ground.rows(
        "SELECT state FROM capture WHERE incident = :ref AND state <> 'done'", ref=ref
    )
    return [row["step"] for row in open_duties] + [row["state"] for row in captures]


def test_no_step_between_complaint_and_letter_is_left_out(ground: Ground):
    named = {name for names in STAGES.values() for name in names} | ELSEWHERE
    written = set()
    for folder in ("app", "workers"):
        for file in Path(ROOT / folder).rglob("*.py"):
            for piece in file.read_text("utf-8").split('failpoint("')[1:]:
                written.add(piece.split('"')[0])
    assert written <= named, "a failpoint that no test arms"
    done = {row["topic"] for row in ground.rows("SELECT DISTINCT topic FROM outbox")}
    topics = {name.split(":", 1)[1] for name in named if name.startswith(("before:", "after:"))}
    assert done - set(periodic()) - LATER <= topics, "a job that no test kills"
