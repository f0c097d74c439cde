"""A class gets through, a machine does not pile up incidents, and nobody else waits for it."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import count

import fakeredis
import pytest
import redis
from sqlalchemy import select

from app.core import clock, keystore, limits
from app.core.db import Base
from app.core.transaction import reading, transaction
from app.intake import classroom, flood, service, tickets
from app.intake.flood import Asked, WaitError
from app.intake.values import Filing
from app.outbox.models import OutboxRow
from tests.catalogue.make import make_catalogue

SCHOOL, HOME, BOT = "198.51.100.7", "203.0.113.20", "192.0.2.66"
SITE = 2000


@pytest.fixture
def now(app, at, monkeypatch):
    """A clock the test moves: ``now.at += …``."""

    class Now:
        def __init__(self) -> None:
            self.at = at

    moved = Now()
    limits.configure(None)  # this process counts
    monkeypatch.setattr(flood, "EASIEST", 4)  # the work itself is measured elsewhere
    monkeypatch.setattr(flood, "HARDEST", 8)
    monkeypatch.setattr(clock, "now", lambda: moved.at)
    return moved


def _admit(now, address=SCHOOL, resource="R0001", **more) -> timedelta:
    return flood.admit(Asked(address, resource, **more), site_limit=SITE, at=now.at)


def _asked(now, **more) -> WaitError:
    with pytest.raises(WaitError) as caught:
        _admit(now, **more)
    return caught.value


def _fill(now, address=SCHOOL, resource="R0001", n=flood.CLASS) -> None:
    for _ in range(n):
        _admit(now, address, resource)


def _solve(ticket) -> str:
    return next(str(n) for n in count() if tickets.solved(ticket, str(n)))


def test_forty_pupils_behind_one_address_within_ten_minutes_meet_nothing(now):
    for _ in range(40):
        assert _admit(now) == timedelta()
        now.at += timedelta(seconds=15)


def test_two_classes_more_get_through_by_work_or_by_waiting_a_little(now):
    _fill(now)
    for pupil in range(40):
        ticket = _asked(now).ticket
        if pupil % 2:
            _admit(now, ticket=ticket.text, answer=_solve(ticket))
        else:
            now.at = ticket.ready
            _admit(now, ticket=ticket.text)


def test_what_was_not_let_through_makes_it_harder_for_nobody(now):
    _fill(now)
    first = _asked(now).ticket
    for _ in range(1000):
        last = _asked(now).ticket
    assert (last.bits, last.ready - last.issued) == (first.bits, first.ready - first.issued)


def test_the_work_follows_what_was_filed(now):
    _fill(now)
    bits, waits = [], []
    for _ in range(flood.CLASS * 20):
        ticket = _asked(now).ticket
        bits.append(ticket.bits)
        waits.append((ticket.ready - ticket.issued).seconds)
        _admit(now, ticket=ticket.text, answer=_solve(ticket))
    assert bits == sorted(bits)
    assert set(bits) == set(range(flood.EASIEST, flood.HARDEST + 1))
    assert (waits[0], waits[-1]) == (flood.SHORTEST, flood.LONGEST)


def test_five_thousand_posts_of_a_machine_open_few_incidents_and_hold_up_nobody(now):
    kept = Counter()
    for n in range(5000):  # on as many resources as it can find, over four minutes
        try:
            _admit(now, BOT, f"R{n % 1000:04}")
            kept["filed"] += 1
        except WaitError:
            kept["told to wait"] += 1
        now.at += timedelta(milliseconds=50)
    assert kept["filed"] < 50
    assert _admit(now, HOME, "R0001") == timedelta(), "another network is not even asked"


def test_a_machine_that_works_is_sorted_one_by_one_and_others_at_once(now):
    _fill(now, BOT)
    due = []
    for _ in range(12):
        ticket = _asked(now, address=BOT).ticket
        due.append(_admit(now, BOT, ticket=ticket.text, answer=_solve(ticket)))
    assert due == [flood.SPACING * (n + 1) for n in range(12)]
    assert _admit(now, HOME, "R0001") == timedelta()
    limits.take([f"filing:{limits.tag(BOT, 'filing')}"] * 2000, seconds=flood.HOUR)
    ticket = _asked(now, address=BOT).ticket
    now.at = ticket.ready
    assert _admit(now, BOT, ticket=ticket.text) == flood.LATEST, "nobody waits for ever"


def test_many_networks_on_one_resource_work_a_little_and_other_resources_do_not(now):
    for n in range(flood.ON_RESOURCE):
        _admit(now, f"10.0.{n // 250}.{n % 250 + 1}", "R0001")
    assert _asked(now, address=HOME, resource="R0001").ticket.bits == flood.EASIEST
    assert _admit(now, HOME, "R0002") == timedelta()


def test_by_waiting_alone_only_a_few_get_through_at_a_time(now):
    _fill(now, BOT)
    held = [_asked(now, address=BOT).ticket for _ in range(30)]
    now.at = max(t.ready for t in held)
    done = Counter()
    for ticket in held:
        try:
            _admit(now, BOT, ticket=ticket.text)
            done["through"] += 1
        except WaitError:
            done["again"] += 1
    assert done["through"] <= flood.LANE + 1
    assert done["again"] >= 20


def test_a_ticket_serves_one_filing_and_the_retry_of_it(now):
    _fill(now)
    ticket = _asked(now).ticket
    answer = _solve(ticket)
    _admit(now, ticket=ticket.text, answer=answer, owner="once-1")
    _admit(now, ticket=ticket.text, answer=answer, owner="once-1")
    again = _asked(now, ticket=ticket.text, answer=answer, owner="once-2")
    assert again.ticket.text != ticket.text
    _asked(now, ticket=ticket.text, answer=answer)
    now.at = ticket.ready
    _asked(now, ticket=ticket.text)  # waiting does not wash it


def test_an_early_or_wrong_answer_keeps_its_ticket(now):
    _fill(now)
    ticket = _asked(now).ticket
    now.at += timedelta(seconds=3)
    early = _asked(now, ticket=ticket.text, answer="no number")
    assert early.ticket.text == ticket.text
    assert 0 < early.retry_after <= flood.SHORTEST


def test_forged_foreign_and_old_tickets_only_get_a_new_one(now):
    _fill(now)
    _fill(now, HOME)
    ticket = _asked(now).ticket
    answer = _solve(ticket)
    flipped = ticket.text[:-1] + ("A" if ticket.text[-1] != "A" else "B")
    for tried in (
        {"ticket": flipped, "answer": answer},
        {"ticket": ticket.text, "answer": answer, "address": HOME},
        {"ticket": ticket.text, "answer": answer, "resource": "R0002"},
    ):
        assert _asked(now, **tried).ticket.text not in (ticket.text, flipped)
    now.at += timedelta(seconds=tickets.LIFE + 1)
    assert _asked(now, ticket=ticket.text, answer=answer).ticket.text != ticket.text


def test_a_ticket_outlives_midnight_and_dies_with_the_keys(now):
    now.at = now.at.replace(hour=23, minute=50)
    _fill(now)
    ticket = _asked(now).ticket
    answer = _solve(ticket)
    now.at += timedelta(minutes=20)  # the day of the keys has changed
    _admit(now)  # a new day knows nothing of yesterday's counts
    _fill(now, n=flood.CLASS - 1)
    _asked(now)
    _admit(now, ticket=ticket.text, answer=answer)


def test_the_tag_of_a_network_changes_with_the_day_and_dies_with_its_key(now):
    first = limits.tag(SCHOOL, "R0001")
    assert first != limits.tag(HOME, "R0001") != limits.tag(HOME, "R0002")
    day = now.at
    now.at += timedelta(days=1)
    assert limits.tag(SCHOOL, "R0001") != first
    now.at += timedelta(days=2)
    keystore.keys().destroy_secret(f"day:{day:%Y-%m-%d}", at=now.at)
    with pytest.raises(keystore.KeyGoneError):
        limits.tag(SCHOOL, "R0001", at=day)


class _Broken:
    def pipeline(self, *_, **__):
        raise redis.ConnectionError

    set = get = pipeline


@pytest.mark.parametrize("client", [_Broken(), fakeredis.FakeRedis()], ids=["gone", "there"])
def test_with_redis_and_without_it_is_the_same(now, monkeypatch, client):
    monkeypatch.setattr(limits, "_client", client)
    _fill(now)
    ticket = _asked(now).ticket
    answer = _solve(ticket)
    _admit(now, ticket=ticket.text, answer=answer)
    _asked(now, ticket=ticket.text, answer=answer)
    lesson = classroom.make(["R0001"], minutes=45, at=now.at)
    assert classroom.open_for(SCHOOL, lesson, at=now.at)
    assert _admit(now) > timedelta()


def test_what_redis_holds_names_no_address_and_no_network_beside_a_resource(now, monkeypatch):
    server = fakeredis.FakeRedis()
    monkeypatch.setattr(limits, "_client", server)
    _fill(now)
    ticket = _asked(now).ticket
    _admit(now, ticket=ticket.text, answer=_solve(ticket), owner="once-1")
    names = [name.decode() for name in server.scan_iter()]
    assert names
    assert not [name for name in names if SCHOOL in name or limits.day_tag(SCHOOL) in name]
    assert all(server.ttl(name) > 0 for name in names)
    assert SCHOOL not in ticket.text


def test_a_lesson_lifts_the_limit_for_its_network_and_resources_until_it_ends(now):
    _fill(now)
    lesson = classroom.make(["R0001", "R0003"], minutes=45, at=now.at)
    found = classroom.read(lesson.code, at=now.at)
    assert found == lesson
    assert classroom.open_for(SCHOOL, lesson, at=now.at)
    for _ in range(60):
        _admit(now)
    _asked(now, resource="R0002")
    _fill(now, HOME, "R0009")
    _asked(now, address=HOME, resource="R0009")
    now.at += timedelta(minutes=46)
    assert classroom.read(lesson.code, at=now.at) is None
    _asked(now)


def test_a_lesson_goes_on_when_the_day_of_the_keys_changes(now):
    now.at = now.at.replace(hour=23, minute=45)  # a quarter to eight in Shanghai
    lesson = classroom.make(["R0001"], minutes=45, at=now.at)
    classroom.open_for(SCHOOL, lesson, at=now.at)
    now.at += timedelta(minutes=30)
    assert classroom.is_open(SCHOOL, "R0001", at=now.at)


def test_a_code_that_got_loose_opens_three_networks_at_most_and_none_when_forged(now):
    lesson = classroom.make(["R0001"], minutes=45, at=now.at)
    opened = [classroom.open_for(f"10.1.1.{n}", lesson, at=now.at) for n in range(5)]
    assert opened == [True, True, True, False, False]
    assert classroom.open_for("10.1.1.1", lesson, at=now.at), "twice is once"
    forged = lesson.code.replace("R0001", "R0002")
    assert classroom.read(forged, at=now.at) is None
    assert classroom.read("", at=now.at) is None


def test_surplus_is_filed_at_once_and_sorted_later_but_danger_waits_for_nothing(app, at):
    with transaction() as tx:
        make_catalogue(tx, at)
        for words in ("插图画错了", "我不想活了"):
            filing = Filing(source="api", text=words, resource_ref="R0001",
                            sort_after=timedelta(minutes=5))  # fmt: skip
            assert service.file_complaint(tx, filing=filing, at=at).secret
    with reading() as session:
        rows = session.query(OutboxRow).filter_by(topic="triage.sort").order_by(OutboxRow.id)
        assert [row.due_at - at for row in rows] == [timedelta(minutes=5), timedelta()]


def test_no_address_is_stored_beside_a_complaint(app, client):
    with transaction() as tx:
        make_catalogue(tx, clock.now())
    body = {"text": "插图画错了", "resource": {"id": "R0001"}, "locators": []}
    for _ in range(flood.CLASS + 1):
        answer = client.post("/api/v1/complaints", json=body, environ_base={"REMOTE_ADDR": BOT})
    headers = {"Filing-Ticket": answer.get_json()["ticket"]}
    ticket = tickets.parse(headers["Filing-Ticket"])
    headers["Filing-Proof"] = _solve(ticket)
    answer = client.post(
        "/api/v1/complaints", json=body, headers=headers, environ_base={"REMOTE_ADDR": BOT}
    )
    assert answer.status_code == 201
    with reading() as session:
        dump = [
            str(row)
            for table in Base.metadata.sorted_tables
            for row in session.execute(select(table))
        ]
    assert any("R0001" in row for row in dump)
    for secret in (BOT, ticket.salt):
        assert not [row for row in dump if secret in row]
