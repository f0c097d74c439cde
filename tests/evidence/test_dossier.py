"""The dossier: valid for BagIt tools, verifies with Python alone, fails when one byte is changed."""

from __future__ import annotations

import csv
import io
import json
import random
import shutil
import subprocess
import sys
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import bagit
import pytest
from flask import Flask

from app.audit.service import record as audit
from app.audit.upkeep import bring_up_to_date
from app.cli.dossier import dossier as dossier_command
from app.cli.dossier import verify as verify_command
from app.core.errors import InvalidError, NotFoundError
from app.core.keystore import keys
from app.core.transaction import transaction
from app.evidence import decisions, service, vault, verify_bundle
from app.evidence.export import export
from tests.evidence.test_vault import damage, file_of

INCIDENT = "AB12CD34"


def put(at: datetime, kind: str, stored: vault.Stored, title: str, media_type: str) -> str:
    with transaction() as tx:
        return service.record(
            tx,
            incident=INCIDENT,
            kind=kind,
            title=title,
            stored=stored,
            media_type=media_type,
            by="account:3",
            at=at,
            facts={"url": "http://res.example/r/R0001/index.html", "页": "三"},
        ).ref


@pytest.fixture
def kid(app: Flask, at: datetime) -> str:
    """An incident with acts of its own and of others around it; the complaint's data key."""
    kid, key = keys().new_data_key()
    with transaction() as tx:
        for n in range(5):
            audit(
                tx,
                actor="account:3",
                action="hold.place",
                subject=f"hold:H{n}",
                at=at,
                incident=INCIDENT if n % 2 == 0 else "ZZZZ0000",
                词="停止传输",
            )
    put(at, "capture", vault.put(b"warc bytes"), "=cmd|' /C calc'!A0", "application/warc")
    put(at, "complaint", vault.put_sealed(b"words", kid=kid, key=key), "投诉举报原文", "text/plain")
    statement = {"decision": "confirm", "reason": "核实属实", "at": at, "severe": False}
    document = decisions.signed(statement, keys().signer("decision"))
    put(at, "decision", vault.put(document), "认定", decisions.MEDIA_TYPE)
    bring_up_to_date()
    with transaction() as tx:
        audit(tx, actor="account:4", action="hold.lift", subject="hold:H9", at=at, incident="Z")
    return kid


def exported(app: Flask, out: Path, **more: Any) -> Path:
    export(app.config["CHUKU"], INCIDENT, out, by="account:3", **{"reason": "", **more})
    return out


def unpacked(bundle: Path, place: Path) -> Path:
    with zipfile.ZipFile(bundle) as file:
        file.extractall(place)
    return place / f"dossier-{INCIDENT}"


def alone(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The bundle's own verifier, with nothing of ours on the path."""
    return subprocess.run(
        [sys.executable, "-I", str(folder / "verify.py"), *arguments],
        capture_output=True,
        text=True,
        cwd=folder.parent,
        check=False,
        env={"PYTHONIOENCODING": "utf-8"},
    )


def test_the_bundle_verifies_with_python_alone(app: Flask, kid: str, tmp_path: Path) -> None:
    bundle = exported(app, tmp_path / "d.zip")
    folder = unpacked(bundle, tmp_path / "elsewhere")
    answer = alone(folder)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "核验通过：3 项留存记录" in answer.stdout
    assert "Verified: 3 items" in answer.stdout
    assert not list(folder.rglob("__pycache__"))
    assert alone(folder, str(bundle)).returncode == 0
    assert list(verify_bundle.check(bundle)) == []


def test_bagit_tools_accept_the_bundle(app: Flask, kid: str, tmp_path: Path) -> None:
    folder = unpacked(exported(app, tmp_path / "d.zip"), tmp_path / "x")
    assert bagit.Bag(str(folder)).validate()


def test_any_changed_byte_in_any_file_is_found(app: Flask, kid: str, tmp_path: Path) -> None:
    folder = unpacked(exported(app, tmp_path / "d.zip"), tmp_path / "x")
    chance = random.Random(7)
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    assert len(files) > 14
    for file in files:
        whole = file.read_bytes()
        bent = bytearray(whole)
        bent[chance.randrange(len(bent))] ^= 1 << chance.randrange(8)
        file.chmod(0o600)
        file.write_bytes(bent)
        assert list(verify_bundle.check(folder)), file.name
        file.write_bytes(whole)
    assert list(verify_bundle.check(folder)) == []
    (folder / "data" / "more.txt").write_text("more")
    assert alone(folder).returncode == 1
    (folder / "data" / "more.txt").unlink()
    next((folder / "data" / "items").iterdir()).unlink()
    answer = alone(folder)
    assert answer.returncode == 1
    assert "缺少文件" in answer.stdout


def test_any_changed_byte_of_the_zip_is_found(app: Flask, kid: str, tmp_path: Path) -> None:
    bundle = exported(app, tmp_path / "d.zip")
    whole = bundle.read_bytes()
    chance = random.Random(11)
    places = {0, 11, len(whole) - 1, len(whole) - 65, len(whole) - 80}
    for place in places | {chance.randrange(len(whole)) for _ in range(40)}:
        bent = bytearray(whole)
        bent[place] ^= 1 << chance.randrange(8)
        bundle.write_bytes(bent)
        assert list(verify_bundle.check(bundle)), place
    bundle.write_bytes(whole[:-500])
    assert list(verify_bundle.check(bundle))


def rebagged(folder: Path) -> None:
    """What a forger does: change content and write all hashes anew."""
    for manifest in ("manifest-sha256.txt", "tagmanifest-sha256.txt"):
        lines = []
        for line in (folder / manifest).read_text().splitlines():
            name = line.split("  ", 1)[1]
            lines.append(f"{vault.digest_of((folder / name).read_bytes())}  {name}\n")
        (folder / manifest).chmod(0o600)
        (folder / manifest).write_text("".join(lines))


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.chmod(0o600)
    file.write_text(text.replace(old, new, 1), "utf-8")


@pytest.mark.parametrize(
    ("file", "old", "new", "sentence"),
    [
        ("data/audit/entries.jsonl", "account:3", "account:9", "is not in the signed log"),
        ("data/audit/checkpoint.json", '"size": 9', '"size": 8', "signature does not hold"),
        ("data/items.jsonl", "index.html", "other.html", "does not match the audit log"),
    ],
)
def test_a_forger_who_writes_all_hashes_anew_is_found_by_the_signed_log(
    app: Flask, kid: str, tmp_path: Path, file: str, old: str, new: str, sentence: str
) -> None:
    folder = unpacked(exported(app, tmp_path / "d.zip"), tmp_path / "x")
    if "checkpoint" in file:
        size = json.loads((folder / file).read_text())["size"]
        old, new = f'"size": {size}', f'"size": {size - 1}'
    edit(folder / file, old, new)
    rebagged(folder)
    assert any(sentence in english for _, english in verify_bundle.check(folder))


def test_a_forged_decision_and_a_left_out_item_are_found(
    app: Flask, kid: str, tmp_path: Path
) -> None:
    folder = unpacked(exported(app, tmp_path / "d.zip"), tmp_path / "x")
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    decision = next(copy.glob("data/items/*-decision.json"))
    edit(decision, "核实属实", "核实不实")
    rebagged(copy)
    assert any("decision" in english for _, english in verify_bundle.check(copy))
    lines = (folder / "data/items.jsonl").read_text("utf-8").splitlines(keepends=True)
    edit(folder / "data/items.jsonl", lines[0], "")
    rebagged(folder)
    assert any("left out" in english for _, english in verify_bundle.check(folder))


def test_keys_are_compared_with_the_published_ones(app: Flask, kid: str, tmp_path: Path) -> None:
    bundle = exported(app, tmp_path / "d.zip")
    folder = unpacked(bundle, tmp_path / "x")
    published = tmp_path / "keys.json"
    published.write_text((folder / "data/keys.json").read_text())
    assert alone(folder, "--keys", str(published)).returncode == 0
    edit(published, '"public": "', '"public": "AA')
    assert alone(folder, "--keys", str(published)).returncode == 1


def test_sealed_items_stay_sealed_unless_a_reason_is_given(
    app: Flask, kid: str, at: datetime, tmp_path: Path
) -> None:
    closed = unpacked(exported(app, tmp_path / "a.zip"), tmp_path / "a")
    assert not list(closed.glob("data/opened/*"))
    assert len(list(closed.glob("data/items/*.sealed"))) == 1
    with pytest.raises(InvalidError, match="Say why"):
        exported(app, tmp_path / "b.zip", unseal=True)
    opened = unpacked(
        exported(app, tmp_path / "c.zip", unseal=True, reason="公安机关调取"), tmp_path / "c"
    )
    (file,) = opened.glob("data/opened/*")
    assert file.read_bytes() == b"words"
    assert "公安机关调取" in (opened / "data/笔录.html").read_text("utf-8")
    assert alone(opened).returncode == 0
    keys().destroy_data_key(kid, at=at)
    erased = unpacked(
        exported(app, tmp_path / "d.zip", unseal=True, reason="公安机关调取"), tmp_path / "d"
    )
    assert not list(erased.glob("data/opened/*"))
    assert alone(erased).returncode == 0
    assert "密钥已销毁" in (erased / "data/清单.csv").read_text("utf-8")


def test_the_list_and_the_record_say_who_when_where_and_how(
    app: Flask, kid: str, tmp_path: Path
) -> None:
    folder = unpacked(exported(app, tmp_path / "d.zip"), tmp_path / "x")
    rows = list(csv.reader(io.StringIO((folder / "data/清单.csv").read_text("utf-8-sig"))))
    assert rows[0][:4] == ["序号", "编号", "类别", "名称"]
    assert rows[1][3].startswith("'=cmd")  # a spreadsheet must not run a title
    assert len(rows) == 4
    page = (folder / "data/笔录.html").read_text("utf-8")
    for word in ("电子数据提取与保管笔录", "account:3", "保管链", "导出", "RFC 6962", "11月22日"):
        assert word in page
    assert "<script" not in page


def test_damage_in_the_vault_is_shown_not_hidden(app: Flask, kid: str, tmp_path: Path) -> None:
    stored = vault.put(b"warc bytes")
    damage(file_of(app, stored.sha256))
    bundle = exported(app, tmp_path / "d.zip")
    faults = list(verify_bundle.check(bundle))
    assert any("does not match its digest" in english for _, english in faults)
    file_of(app, stored.sha256).unlink()
    sheet = export(app.config["CHUKU"], INCIDENT, bundle, by="account:3", reason="")
    assert sorted(row.state for row in sheet.rows) == ["intact", "intact", "missing"]


def test_the_commands_export_and_verify(
    app: Flask, kid: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.cli.context.settings", lambda **_: app.config["CHUKU"])
    runner, out = app.test_cli_runner(), tmp_path / "卷宗.zip"
    made = runner.invoke(dossier_command, [INCIDENT, "-o", str(out)])
    assert made.exit_code == 0, made.output
    assert runner.invoke(verify_command, [str(out)]).exit_code == 0
    out.write_bytes(out.read_bytes()[:-1] + b"!")
    assert runner.invoke(verify_command, [str(out)]).exit_code == 1
    missing = runner.invoke(dossier_command, ["NOSUCH00", "-o", str(out)])
    assert isinstance(missing.exception, NotFoundError)
