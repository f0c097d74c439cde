"""Oracles that cannot fail prove nothing: each is shown something wrong and must say so."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults import oracles
from tests.faults.ground import Ground
from tests.running import eventually

pytestmark = [pytest.mark.fault, pytest.mark.timeout(900)]


@contextmanager
def _with_file(file: Path, content: bytes) -> Iterator[None]:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    try:
        yield
    finally:
        file.unlink()


def test_every_oracle_that_reads_files_and_answers_notices_what_is_wrong(ground: Ground):
    resource, folder = ground.fresh(), ground.product.folder
    told = ground.complain(resource)
    ground.stopped(resource)
    ref = ground.incident(resource)["ref"]
    assert ground.confirm(ref).status_code == 200
    eventually(ground.all_sent(ref, 3), within=120)

    ground.filed.append(dataclasses.replace(told, text=told.text + "！"))
    assert any("not what was sent" in one for one in oracles.o1_receipts(ground))
    ground.filed.pop()

    real = next(raw for _name, mail, raw in oracles.mails(folder / "mailbox")
                if str(mail["Message-ID"]) in oracles.arrived(ground, ref))  # fmt: skip
    head, rest = real.split(b"\r\n", 1)
    assert head.startswith(b"X-Envelope-To:")
    with _with_file(folder / "mailbox" / "9.eml", b"X-Envelope-To: x@y.example\r\n" + rest):
        assert any("went to x@y.example" in one for one in oracles.o3_letters(ground))

    with _with_file(folder / "vault" / "aa" / "bb" / ("a" * 64), b"not that"):
        assert any("was changed" in one for one in oracles.o6_vault(ground))

    with _with_file(folder / "logs" / "other.log", told.identity[0].encode()):
        assert any(told.identity[0] in one for one in oracles.o8_privacy(ground))
    with _with_file(folder / "logs" / "other.log", told.word.encode()):
        assert any(told.word in one for one in oracles.o8_privacy(ground))

    assert list(oracles.o5_log(ground)) == []
    first = next(iter(ground.checkpoints))
    kept = ground.checkpoints[first]
    ground.checkpoints[first] = {**kept, "root": "0" * 64}
    assert any("saved checkpoint" in one for one in oracles.o5_log(ground))
    ground.checkpoints[first] = kept

    address = ground.rows(
        "SELECT a.* FROM address a JOIN resource r ON r.id = a.resource_id WHERE r.ref = :ref",
        ref=resource,
    )[0]
    assert ground.edge_status(address) == 451
    assert ground.edge_status({**address, "url": ground.product.edge + "/nothing"}) == 404
