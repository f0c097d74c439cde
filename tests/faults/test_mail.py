"""The mail server is down, refuses, hangs (page 6 J10): letters wait, repeat as themselves, or call."""

from __future__ import annotations

from typing import Any

import pytest

from tests.faults.ground import Ground
from tests.faults.oracles import arrived, mails
from tests.running import eventually

pytestmark = [pytest.mark.fault, pytest.mark.timeout(900)]


def _found(ground: Ground) -> tuple[str, str]:
    """A confirmed incident whose letters are due now."""
    resource = ground.fresh()
    ground.complain(resource)
    ground.stopped(resource)
    ref = ground.incident(resource)["ref"]
    assert ground.confirm(ref).status_code == 200
    return resource, ref


def _deliveries(ground: Ground, ref: str) -> list[dict[str, Any]]:
    return ground.rows(
        "SELECT d.* FROM delivery d JOIN notice n ON n.id = d.notice_id "
        "WHERE n.incident = :ref ORDER BY d.id", ref=ref,
    )  # fmt: skip


def _in_hand(ground: Ground) -> list[dict[str, Any]]:
    """Promises of letters that a worker holds just now."""
    return ground.rows(
        "SELECT id FROM outbox WHERE topic LIKE 'notices.%' AND lease_until IS NOT NULL "
        "AND done_at IS NULL AND parked_at IS NULL"
    )


def _reached(ground: Ground, ref: str) -> set[int]:
    """Which of the incident's letters (nudges aside) have arrived at a contact of their body."""
    letters = {n["id"] for n in ground.notices(ref) if not n["nudges_id"]}
    came = set(arrived(ground, ref))
    return letters & {d["notice_id"] for d in _deliveries(ground, ref) if d["message_id"] in came}


def test_letters_outlast_a_mail_server_that_is_down_for_an_hour(ground: Ground):
    ground.behave("451")
    resource, ref = _found(ground)
    eventually(lambda: [d for d in _deliveries(ground, ref) if d["last_error"]], within=90)
    for _ in range(12):
        tried = sum(d["attempts"] for d in _deliveries(ground, ref))
        ground.product.move_clock(301)
        eventually(lambda n=tried: sum(d["attempts"] for d in _deliveries(ground, ref)) > n,
                   within=60)  # fmt: skip
    assert arrived(ground, ref) == []
    assert ground.dark(resource), "a failing letter never undoes a stop"
    page = ground.seat().get(f"{ground.product.portal}/desk/incidents/{ref}", timeout=30).text
    assert ref in page
    # A clock that jumps past a lease is a worker that hung, and is told elsewhere: a letter may
    # then go out again under its own number. Here nobody is in the middle of sending.
    eventually(lambda: not _in_hand(ground), within=60)
    ground.behave("ok")
    ground.product.move_clock(301)
    eventually(ground.all_sent(ref, 3), within=120)
    # After an hour the chain had gone on: a body is reached by its first or its second contact.
    eventually(lambda: len(_reached(ground, ref)) == 3, within=60)
    came = arrived(ground, ref)
    assert len(came) == len(set(came)), "each letter arrived once"


def test_a_refused_letter_goes_to_the_next_contact_and_then_to_a_person(ground: Ground):
    ground.behave("550")
    resource, ref = _found(ground)
    eventually(
        lambda: len([d for d in _deliveries(ground, ref) if d["channel"] == "phone"]) == 3,
        within=120,
    )
    states = {(d["step"], d["state"]) for d in _deliveries(ground, ref) if d["channel"] == "email"}
    assert states == {("first", "bounced"), ("second_contact", "bounced")}
    assert any(key.startswith("notice:") for key in ground.calls(ref)), "a person is called"
    assert arrived(ground, ref) == []
    assert ground.dark(resource)


def _doubtful(ground: Ground) -> list[dict[str, Any]]:
    """Messages whose server took them and then said nothing: nobody knows whether they arrived."""
    return [d for d in ground.rows("SELECT * FROM delivery") if d["doubtful"]]


def test_a_mail_server_that_hangs_gets_the_same_letter_again(ground: Ground):
    known = {d["id"] for d in _doubtful(ground)}
    ground.behave("hang")
    _, ref = _found(ground)
    # Letters of earlier cases are due too, and each waits for the server: any of them will do.
    doubtful = eventually(
        lambda: [d for d in _doubtful(ground) if d["id"] not in known], within=180
    )[0]
    ground.behave("ok")
    eventually(ground.all_sent(ref, 3), within=240)
    assert len(set(arrived(ground, ref))) == 3
    sink = ground.product.folder / "mailbox"
    eventually(
        lambda: doubtful["message_id"] in [mail["Message-ID"] for _, mail, _ in mails(sink)],
        within=240,
    )


def test_a_mail_server_that_hangs_holds_up_no_stop(ground: Ground):
    ground.behave("hang")
    _found(ground)
    eventually(lambda: ground.rows("SELECT id FROM outbox WHERE topic = 'notices.deliver' "
                                   "AND lease_until IS NOT NULL AND done_at IS NULL"), within=90)  # fmt: skip
    resource = ground.fresh()
    ground.complain(resource)
    # Well under the fifteen seconds that one answer of a mail server may take.
    eventually(lambda: ground.dark(resource), within=14)
