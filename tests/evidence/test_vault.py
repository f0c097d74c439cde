"""The vault: written once under its hash, re-hashed on read; the same promises for every store."""

from __future__ import annotations

import os
import stat
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask

from app.audit import queries as audit
from app.core.errors import InvalidError, NotFoundError
from app.core.keystore import KeyGoneError, keys
from app.core.plugins import find
from app.core.settings import SettingsError
from app.core.transaction import reading, transaction
from app.evidence import queries, service, vault
from app.evidence.jobs import scrub
from app.evidence.store import DamagedError, Store

STORES = find("app.evidence.stores", "STORE")


@pytest.fixture(params=sorted(STORES))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    made: Store = STORES[request.param](f"{STORES[request.param].scheme}:{tmp_path}/vault")
    return made


def file_of(app: Flask, sha256: str) -> Path:
    root = Path(app.config["CHUKU"].vault_url.removeprefix("file:"))
    return root / sha256[:2] / sha256[2:4] / sha256


def damage(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[0] ^= 1
    file.chmod(0o600)
    file.write_bytes(data)


@pytest.mark.parametrize("data", [b"", b"x", os.urandom(3_000_000)])
def test_what_was_put_is_read_back_and_putting_twice_is_once(store: Store, data: bytes) -> None:
    sha256, size = store.put(data)
    assert store.put(data) == (sha256, size)
    assert size == len(data)
    assert store.holds(sha256)
    assert b"".join(store.pieces(sha256)) == data


def test_a_file_is_put_like_its_bytes(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "big"
    file.write_bytes(os.urandom(2_500_000))
    assert store.put(file) == store.put(file.read_bytes())


@pytest.mark.parametrize("name", ["0" * 64, "", "../../etc/passwd", "A" * 64])
def test_nothing_is_found_under_a_name_that_was_not_given(store: Store, name: str) -> None:
    with pytest.raises(NotFoundError):
        list(store.pieces(name))


def test_files_are_read_only_complete_and_never_overwritten(app: Flask) -> None:
    stored = vault.put(b"evidence")
    file = file_of(app, stored.sha256)
    assert stat.S_IMODE(file.stat().st_mode) == 0o440
    inode = file.stat().st_ino
    vault.put(b"evidence")
    assert file.stat().st_ino == inode
    assert list(file.parent.parent.parent.glob(".new-*")) == []
    damage(file)
    with pytest.raises(DamagedError):
        vault.put(b"evidence")


def test_a_vault_address_nobody_speaks_is_said_in_one_sentence() -> None:
    with pytest.raises(SettingsError, match="no store for s3: here; available: file:"):
        vault.store_of("s3:bucket")


def record(at: datetime, stored: vault.Stored, **more: object) -> str:
    with transaction() as tx:
        item = service.record(
            tx,
            incident="AB12CD34",
            kind="attachment",
            title="截图.png",
            stored=stored,
            media_type="image/png",
            by="complainant",
            at=at,
            facts={"page": 3},
        )
    return item.ref


def test_sealing_leaves_a_custody_row_and_the_digest_in_the_log(app: Flask, at: datetime) -> None:
    stored = vault.put(b"picture")
    ref = record(at, stored)
    assert record(at, stored) == ref
    with reading() as session:
        (item,) = queries.items(session, "AB12CD34")
        (link,) = queries.custody(session, ref=ref)
        (entry,) = audit.entries(session, incident="AB12CD34")
    assert (link.act, link.by, link.intact) == ("sealed", "complainant", True)
    assert entry.data["sha256"] == item.sha256 == stored.sha256
    assert entry.data["facts"] == service.facts_digest(item.facts)


def test_reading_re_hashes_and_damage_is_recorded_then_raised(app: Flask, at: datetime) -> None:
    stored = vault.put(b"picture")
    ref = record(at, stored)
    with transaction() as tx:
        content = service.read(tx, item_ref=ref, by="account:1", reason="核对", at=at)
    assert content.require() == b"picture"
    damage(file_of(app, stored.sha256))
    with transaction() as tx:
        content = service.read(tx, item_ref=ref, by="account:1", reason="核对", at=at)
    with pytest.raises(DamagedError, match="was changed"):
        content.require()
    with reading() as session:
        assert [link.intact for link in queries.custody(session, ref=ref)] == [True, True, False]


def test_sealed_items_open_only_for_a_reason_and_not_after_erasure(
    app: Flask, at: datetime
) -> None:
    kid, key = keys().new_data_key()
    ref = record(at, vault.put_sealed("张某某的原话".encode(), kid=kid, key=key))

    def read(reason: str, *, unseal: bool) -> bytes:
        with transaction() as tx:
            return service.read(
                tx, item_ref=ref, by="account:1", reason=reason, at=at, unseal=unseal
            ).require()

    assert "张".encode() not in read("看一眼", unseal=False)
    with pytest.raises(InvalidError, match="Say why"):
        read(" ", unseal=True)
    assert read("公安机关调取", unseal=True).decode() == "张某某的原话"
    keys().destroy_data_key(kid, at=at)
    with pytest.raises(KeyGoneError):
        read("公安机关调取", unseal=True)
    with reading() as session:
        assert "公安" not in str([e.data for e in audit.entries(session)])


def test_the_scrub_finds_swapped_and_cut_files_and_calls_a_person(app: Flask, at: datetime) -> None:
    first, second, third = (vault.put(data) for data in (b"one", b"two", b"three"))
    refs = [record(at, stored) for stored in (first, second, third)]
    a, b = file_of(app, first.sha256), file_of(app, second.sha256)
    a_bytes, b_bytes = a.read_bytes(), b.read_bytes()
    for file, data in ((a, b_bytes), (b, a_bytes)):
        file.chmod(0o600)
        file.write_bytes(data)
    scrub()
    with reading() as session:
        broken = {c.item_ref for c in queries.custody(session) if not c.intact}
    assert broken == set(refs[:2])
