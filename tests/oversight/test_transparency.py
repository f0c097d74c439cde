"""The public pages: reasons of confirmed stops only, nothing about complainants, proofs checked."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from datetime import timedelta

import pytest
from sqlalchemy import text

from app.audit.upkeep import bring_up_to_date
from app.core import clock
from app.core.db import db
from app.core.transaction import reading, transaction
from app.incidents import decisions, lifting, rows, service
from app.intake.values import Source
from app.oversight import charts, figures, gathering, jobs, opendata
from app.suspension import queries as stops
from tests.incidents.make import confirm, make_incident, make_precaution, make_world
from tests.intake.make import by_mail, make_complaint

CANARY = "金丝雀甲乙丙"


@pytest.fixture
def world(app):
    app.config["WTF_CSRF_ENABLED"] = False
    with transaction() as tx:
        return make_world(tx, clock.now())


def _precaution(world, **more):
    at = clock.now()
    with transaction() as tx:
        filed = make_complaint(tx, at, text=f"{CANARY}说最后一页有问题", contact=by_mail())
        made = make_precaution(tx, world, **more)
        service.join(tx, rows.by_ref(tx, made.ref), filed.complaint_id, by="policy:sort", at=at)
        (hold,) = stops.holds(tx, incident=made.ref)
    _follow()
    return made.ref, hold.ref


def _follow():
    bring_up_to_date(every=timedelta())
    jobs.follow_log()


def test_a_precaution_shows_only_that_it_is_being_checked(world, client):
    _, hold = _precaution(world)
    page = client.get(f"/transparency/stops/{hold}").text
    assert "暂停核查" in page
    for said in (world.resource.title, "违法违规", "赌博", "第二十条", CANARY):
        assert said not in page
    for listing in ("/transparency", "/transparency/stops"):
        assert hold not in client.get(listing).text


def test_a_confirmed_stop_says_its_reason_and_nothing_of_the_complainant(world, client):
    ref, hold = _precaution(world)
    with transaction() as tx:
        confirm(tx, world, ref)
    _follow()
    page = client.get(f"/transparency/stops/{hold.lower()}").text
    for said in (world.resource.title, "违法违规：赌博", "第二十条", "已停止传输", "立即停止传输"):
        assert said in page
    for never in (CANARY, "zhao@school.example", "赵老师", "课件末页二维码", ref):
        assert never not in page
    assert hold in client.get("/transparency/stops").text


def test_a_statement_reads_in_english_too(world, client):
    ref, hold = _precaution(world)
    with transaction() as tx:
        confirm(tx, world, ref)
    _follow()
    english = client.get(f"/transparency/stops/{hold}?lang=en").text
    assert "Statement of reasons" in english
    assert "Article 20" in english


def test_the_finer_kind_is_not_told_where_it_would_hurt_whom_it_protects(world, client):
    ref, hold = _precaution(world)
    with transaction() as tx:
        confirm(tx, world, ref, kind="privacy")
    _follow()
    page = client.get(f"/transparency/stops/{hold}").text
    assert "违法违规" in page
    assert "隐私" not in page


def test_a_released_precaution_leaves_no_statement(world, client):
    ref, hold = _precaution(world)
    with transaction() as tx:
        decisions.release(tx, ref=ref, reason="查无此事", by=world.ada, at=clock.now())
    _follow()
    page = client.get(f"/transparency/stops/{hold}").text
    assert "不再" in page or "已解除" in page or "已结束" in page
    assert world.resource.title not in page
    with reading() as session:
        assert gathering.statements(session) == ([], None)


def test_a_stop_let_go_by_two_persons_before_a_finding_counts_as_released(world):
    with transaction() as tx:
        made = make_incident(tx, world)
        decisions.stop_now(tx, ref=made.ref, reason="先停", by=world.ada, at=clock.now())
        lifting.request_lift(tx, ref=made.ref, reason="没有", by=world.ada, at=clock.now())
        lifting.approve_lift(tx, ref=made.ref, reason="没有", by=world.ben, at=clock.now())
    _follow()
    with reading() as session:
        outcome = session.execute(text("SELECT outcome FROM public_case")).scalar()
    assert outcome == "released"


def test_exercises_have_no_statement_and_no_page(world, client):
    ref, hold = _precaution(world, exercise=True)
    with transaction() as tx:
        confirm(tx, world, ref)
    _follow()
    assert client.get(f"/transparency/stops/{hold}").status_code == 404
    with reading() as session:
        assert gathering.statements(session)[0] == []


def test_statements_come_page_by_page_each_once(world, client):
    refs = []
    for n in range(5):
        with transaction() as tx:
            made = make_precaution(tx, world)
            confirm(tx, world, made.ref, at=world.at + timedelta(minutes=n // 2))
            refs.append(stops.holds(tx, incident=made.ref)[0].ref)
            tx.execute(text("UPDATE incident SET open = :no"), {"no": False})
    _follow()
    seen, before = [], None
    with reading() as session:
        while True:
            found, before = gathering.statements(session, before=before, limit=2)
            seen += [one.ref for one in found]
            if before is None:
                break
    assert sorted(seen) == sorted(refs)
    assert client.get("/transparency/stops?before=nonsense").status_code == 422
    page = client.get(f"/transparency/stops?ref= {refs[0].lower()} ")
    assert page.headers["Location"] == f"/transparency/stops/{refs[0]}"


def test_every_source_of_a_complaint_is_counted_somewhere():
    assert set(figures.WAYS) == {str(source) for source in Source}


@pytest.fixture
def figured(settings):
    counts = {key: dict.fromkeys(cells, 9) for key, cells in figures.TABLES.items()}
    counts["opened"]["24"] = 3
    for name in ("2026-08", "2026-09"):
        opendata.keep(settings, figures.publish(name, counts, {}))
    opendata.bind(settings, at=clock.now())


def test_figures_stand_in_a_table_beside_each_chart_and_hidden_ones_in_words(client, figured):
    page = client.get("/transparency").text
    assert "2026年9月" in page
    assert page.count("<svg class=") == len(figures.TABLES) + 1
    assert page.count("少于 5") >= 2
    assert "style=" not in page
    older = client.get("/transparency?month=2026-08")
    assert 'href="/transparency?month=2026-08#figures" aria-current="page"' in older.text
    assert client.get("/transparency?month=2020-01").status_code == 404


def test_a_page_without_any_month_says_when_the_first_comes(client):
    assert "月末一天后" in client.get("/transparency").text


def test_bars_are_in_proportion_and_a_hidden_number_has_one_length():
    drawn = charts.chart([("a", 10), ("b", 5), ("c", None), ("d", None)])
    a, b, c, d = drawn.bars
    assert a.width == 2 * b.width
    assert c.width == d.width
    assert all(bar.end < drawn.width for bar in drawn.bars)


def test_the_ways_to_complain_are_those_of_the_settings(app, client, monkeypatch):
    chosen = app.jinja_env.globals["settings"]
    for name, value in {
        "contact_phone": "010-5550 0100",
        "contact_mail": "jubao@operator.example",
        "contact_post": "示例市示例路1号",
    }.items():
        monkeypatch.setitem(chosen.__dict__, name, value)
    page = client.get("/transparency").text.split('id="ways"')[1].split("</section>")[0]
    assert 'href="tel:010-55500100"' in page
    assert "jubao@operator.example" in page
    assert "示例市示例路1号" in page


# --- proofs


@pytest.fixture
def filed(world):
    with transaction() as tx:
        made = make_complaint(tx, clock.now())
    bring_up_to_date(every=timedelta())
    return made


def _check(client, given, **more):
    given = given if isinstance(given, str) else json.dumps(given)
    sent = client.post("/transparency/verify", data={"text": given, **more})
    assert (sent.status_code, sent.headers["Location"]) == (303, "/transparency/verify")
    return client.get("/transparency/verify").text


def _whole(page):
    from html import unescape

    return json.loads(unescape(page.split("<pre>")[1].split("</pre>")[0]))


def test_a_receipts_proof_is_genuine_and_stands_in_the_log(client, filed):
    page = _check(client, filed.proof)
    assert "回执是真实的" in page
    assert "没有被改动" in page
    assert filed.secret not in page
    assert "回执是真实的" not in client.get("/transparency/verify").text, "no trace stays"


def test_the_answer_of_the_api_is_taken_but_the_secret_is_not_kept(client, filed):
    answer = {"ref": filed.ref, "secret": filed.secret, "proof": filed.proof}
    client.post("/transparency/verify", data={"text": json.dumps(answer)})
    with client.session_transaction() as kept:
        assert filed.secret not in json.dumps(dict(kept))
    assert "回执是真实的" in client.get("/transparency/verify").text


def test_a_file_does_as_well_as_a_text(client, filed):
    file = (io.BytesIO(json.dumps(filed.proof).encode()), "proof.json")
    client.post("/transparency/verify", data={"text": "", "file": file})
    assert "回执是真实的" in client.get("/transparency/verify").text


@pytest.mark.parametrize("field", ["ref", "minute", "digest", "policy", "signature", "kid", "alg"])
def test_one_changed_value_is_not_genuine_and_nothing_is_looked_up(client, filed, field):
    value = filed.proof[field]
    other = value[:-2] + ("A" if value[-2] != "A" else "B") + value[-1]
    page = _check(client, {**filed.proof, field: other})
    assert "不真实" in page
    assert "台账" not in page.split("<form")[0].split("<main")[1]


def test_a_genuine_proof_without_its_entry_is_an_alarm(app, client, filed):
    """Somebody with the database cut the entry out, past the triggers."""
    with db.engine.begin() as connection:
        for (name,) in connection.execute(
            text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            if connection.dialect.name == "sqlite"
            else text("SELECT NULL WHERE false")
        ).all():
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        if connection.dialect.name != "sqlite":
            connection.exec_driver_sql("ALTER TABLE audit_entry DISABLE TRIGGER ALL")
        connection.exec_driver_sql(
            f"UPDATE audit_entry SET subject = 'complaint:X' WHERE subject = 'complaint:{filed.ref}'"
        )
    assert "台账中没有这条记录" in _check(client, filed.proof)


def test_a_proof_younger_than_the_checkpoint_says_so(world, client):
    with transaction() as tx:
        made = make_complaint(tx, clock.now())
    page = _check(client, made.proof)
    assert "回执是真实的" in page
    assert "一分钟后" in page


def test_a_checkpoint_is_compared_with_the_log(client, filed):
    from app.audit import queries as audit

    with reading() as session:
        point = audit.latest_checkpoint(session).as_json()
    page = _check(client, point)
    assert "检查点是真实的" in page
    assert "没有被改动" in page
    page = _check(client, {**point, "size": point["size"] + 1})
    assert "不真实" in page


@pytest.mark.parametrize(
    "given",
    ["", "hello", "[1]", "{}", '{"size": 1}', "[" * 50_000, '{"size": 1e999, "root": "a"}',
     json.dumps({"size": 2**60, "root": "a", "at": "b", "kid": "c", "signature": "d"}),
     json.dumps({"size": 1, "root": "汉", "at": "b", "kid": "c", "signature": "d"}),
     "x" * 100_000],
)  # fmt: skip
def test_what_is_neither_is_refused_with_a_sentence(world, client, given):
    answer = client.post("/transparency/verify", data={"text": given})
    assert answer.status_code == 422
    assert 'href="#text"' in answer.text


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+10:00", "soon", "9999-12-31T23:59:59-10:00"])
def test_a_checkpoint_of_an_impossible_moment_is_not_genuine(world, client, at):
    point = {"size": 1, "root": "00" * 32, "at": at, "kid": "k", "signature": "AA=="}
    assert "不真实" in _check(client, point)


def _offline(folder, client, given):
    for name in ("verify.py", "ed25519.py", "keys.json"):
        (folder / name).write_bytes(client.get(f"/transparency/{name}").data)
    (folder / "proof.json").write_text(json.dumps(given, ensure_ascii=False), "utf-8")
    run = [sys.executable, "-I", "verify.py", "proof.json", "keys.json"]
    done = subprocess.run(run, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def test_the_published_script_checks_a_proof_without_us(client, filed, tmp_path):
    assert _offline(tmp_path, client, filed.proof)[0] == 0
    whole = _whole(_check(client, filed.proof))
    code, said = _offline(tmp_path, client, whole)
    assert code == 0, said
    assert "条的台账之中" in said
    assert _offline(tmp_path, client, {**filed.proof, "minute": "2020-01-01T00:00Z"})[0] == 1
    entry = {**whole["entry"], "at": "2020-01-01T00:00:00.000000Z"}
    assert _offline(tmp_path, client, {**whole, "entry": entry})[0] == 1
    assert _offline(tmp_path, client, whole["checkpoint"])[0] == 0
    assert _offline(tmp_path, client, {**whole["checkpoint"], "size": 1})[0] == 1
    assert _offline(tmp_path, client, [1])[0] == 1


def test_no_page_scans_complaints_cases_or_the_log(app):
    from app.audit.models import FILED

    sqlite = db.engine.dialect.name == "sqlite"
    none = "exercise = 0" if sqlite else "NOT exercise"
    asked = {
        "ix_audit_entry_filed": f"SELECT id FROM audit_entry WHERE subject = 'x' AND {FILED}",
        "ix_public_case_statement": "SELECT incident FROM public_case WHERE outcome = 'found' AND "
        f"hold_ref IS NOT NULL AND {none} ORDER BY decided_at DESC, incident DESC LIMIT 5",
    }
    with db.engine.connect() as connection:
        if not sqlite:  # small tables would be scanned
            connection.exec_driver_sql("SET enable_seqscan = off")
        for index, question in asked.items():
            explain = "EXPLAIN QUERY PLAN" if sqlite else "EXPLAIN"
            plan = str(connection.exec_driver_sql(f"{explain} {question}").all())
            assert index in plan
            assert "TEMP B-TREE" not in plan
            assert "Sort" not in plan
