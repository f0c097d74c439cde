"""The feed's words: digests that anyone can reproduce, order that cannot be turned round."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from app.suspension import feed
from app.suspension.feed import DenyState, apply, checkpoint, entry_line
from app.suspension.values import Entry, Head, Match, Rule

AT = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


def rule(path: str, mode: str = "exact", resource: str = "R1", host: str = "a.example") -> Rule:
    return Rule(Match(host, path, mode), resource, 1, "REF00001")


def test_digest_is_over_sorted_canonical_lines_each_ended_by_lf() -> None:
    state = DenyState()
    state.replace("R2", [rule("/z", resource="R2"), rule("/b", resource="R2")])
    state.replace("R1", [rule("/a")])
    lines = [
        rfc8785.dumps(
            {"host": "a.example", "path": path, "mode": "exact", "resource": resource,
             "generation": 1, "block_ref": "REF00001"}
        )
        for path, resource in (("/a", "R1"), ("/b", "R2"), ("/z", "R2"))
    ]  # fmt: skip
    assert state.sha256() == hashlib.sha256(b"\n".join(lines) + b"\n").hexdigest()
    assert state.count() == 3
    assert DenyState().sha256() == hashlib.sha256(b"").hexdigest()


def test_checkpoint_signature_covers_the_canonical_bytes_without_it() -> None:
    key = Ed25519PrivateKey.generate()
    line = checkpoint(
        Head(2, 9), count=0, sha256="00", kid="feed-1",
        sign=lambda m: base64.b64encode(key.sign(m)).decode(), at=AT,
    )  # fmt: skip
    body = json.loads(line)
    signature = base64.b64decode(body.pop("signature"))
    key.public_key().verify(signature, rfc8785.dumps(body))
    assert line.endswith(b"}\n")
    assert body == {
        "epoch": 2, "seq": 9, "count": 0, "sha256": "00", "kid": "feed-1",
        "as_of": "2026-11-22T03:00:00.000Z", "next_by": "2026-11-22T03:01:00.000Z",
    }  # fmt: skip


def test_prefix_denies_the_tree_and_nothing_beside_it() -> None:
    state = DenyState()
    state.replace("R1", [rule("/r/1/hls/", "prefix"), rule("/r/2", "prefix"), rule("/r/3/a.pdf")])
    denied = {"/r/1/hls/", "/r/1/hls", "/r/1/hls/0001.ts", "/r/1/hls/a/b", "/r/2", "/r/2/x",
              "/r/3/a.pdf"}  # fmt: skip
    free = {"/r/1/hlsx", "/r/1", "/r/22", "/r/3/a.pdf/x", "/r/3/a.pd", "/"}
    assert {p for p in denied | free if state.lookup("a.example", p)} == denied
    assert state.lookup("b.example", "/r/2") is None


def test_a_folder_and_its_index_page_are_denied_together() -> None:
    state = DenyState()
    state.replace("R1", [rule("/r/1/index.html"), rule("/r/2/")])
    denied = {"/r/1/", "/r/1/index.html", "/r/2/", "/r/2/index.html"}
    free = {"/r/1", "/r/1/index.htm", "/r/1/xindex.html", "/index.html", "/"}
    assert {p for p in denied | free if state.lookup("a.example", p)} == denied


def test_replacing_rules_frees_only_what_is_no_longer_named() -> None:
    state = DenyState()
    state.replace("R1", [rule("/a"), rule("/b"), rule("/p/", "prefix")])
    state.replace("R1", [rule("/b")])
    assert state.lookup("a.example", "/a") is None
    assert state.lookup("a.example", "/p/x") is None
    assert state.lookup("a.example", "/b") is not None
    state.replace("R1", [])
    assert (state.count(), state.resources()) == (0, [])


RESOURCES = ("R1", "R2", "R3")
changes = st.lists(
    st.tuples(st.sampled_from(RESOURCES), st.sets(st.sampled_from("abcd"))), max_size=25
)


def _history(steps: list[tuple[str, set[str]]]) -> tuple[list[Entry], DenyState]:
    """What the centre would write for these changes, and its own state."""
    centre, entries, generations = DenyState(), [], dict.fromkeys(RESOURCES, 0)
    for seq, (resource, names) in enumerate(steps, 1):
        generations[resource] += 1
        match = tuple(sorted(Match("h.example", f"/{resource}/{n}") for n in names))
        ref = f"REF{resource}" if match else None
        entries.append(Entry(1, seq, generations[resource], resource, match, ref, dark=bool(match)))
        centre.replace(
            resource, [Rule(m, resource, generations[resource], ref or "") for m in match]
        )
    return entries, centre


@given(changes)
def test_replaying_the_feed_reproduces_the_snapshot_digest(steps) -> None:
    entries, centre = _history(steps)
    edge, seen = DenyState(), {}
    for entry in entries:
        apply(edge, entry, seen)
    assert (edge.sha256(), edge.count()) == (centre.sha256(), centre.count())


@given(changes, st.randoms(use_true_random=False))
def test_any_order_and_any_repeats_end_at_the_highest_generation(steps, random) -> None:
    entries, centre = _history(steps)
    shuffled = [*entries, *random.sample(entries, len(entries) // 2)]
    random.shuffle(shuffled)
    edge, seen = DenyState(), {}
    for entry in shuffled:
        apply(edge, entry, seen)
    assert edge.sha256() == centre.sha256()


@given(changes, st.integers(0, 25))
def test_the_newest_entry_per_resource_is_enough_after_a_gap(steps, gap) -> None:
    entries, centre = _history(steps)
    edge, seen = DenyState(), {}
    for entry in entries[:gap]:
        apply(edge, entry, seen)
    newest = {entry.resource: entry for entry in entries[gap:]}
    for entry in newest.values():
        apply(edge, entry, seen)
    assert edge.sha256() == centre.sha256()


def test_lower_generation_is_ignored_also_across_epochs() -> None:
    edge, seen = DenyState(), {}
    stop = Entry(1, 8, 8, "R1", (Match("h", "/a"),), "REF", dark=True)
    late = Entry(1, 7, 7, "R1", (), None, dark=False)
    assert apply(edge, stop, seen)
    assert not apply(edge, late, seen)
    assert not apply(edge, stop, seen)
    assert edge.count() == 1
    assert apply(edge, Entry(2, 9, 1, "R1", (), None, dark=False), seen)
    assert edge.count() == 0


def test_lines_are_single_and_canonical() -> None:
    line = entry_line(Entry(1, 2, 3, "R1", (Match("h", "/中文 a"),), "REF", dark=True))
    assert line.count(b"\n") == 1
    assert json.loads(line)["match"] == [{"host": "h", "path": "/中文 a", "mode": "exact"}]
    assert rfc8785.dumps(json.loads(line)) + b"\n" == line


def test_moments_are_utc_whatever_their_zone() -> None:
    from app.core.clock import SHANGHAI

    assert feed.moment(AT.astimezone(SHANGHAI)) == "2026-11-22T03:00:00.000Z"
