"""The log as a whole: written with the act, sequenced once, provable, and contradicted when changed."""

from __future__ import annotations

import json
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.audit import queries, sequencer, tree, verify
from app.audit.service import record
from app.audit.upkeep import bring_up_to_date
from app.cli.audit import audit
from app.core import crypto
from app.core.db import db
from app.core.keystore import keys
from app.core.transaction import reading, transaction


def act(tx: Session, at: datetime, n: int = 0, **data: object) -> int:
    return record(
        tx,
        actor="account:3",
        action="hold.place",
        subject=f"hold:H{n}",
        at=at,
        incident="AB12CD34",
        n=n,
        **data,
    )


def acts(count: int, at: datetime) -> list[int]:
    with transaction() as tx:
        return [act(tx, at, n, word="停止传输", moment=at) for n in range(count)]


def proved(saved: list[Any] | None = None) -> verify.Report:
    with reading() as session:
        return verify.verify(session, keys=keys().public_keys(), saved=saved or [])


def as_owner(statement: str, *, drop: bool = True) -> None:
    """What a person with rights over the schema can do."""
    sqlite = db.engine.dialect.name == "sqlite"
    with db.engine.connect() as connection:
        connection = connection.execution_options(sqlite_begin="IMMEDIATE")
        if drop and sqlite:
            for table in ("audit_entry", "audit_leaf", "audit_checkpoint"):
                for verb in ("update", "delete"):
                    connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {table}_no_{verb}")
            connection.commit()
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        elif drop:
            connection.exec_driver_sql("SET session_replication_role = replica")
        for part in statement.split(";"):
            connection.exec_driver_sql(part)
        connection.commit()
        if sqlite:
            connection.exec_driver_sql("PRAGMA foreign_keys=ON")


@pytest.mark.parametrize("table", ["audit_entry", "audit_leaf", "audit_checkpoint"])
@pytest.mark.parametrize("verb", ["UPDATE {} SET id = 9", "DELETE FROM {}"])
def test_the_database_itself_refuses_to_change_or_delete(
    app: Flask, at: datetime, table: str, verb: str
) -> None:
    acts(3, at)
    bring_up_to_date()
    statement = verb.format(table)
    if table == "audit_leaf":
        statement = statement.replace("id = 9", "seq = 9")
    with pytest.raises(DBAPIError, match="append-only"):
        as_owner(statement, drop=False)
    assert proved().sound


def test_an_act_that_fails_leaves_no_entry_and_an_entry_that_fails_undoes_the_act(
    app: Flask, at: datetime
) -> None:
    with pytest.raises(RuntimeError, match="the act failed"), transaction() as tx:
        act(tx, at)
        raise RuntimeError("the act failed")
    with pytest.raises(TypeError, match="not a plain fact"), transaction() as tx:
        act(tx, at, 1)
        act(tx, at, 2, raw=b"bytes")
    with reading() as session:
        assert queries.entries(session) == []


def test_what_databases_cannot_hold_is_refused_or_made_plain(app: Flask, at: datetime) -> None:
    with transaction() as tx:
        entry_id = act(tx, at, nul="a\x00b", lone="\ud800", big=1.5e-7, kinds=("x", None, True))
        with pytest.raises(ValueError, match="exact"):
            act(tx, at, big=1e300)
    bring_up_to_date()
    with reading() as session:
        assert queries.entry(session, entry_id).data["nul"] == "a\ufffdb"
    assert proved().sound


def test_every_entry_is_proved_against_a_signed_checkpoint(app: Flask, at: datetime) -> None:
    ids = acts(37, at)
    newest = bring_up_to_date()
    assert newest is not None
    assert newest.size == 37
    with reading() as session:
        for entry_id in ids:
            entry = queries.entry(session, entry_id)
            proof = queries.inclusion_proof(session, entry_id, at_size=newest.size)
            assert proof.leaf == tree.leaf_hash(entry.canonical())
            assert tree.verify_inclusion(
                proof.leaf,
                index=proof.seq,
                size=proof.size,
                proof=proof.path,
                root=bytes.fromhex(newest.root),
            )


def test_later_trees_contain_earlier_ones(app: Flask, at: datetime) -> None:
    acts(5, at)
    old = bring_up_to_date()
    acts(8, at)
    new = bring_up_to_date(every=timedelta())
    assert old is not None
    assert new is not None
    with reading() as session:
        proof = queries.consistency(session, old=old.size, new=new.size)
    assert tree.verify_consistency(
        old=5,
        new=13,
        old_root=bytes.fromhex(old.root),
        new_root=bytes.fromhex(new.root),
        proof=proof,
    )


def test_a_checkpoint_is_signed_once_a_minute_and_only_when_the_log_grew(
    app: Flask, at: datetime
) -> None:
    signer = keys().signer("audit")

    def step(seconds: int) -> int | None:
        with transaction() as tx:
            sequencer.sequence(tx)
            found = sequencer.checkpoint(tx, at=at + timedelta(seconds=seconds), signer=signer)
            return found.size if found else None

    assert step(0) is None
    acts(2, at)
    assert step(1) == 2
    acts(2, at)
    assert step(30) == 2
    assert step(61) == 4
    assert step(500) == 4
    with reading() as session:
        assert len(queries.checkpoints(session)) == 2


def test_fifty_acts_at_once_give_leaves_without_gap_or_duplicate(app: Flask, at: datetime) -> None:
    failures: list[BaseException] = []

    def one(n: int) -> None:
        try:
            with app.app_context():
                with transaction() as tx:
                    act(tx, at, n)
                bring_up_to_date()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=one, args=(n,)) for n in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    bring_up_to_date(every=timedelta())
    with reading() as session:
        entries = queries.entries(session)
    assert [entry.seq for entry in entries] == list(range(50))
    report = proved()
    assert report.sound
    assert (report.entries, report.waiting) == (50, 0)


def test_an_open_transaction_with_a_smaller_id_is_waited_for(app: Flask, at: datetime) -> None:
    if db.engine.dialect.name == "sqlite":
        acts(1, at)  # one writer: a second transaction cannot be open
        assert bring_up_to_date() is not None
        return
    with Session(db.engine) as slow, Session(db.engine) as fast:
        first = act(slow, at, 1)
        second = act(fast, at, 2)
        fast.commit()
        bring_up_to_date()
        with reading() as session:
            assert queries.size(session) == 0
        slow.commit()
        bring_up_to_date()
    with reading() as session:
        assert [(e.id, e.seq) for e in queries.entries(session)] == [(first, 0), (second, 1)]


def test_a_changed_entry_is_named(app: Flask, at: datetime) -> None:
    ids = acts(6, at)
    bring_up_to_date()
    as_owner(f"UPDATE audit_entry SET actor = 'account:9' WHERE id = {ids[3]}")
    report = proved()
    assert any(f"entry {ids[3]} " in fault and "was changed" in fault for fault in report.faults)


def test_a_slipped_in_entry_is_named(app: Flask, at: datetime) -> None:
    ids = acts(6, at)
    bring_up_to_date()
    as_owner("DELETE FROM audit_leaf WHERE seq = 2")
    assert any(f"entry {ids[2]} was slipped in" in fault for fault in proved().faults)


def test_a_cut_tail_contradicts_the_checkpoint_that_somebody_kept(app: Flask, at: datetime) -> None:
    acts(6, at)
    kept = bring_up_to_date()
    as_owner(
        "DELETE FROM audit_checkpoint;DELETE FROM audit_leaf WHERE seq >= 4;"
        "DELETE FROM audit_entry WHERE id > (SELECT max(entry_id) FROM audit_leaf)"
    )
    assert proved().sound  # nothing inside the database tells
    report = proved([kept])
    assert any("its tail was cut" in fault for fault in report.faults)


def test_a_wholly_rewritten_log_contradicts_the_checkpoint_that_somebody_kept(
    app: Flask, at: datetime
) -> None:
    acts(6, at)
    kept = bring_up_to_date()
    as_owner(
        "DELETE FROM audit_checkpoint;DELETE FROM audit_node;DELETE FROM audit_leaf;"
        "UPDATE audit_entry SET actor = 'account:9' WHERE id = (SELECT min(id) FROM audit_entry)"
    )
    bring_up_to_date()
    assert proved().sound
    assert any("were changed since" in fault for fault in proved([kept]).faults)


def test_keys_rotate_and_old_checkpoints_stay_provable(app: Flask) -> None:
    from app.core import clock

    acts(2, clock.now())
    first = bring_up_to_date(every=timedelta())
    keys().rotate("audit", at=clock.now())
    acts(2, clock.now())
    second = bring_up_to_date(every=timedelta())
    assert first is not None
    assert second is not None
    assert first.kid != second.kid
    assert proved([first, second]).sound
    forged = verify.checkpoint_from({**second.as_json(), "kid": first.kid})
    assert any("signature is wrong" in fault for fault in proved([forged]).faults)
    late = verify.signature_fault(
        type(first)(first.size, first.root, clock.now() + timedelta(days=1), first.kid, ""),
        {key.kid: key for key in keys().public_keys()},
    )
    assert late == f"its key {first.kid} was not in use then"


def test_erasing_one_complaint_leaves_every_proof_valid(app: Flask, at: datetime) -> None:
    kid, key = keys().new_data_key()
    sealed = crypto.seal(key, "张某某".encode(), aad="complaint.name:1")
    with transaction() as tx:
        entry_id = act(tx, at, name=crypto.commitment(key, "张某某"))
    acts(3, at)
    kept = bring_up_to_date()
    keys().destroy_data_key(kid, at=at)
    with pytest.raises(Exception, match="destroyed"):
        crypto.unseal(keys().data_key(kid), sealed, aad="complaint.name:1")
    assert proved([kept]).sound
    with reading() as session:
        assert "张" not in json.dumps(queries.entry(session, entry_id).data)


def test_the_command_proves_the_log_and_takes_saved_checkpoints(
    app: Flask, at: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.cli.context.settings", lambda **_: app.config["CHUKU"])
    runner = app.test_cli_runner()

    def run(*args: str) -> Any:
        return runner.invoke(audit, list(args))

    acts(4, at)
    saved = run("checkpoint")
    assert saved.exit_code == 0, saved.output
    file = tmp_path / "kept.json"
    file.write_text(saved.stdout)
    good = run("verify", "--checkpoint", str(file))
    assert good.exit_code == 0, good.output
    assert "audit log sound: 4 entries" in good.stdout
    as_owner("UPDATE audit_entry SET action = 'hold.lift' WHERE subject = 'hold:H2'")
    bad = run("verify", "--json", "--checkpoint", str(file))
    assert bad.exit_code == 1
    assert "was changed" in json.loads(bad.stdout)["faults"][0]
