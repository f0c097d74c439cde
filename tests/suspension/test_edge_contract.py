"""The centre's feed as the edge's own code reads it: two implementations, one meaning."""

from __future__ import annotations

import base64

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from app.accounts import service as accounts
from app.catalogue.paths import canonical_path
from app.core.keystore import keys
from app.core.transaction import transaction
from app.suspension import service
from app.suspension.feed import DenyState
from app.suspension.values import Match, Rule
from edge import denylist
from tests.suspension.make import ANNA, add_resource, make_resource, placed


@pytest.fixture
def read(app: Flask, at):
    with transaction() as tx:
        token = accounts.create_key(tx, name="edge one", scope="edge", at=at)
    head = {"Authorization": f"Bearer {token}"}

    def answer(path: str):
        entries, checkpoint = denylist.parse_answer(
            app.test_client().get(f"/edge/v1/{path}", headers=head).data
        )
        published = {k.kid: base64.b64encode(k.public).decode() for k in keys().public_keys()}
        denylist.check_signature(checkpoint, published)
        return entries, checkpoint

    return answer


def test_edge_follows_snapshot_and_increments(read, at) -> None:
    with transaction() as tx:
        first = make_resource(tx, at)
        second = add_resource(tx, at, ref="R0002")
    edge = denylist.DenyState()
    edge.replace(*read("deny/snapshot"))
    hold = placed(first, at)
    placed(second, at, incident="I0000002")
    edge.advance(*read("deny?since=0"))
    assert edge.why("127.0.0.1", "/r/R0001/index.html") == hold.ref
    assert edge.why("127.0.0.1", "/r/R0002/hls/1.ts")
    with transaction() as tx:
        service.release(tx, incident="I0000001", by=ANNA, reason="unfounded", at=at)
    edge.advance(*read("deny?since=2"))
    assert edge.why("127.0.0.1", "/r/R0001/index.html") is None
    late = denylist.DenyState()
    late.replace(*read("deny/snapshot"))
    assert late.mark == edge.mark


def test_edge_takes_a_new_epoch_by_snapshot_only(read, at) -> None:
    with transaction() as tx:
        placed_on = make_resource(tx, at)
    edge = denylist.DenyState()
    placed(placed_on, at)
    edge.replace(*read("deny/snapshot"))
    with transaction() as tx:
        service.open_epoch(tx, by=ANNA, at=at)
    entries, checkpoint = read("deny?since=1")
    assert checkpoint["epoch"] == 2
    edge.replace(*read("deny/snapshot"))
    assert edge.checkpoint["epoch"] == 2
    assert edge.why("127.0.0.1", "/r/R0001/video.webm")
    assert [entry.epoch for entry in entries] == [2]


names = st.text(st.sampled_from("ab/.-课"), max_size=6).filter(lambda n: ".." not in n)
rules = st.dictionaries(
    st.tuples(st.sampled_from(["a.example", "b.example"]), names), st.sampled_from("ep"), max_size=6
)


@given(rules, names)
def test_gate_and_edge_answer_alike(given_rules, asked) -> None:
    gate, edge = DenyState(), denylist.DenyState()
    canonical = canonical_path
    made = {
        (host, canonical("/" + path)): "prefix" if mode == "p" else "exact"
        for (host, path), mode in given_rules.items()
    }
    gate.replace("R1", [Rule(Match(h, p, m), "R1", 1, "REF00001") for (h, p), m in made.items()])
    entry = {
        "epoch": 1, "seq": 1, "generation": 1, "resource": "R1", "block_ref": "REF00001",
        "dark": bool(made),
        "match": [{"host": h, "path": p, "mode": m} for (h, p), m in made.items()],
    }  # fmt: skip
    edge.replace(
        [denylist.parse_entry(entry)],
        {"epoch": 1, "seq": 1, "count": gate.count(), "sha256": gate.sha256()},
    )
    path = canonical("/" + asked)
    for host in ("a.example", "b.example"):
        # nginx turns a folder into its index page before the edge is asked
        served = path + "index.html" if path.endswith("/") else path
        assert bool(gate.lookup(host, path)) == bool(edge.why(host, served))
