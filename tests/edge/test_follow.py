"""What the agent believes, keeps and refuses; a real agent process, and the state alone."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from edge.denylist import DenyState, Entry, GapError, RefusedError, check_signature, parse_answer
from edge.store import Store, rule_line
from tests.edge.centre import Centre, exact, prefix
from tests.edge.host import ROOT, Host, eventually


def taken(centre: Centre, state: DenyState | None = None) -> DenyState:
    """The state after the centre's snapshot."""
    state = state or DenyState()
    state.replace(*parse_answer(centre.snapshot()))
    return state


def forward(centre: Centre, state: DenyState, since: int) -> dict[Any, str | None]:
    return state.advance(*parse_answer(centre.increments(since, 0)))


# --- the state alone ----------------------------------------------------------------------------


def test_increments_lead_to_the_same_state_as_the_snapshot() -> None:
    centre = Centre()
    centre.change("A", [exact("/a"), prefix("/b/")])
    state = taken(centre)
    centre.change("A", [exact("/a")], "B2")
    centre.change("B", [exact("/课")])
    changed = forward(centre, state, 1)
    assert changed == {
        ("e", "127.0.0.1", "/a"): "B2",
        ("e", "127.0.0.1", "/课"): "B1",
        ("p", "127.0.0.1", "/b"): None,
    }
    assert state.mark == taken(centre).mark
    assert list(state.rules()) == list(taken(centre).rules())


def test_a_lower_or_equal_generation_is_ignored() -> None:
    centre = Centre()
    centre.change("A", [exact("/a")])
    late_restore = dict(centre.log[0], match=[], dark=False, block_ref=None)
    centre.change("A", [exact("/a"), exact("/b")])
    state = taken(centre)
    centre.log.append(dict(late_restore, seq=3, generation=1))
    centre.seq = 3
    assert forward(centre, state, 2) == {}
    centre.log[-1]["generation"] = 2
    assert forward(centre, state, 2) == {}
    assert state.why("127.0.0.1", "/a") == "B1"


def test_a_stop_that_was_lifted_does_not_come_back_late() -> None:
    centre = Centre()
    centre.change("A", [exact("/a")])
    stop = dict(centre.log[0])
    state = taken(centre)
    centre.change("A", [])
    forward(centre, state, 1)
    taken(centre, state)  # a snapshot in between does not make it forget
    centre.log.append(dict(stop, seq=3))
    centre.seq = 3
    assert forward(centre, state, 2) == {}
    assert state.why("127.0.0.1", "/a") is None


def test_lines_that_do_not_lead_to_the_checkpoint_change_nothing() -> None:
    centre = Centre()
    centre.change("A", [exact("/a")])
    state = taken(centre)
    mark = state.mark
    centre.change("B", [exact("/b")])
    centre.change("C", [prefix("/c")])
    entries, checkpoint = parse_answer(centre.increments(1, 0))
    with pytest.raises(GapError):
        state.advance(entries[:1], checkpoint)
    assert state.mark == mark
    assert (len(state), state.prefixes) == (1, 0)
    state.advance(entries, checkpoint)
    assert (len(state), state.prefixes) == (3, 1)


def test_a_place_two_resources_hold_stays_dark_until_both_let_go() -> None:
    centre = Centre()
    centre.change("A", [exact("/shared")], "BA")
    centre.change("B", [exact("/shared")], "BB")
    state = taken(centre)
    centre.change("A", [])
    assert forward(centre, state, 2) == {("e", "127.0.0.1", "/shared"): "BB"}
    centre.change("B", [])
    assert forward(centre, state, 3) == {("e", "127.0.0.1", "/shared"): None}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda c: c.update(signature=c["signature"][::-1]),
        lambda c: c.update(signature="***"),
        lambda c: c.update(seq=c["seq"] + 1),
        lambda c: c.update(kid="other"),
        lambda c: c.update(next_by="2999-01-01T00:00:00.000Z"),
        lambda c: c.update(more=1),
    ],
)
def test_an_altered_checkpoint_is_refused(spoil: Any) -> None:
    centre = Centre()
    _, checkpoint = parse_answer(centre.snapshot())
    check_signature(checkpoint, centre.keys)
    spoil(checkpoint)
    with pytest.raises(RefusedError):
        check_signature(checkpoint, centre.keys)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("generation", "1"),
        ("epoch", True),
        ("epoch", 7),
        ("resource", None),
        ("dark", 1),
        ("block_ref", "a b\r\nSet-Cookie: x"),
        ("block_ref", None),
        ("match", {}),
        ("match", ["x"]),
        ("match", [{"host": "h", "path": "x", "mode": "exact"}]),
        ("match", [{"host": "a b", "path": "/x", "mode": "exact"}]),
        ("match", [{"host": "h", "path": "/x", "mode": "regex"}]),
        ("match", [{"host": "h", "path": "/\ud800", "mode": "exact"}]),
    ],
)
def test_a_malformed_line_is_refused(field: str, value: Any) -> None:
    centre = Centre()
    centre.change("A", [exact("/a")])
    line = json.dumps({**centre.log[0], field: value}).encode() + b"\n"
    with pytest.raises(RefusedError):
        parse_answer(line + centre.checkpoint())


def test_an_answer_cut_short_is_refused() -> None:
    centre = Centre()
    centre.change("A", [exact("/a")])
    whole = centre.snapshot()
    for length in range(0, len(whole), 7):
        with pytest.raises(RefusedError):
            parse_answer(whole[:length])


# --- the copy on disk ---------------------------------------------------------------------------


def test_the_copy_survives_a_torn_end(tmp_path: Path) -> None:
    centre = Centre()
    centre.change("A", [exact("/a")])
    store, state = Store(tmp_path), taken(centre)
    store.save(state)
    centre.change("B", [exact("/b%\t课")])
    entries: list[Entry] = parse_answer(centre.increments(1, 0))[0]
    changed = forward(centre, state, 1)
    store.add(state, [e.body for e in entries], [rule_line(*c) for c in changed.items()])
    loaded, problem = Store(tmp_path).load()
    assert (loaded.mark, problem) == (state.mark, None)
    assert loaded.why("127.0.0.1", "/b%\t课") == "B1"
    whole = store.state_file.read_bytes()
    store.state_file.write_bytes(whole[:-20])
    loaded, problem = Store(tmp_path).load()
    assert loaded.why("127.0.0.1", "/a") == "B1"
    assert loaded.checkpoint["seq"] == 1
    assert problem is not None


def test_nginx_is_never_given_a_blank_or_a_line_break_inside_a_path() -> None:
    line = rule_line(("e", "h", "/a b\n\t%41课"), "B1")
    assert line == "+\te\tB1\th\t/a%20b%0A%09%2541课\n".encode()
    assert rule_line(("p", "h", ""), None) == b"-\tp\t-\th\t\n"


# --- the process --------------------------------------------------------------------------------


def test_a_false_signature_keeps_the_last_good_copy_and_alarms(host: Host, centre: Centre) -> None:
    centre.change("A", [exact("/a")])
    host.start_agent(centre.port, centre.keys)
    eventually(lambda: host.status["seq"] == 1)
    centre.spoil_signature = True
    centre.change("A", [])
    text = eventually(lambda: host.status["alarms"].get("feed"))
    assert "signature" in text
    assert (host.status["seq"], host.status["entries"], host.status["state"]) == (1, 1, "alarm")
    assert '"event": "alarm"' in host.log("agent")
    centre.spoil_signature = False
    eventually(lambda: host.status["seq"] == 2 and "feed" not in host.status["alarms"])


def test_an_unknown_key_is_refused_until_the_operator_writes_it(host: Host, centre: Centre) -> None:
    centre.change("A", [exact("/a")])
    host.start_agent(centre.port, {"another": centre.keys["feed-1"]})
    assert "feed-1" in eventually(lambda: host.status["alarms"].get("feed"))
    assert host.status["entries"] == 0
    (host.home / "keys.json").write_text(json.dumps(centre.keys))
    eventually(lambda: host.status["entries"] == 1)


def test_a_gap_or_a_new_epoch_fetches_the_snapshot(host: Host, centre: Centre) -> None:
    host.start_agent(centre.port, centre.keys)
    eventually(lambda: host.status["seq"] == 0)
    with centre.changed:
        centre.change("A", [exact("/a")])
        centre.log.clear()  # the increments are gone
    eventually(lambda: host.status["entries"] == 1)
    centre.now.clear()
    centre.epoch, centre.seq = 2, 0
    centre.change("B", [exact("/b")])
    eventually(lambda: host.status["epoch"] == 2 and host.status["entries"] == 1)


def test_an_older_state_is_refused(host: Host, centre: Centre) -> None:
    centre.epoch = 5
    centre.change("A", [exact("/a")])
    host.start_agent(centre.port, centre.keys)
    eventually(lambda: host.status["entries"] == 1)
    centre.epoch = 4
    centre.change("A", [])
    assert "older" in eventually(lambda: host.status["alarms"].get("feed"))
    assert host.status["entries"] == 1


def test_a_restart_asks_for_the_snapshot_only_if_it_changed(host: Host, centre: Centre) -> None:
    centre.change("A", [exact("/a")])
    host.start_agent(centre.port, centre.keys)
    eventually(lambda: host.status["entries"] == 1)
    assert centre.asked[0] == "/edge/v1/deny/snapshot"
    assert host.end("agent") == 0
    host.start_agent(centre.port, centre.keys)
    eventually(lambda: centre.unchanged == 1)
    host.end("agent")
    centre.change("B", [exact("/b")])
    host.start_agent(centre.port, centre.keys)
    eventually(lambda: host.status["entries"] == 2)
    assert centre.unchanged == 1


def test_silence_past_its_promise_is_an_alarm_and_changes_nothing(
    host: Host, centre: Centre
) -> None:
    centre.next_by = timedelta(seconds=0)
    centre.change("A", [exact("/a")])
    host.start_agent(centre.port, centre.keys)
    eventually(lambda: host.status["entries"] == 1)
    eventually(lambda: host.status["alarms"].get("stale"))
    centre.next_by = timedelta(seconds=60)
    centre.change("B", [exact("/b")])
    eventually(lambda: host.status["entries"] == 2 and "stale" not in host.status["alarms"])


def test_nothing_is_acknowledged_before_nginx_has_it(host: Host, centre: Centre) -> None:
    centre.change("A", [exact("/a")])
    host.start_agent(centre.port, centre.keys)
    eventually(lambda: host.status["alarms"].get("nginx"))
    time.sleep(0.3)
    assert centre.acks == []
    host.start_nginx()
    eventually(lambda: centre.acks)
    assert host.status_of("/a") == 451


def test_a_second_agent_in_the_same_folder_is_refused(host: Host, centre: Centre) -> None:
    host.start_agent(centre.port, centre.keys)
    eventually(lambda: host.status["seq"] == 0)
    first = host.processes["agent"]
    host.start_agent(centre.port, centre.keys)
    assert host.processes["agent"].wait(10) == 1
    host.processes["agent"] = first
    assert "another agent" in host.log("agent")


def test_a_lone_copy_of_the_files_answers_why(host: Host, centre: Centre) -> None:
    centre.change("A", [prefix("/r/A/")], "H7K2")
    Store(host.data).save(taken(centre))
    alone = host.home / "alone"
    alone.mkdir()
    for file in (ROOT / "edge").glob("*.py"):
        if file.name != "__init__.py":
            (alone / file.name).write_bytes(file.read_bytes())

    def why(url: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "agent.py", "--data", str(host.data), "--why", url]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=alone)

    denied = why("http://127.0.0.1:8081/r/%41/x/../video.mp4?t=1")
    assert denied.returncode == 0
    assert json.loads(denied.stdout)["block_ref"] == "H7K2"
    assert why("http://127.0.0.1:8081/r/B/").returncode == 1
    assert why("nonsense").returncode == 2
