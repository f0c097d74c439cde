"""What is published never says a number below five, however it is added up, and never changes."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from statistics import median

import hypothesis
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from sqlalchemy import text

from app.audit import queries as audit
from app.audit.upkeep import bring_up_to_date
from app.core import clock
from app.core.transaction import reading, transaction
from app.incidents import decisions, service
from app.norm.book import BOOK
from app.oversight import figures, gathering, jobs, opendata
from app.oversight.following import follow
from app.oversight.values import after, begins, month_of, months
from tests.incidents.make import confirm, make_incident, make_precaution, make_world, see_dark
from tests.intake.make import make_complaint

MONTH = datetime(2026, 10, 5, 3, 0, tzinfo=UTC)
CELLS = [(table, key) for table, keys in figures.TABLES.items() for key in keys]
NUMBERS = st.sampled_from([0, 1, 2, 3, 4, 5, 6, 9, 40])  # around the limit, and far from it


def _counts(numbers):
    found = {table: {} for table in figures.TABLES}
    for (table, key), n in zip(CELLS, numbers, strict=True):
        found[table][key] = n
    return found


COUNTS = st.lists(NUMBERS, min_size=len(CELLS), max_size=len(CELLS)).map(_counts)
# A busy machine is no reason to fail.
patient = hypothesis.settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _published(counts):
    """Beside a table stand the medians of the same cases: as many as the table counts."""
    taken = {
        key: [timedelta(minutes=7)] * (sum(counts[table].values()) if table else 9)
        for key, table in figures.MEDIANS.items()
    }
    return figures.publish("2026-10", counts, taken)


@patient
@given(COUNTS, st.data())
def test_every_hidden_cell_could_be_any_number_from_0_to_4(counts, data):
    """The whole publication, totals and medians too, is the same for all five: nobody can tell,
    by whatever sum or difference, and knowing the rule does not help either."""
    seen = _published(counts)
    hidden = [(t.key, key) for t in seen.tables for key, n in t.cells if n is None]
    if not hidden:
        return
    table, key = data.draw(st.sampled_from(hidden))
    for other in range(5):
        assert _published({**counts, table: {**counts[table], key: other}}) == seen


@patient
@given(COUNTS)
def test_what_is_shown_is_exact_and_five_or_more(counts):
    for table in _published(counts).tables:
        for key, n in table.cells:
            assert n == counts[table.key][key] if n is not None else counts[table.key][key] < 5
            assert n is None or n >= 5
        assert table.total == sum(n for n in counts[table.key].values() if n >= 5)


@patient
@given(st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)), st.integers(0, 900))
def test_months_follow_each_other_without_gap_and_only_when_they_are_over(first, days):
    first = first.replace(tzinfo=UTC)
    until = first + timedelta(days=days)
    found = list(months(first, until))
    for one, following in zip(found, found[1:], strict=False):
        assert following == after(one)
    assert all(begins(after(one)) <= until for one in found)
    assert not found or found[0] == month_of(first)


def _act(n_found=6, n_rejected=5, n_released=2, n_exercise=7):
    """A month of complaints and decisions through the services."""
    with transaction() as tx:
        world = make_world(tx, MONTH)
    step = iter(range(10_000))

    def later():
        return MONTH + timedelta(minutes=7 * next(step))

    for _ in range(n_found):
        with transaction() as tx:
            ref = make_precaution(tx, world, at=(at := later())).ref
            see_dark(tx, world, ref, at + timedelta(minutes=3))
            confirm(tx, world, ref, at=at + timedelta(minutes=30))
            tx.execute(text("UPDATE incident SET open = :no"), {"no": False})
    for n in range(n_rejected + n_released):
        with transaction() as tx:
            filed = make_complaint(tx, at := later())
            ref = (make_incident if n < n_rejected else make_precaution)(tx, world, at=at).ref
            service.join(tx, _row(tx, ref), filed.complaint_id, by="policy:sort", at=at)
            end = decisions.reject if n < n_rejected else decisions.release
            end(tx, ref=ref, reason="查无此事", by=world.ada, at=at + timedelta(hours=2))
    for _ in range(n_exercise):
        with transaction() as tx:
            make_complaint(tx, at := later(), exercise=True)
            ref = make_incident(tx, world, at=at, exercise=True).ref
            decisions.reject(tx, ref=ref, reason="演练", by=world.ada, at=at)
    return world


def _row(tx, ref):
    from app.incidents import rows

    return rows.by_ref(tx, ref)


def _catch_up(at, limit=11):
    bring_up_to_date()
    while True:
        with transaction() as tx:
            if not follow(tx, at=at, limit=limit):
                return


@pytest.fixture
def november(app, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 3, tzinfo=UTC))
    return clock.now()


def _naive(month):
    """The same figures, worked out from the raw log in the plainest way."""
    with reading() as session:
        log = [e for e in audit.entries(session) if month_of(e.at) == month]
    opened = {e.incident: e for e in log if e.action == "incident.open"}
    real = {ref for ref, e in opened.items() if not e.data["exercise"]}
    first = {}
    for e in log:
        if e.action in ("incident.confirm", "incident.reject", "incident.release"):
            first.setdefault(e.incident, e)
    counts = {key: Counter() for key in figures.TABLES}
    for e in log:
        if e.action == "complaint.filed" and not e.data["exercise"]:
            counts["filed"][figures.WAYS[e.data["source"]]] += 1
        if e.action == "incident.join" and e.incident in real:
            counts["joined"][_article(opened[e.incident])] += 1
    for ref in real:
        counts["opened"][_article(opened[ref])] += 1
        e = first[ref]
        if e.action == "incident.confirm":
            counts["found"][_article(e)] += 1
        else:
            end = "rejected" if e.action == "incident.reject" else "released"
            counts["unfounded"][end] += 1
    took = [
        (e.at - opened[ref].at).total_seconds() / 60
        for ref, e in first.items()
        if ref in real and e.action == "incident.confirm"
    ]
    return counts, round(median(took))


def _article(entry):
    return str(BOOK.category(entry.data["category"]).article)


def test_the_figures_are_those_of_the_raw_log_without_exercises(november, settings):
    _act()
    _catch_up(november)
    jobs.publish()
    (seen,) = opendata.published(settings)
    counts, finding = _naive("2026-10")
    for table in seen.tables:
        for key, n in table.cells:
            raw = counts[table.key][key]
            assert n == (raw if raw >= 5 else None), (table.key, key)
    assert dict(seen.medians)["finding"] == finding == 30
    assert seen.table("found").total == 6
    assert seen.table("unfounded").cells == (("rejected", 5), ("released", None))
    assert seen.table("filed").total == 7  # 7 exercises are not among them


def test_following_in_any_steps_counts_each_entry_once(november):
    _act()
    _catch_up(november, limit=7)
    with reading() as session:
        small = gathering.month(session, "2026-10")
    with transaction() as tx:
        for table in ("public_case", "public_tally", "public_cursor"):
            tx.execute(text(f"DELETE FROM {table}"))
    _catch_up(november, limit=100_000)
    with reading() as session:
        assert gathering.month(session, "2026-10") == small


def test_a_month_is_published_once_it_is_over_and_a_day_later_never_again(
    november, settings, monkeypatch
):
    world = _act()
    _catch_up(datetime(2026, 11, 1, 15, tzinfo=UTC))  # 23:00 on the first, in Shanghai
    jobs.publish()
    assert opendata.published(settings) == []
    _catch_up(november)
    jobs.publish()
    before = {one.name: one.read_bytes() for one in opendata.folder(settings).iterdir()}
    with transaction() as tx:  # days later, about cases of that month and new ones
        made = make_incident(tx, world, at=november)
        decisions.reject(tx, ref=made.ref, reason="查无此事", by=world.ada, at=november)
    _catch_up(november + timedelta(days=2))
    monkeypatch.setattr(clock, "now", lambda: november + timedelta(days=2))
    jobs.publish()
    now = {one.name: one.read_bytes() for one in opendata.folder(settings).iterdir()}
    assert now["2026-10.json"] == before["2026-10.json"]
    assert now["figures.csv"] == before["figures.csv"]
    assert json.loads(now["figures.json"])["months"] == json.loads(before["figures.json"])["months"]
    with reading() as session:  # and would be the same if it were worked out today
        again = gathering.month(session, "2026-10")
    assert again == opendata.published(settings)[0]


def test_csv_and_json_of_the_open_data_say_the_same(november, settings, client):
    _act()
    _catch_up(november)
    jobs.publish()
    as_json = client.get("/transparency/data/figures.json")
    as_csv = client.get("/transparency/data/figures.csv")
    assert (as_json.mimetype, as_csv.mimetype) == ("application/json", "text/csv")
    rows = list(csv.DictReader(io.StringIO(as_csv.text)))
    told = {(r["month"], r["measure"], r["key"]): r["n"] for r in rows}
    for month in as_json.get_json()["months"]:
        for measure, cells in [*month["counts"].items(), ("median", month["median_minutes"])]:
            for key, n in cells.items():
                assert told.pop((month["month"], measure, key)) == ("" if n is None else str(n))
    assert told == {}
    assert client.get("/transparency/data/2026-10.json").status_code == 404
