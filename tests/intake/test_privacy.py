"""What a thief of the database and the logs would hold after a thousand complaints."""

from __future__ import annotations

import io
import logging

from sqlalchemy import event

from app.core import clock, log
from app.core.db import db
from app.core.transaction import reading, transaction
from app.intake import queries, receipt, service
from app.intake.values import Contact, Filing
from tests.catalogue.make import make_catalogue

COUNT, BY_HTTP = 1_000, 40


def _canaries(n: int) -> dict[str, str]:
    """Of each person: a number in the words, a contact, a name, an address of the network."""
    return {
        "number": f"139{n:08}",
        "contact": f"canary{n:04}@mail.example",
        "name": f"卡纳瑞{n:04}",
        "network": f"10.77.{100 + n // 150}.{100 + n % 150}",
    }


def _file(client, n: int) -> str:
    """One complaint, some through HTTP; answers the receipt code."""
    own = _canaries(n)
    text = f"第{n}处讲错了。我叫{own['name'][:3]}，电话{own['number']}，邮箱{own['contact']}。"
    if n < BY_HTTP:
        body = {
            "text": text,
            "resource": {"id": "R0001"},
            "contact": {"email": own["contact"], "name": own["name"]},
        }
        answer = client.post(
            "/api/v1/complaints",
            json=body,
            headers={"Idempotency-Key": f"key-{n}"},
            environ_overrides={"REMOTE_ADDR": own["network"]},
        )
        assert answer.status_code == 201
        return answer.get_json()["secret"]
    filing = Filing(
        source="portal", text=text, resource_ref="R0001", network=own["network"],
        contact=Contact("email", own["contact"], own["name"]),
    )  # fmt: skip
    with transaction() as tx:
        filed = service.file_complaint(tx, filing=filing, at=clock.now())
    return receipt.grouped(filed.secret)


def test_database_and_log_after_a_thousand_complaints_name_nobody(app, client, settings):
    lines = io.StringIO()
    log.configure("debug")
    handler = logging.StreamHandler(lines)
    logging.getLogger().addHandler(handler)
    try:
        with transaction() as tx:
            make_catalogue(tx, clock.now())
        secrets = [_file(client, n) for n in range(COUNT)]
    finally:
        logging.getLogger().removeHandler(handler)
        log.configure("error")
    stolen = _everything() + lines.getvalue()
    assert stolen.count("第999处讲错了") == 1, (
        "the masked copy is there: the look is not a blind one"
    )
    for n, secret in enumerate(secrets):
        for what, canary in _canaries(n).items():
            assert canary not in stolen, (what, canary)
        assert secret not in stolen
        assert secret.replace("-", "") not in stolen


def _everything() -> str:
    """Every row of every table as text."""
    with reading() as session:
        return "\n".join(
            repr(tuple(row))
            for table in db.metadata.sorted_tables
            for row in session.execute(table.select())
        )


def test_a_wrong_code_and_an_unknown_reference_ask_the_same_questions(app):
    with transaction() as tx:
        make_catalogue(tx, clock.now())
        filed = service.file_complaint(
            tx, filing=Filing(source="portal", text="x", resource_ref="R0001"), at=clock.now()
        )
    asked: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))

    def statements(ref: str, secret: str) -> list[str]:
        asked.clear()
        with reading() as session:
            assert queries.by_secret(session, secret, ref=ref) is None
        return list(asked)

    wrong = statements(filed.ref, receipt.new_secret())
    unknown = statements("ZZZZZZZZ", receipt.new_secret())
    mistyped = statements(filed.ref, "A" * 24)
    other = statements("ZZZZZZZZ", filed.secret)
    assert wrong == unknown == mistyped == other
    assert wrong
