"""The centre's feed and the edge's reader use the same words, digests and coverage."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.suspension import feed
from app.suspension.values import Entry, Head, Match, Mode, Rule
from edge.denylist import DenyState, check_signature, parse_answer

VECTORS = json.loads((Path(__file__).parent / "path_vectors.json").read_text("utf-8"))
AT = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


def answer(state: feed.DenyState, entries: list[Entry], private: Ed25519PrivateKey) -> bytes:
    lines = b"".join(feed.entry_line(entry) for entry in entries)
    return lines + feed.checkpoint(
        state.head,
        count=state.count(),
        sha256=state.sha256(),
        kid="k1",
        sign=lambda data: base64.b64encode(private.sign(data)).decode(),
        at=AT,
    )


def test_the_edge_reproduces_what_the_centre_signs() -> None:
    private = Ed25519PrivateKey.generate()
    keys = {"k1": base64.b64encode(private.public_key().public_bytes_raw()).decode()}
    centre, edge, seen = feed.DenyState(), DenyState(), {}
    places = (
        Match("media.example", "/r/R0001/课 件.pdf", Mode.EXACT),
        Match("127.0.0.1", "/r/R0001/hls/", Mode.PREFIX),
        Match("127.0.0.1", '/r/R0001/"quoted"\\', Mode.EXACT),
    )
    stop = Entry(1, 1, 1, "R0001", places, "H7K2", dark=True)
    feed.apply(centre, stop, seen)
    centre.head = Head(epoch=1, seq=1)
    entries, checkpoint = parse_answer(answer(centre, centre.entries(), private))
    check_signature(checkpoint, keys)
    edge.replace(entries, checkpoint)
    assert len(edge) == 3

    for seq, entry in (
        (
            2,
            Entry(
                1, 2, 1, "R0002", (Match("127.0.0.1", "/r/R0002/", Mode.PREFIX),), "B2", dark=True
            ),
        ),
        (3, Entry(1, 3, 2, "R0001", (), None, dark=False)),
    ):
        feed.apply(centre, entry, seen)
        centre.head = Head(epoch=1, seq=seq)
        edge.advance(*parse_answer(answer(centre, [entry], private)))
    assert edge.why("127.0.0.1", "/r/R0002/video.mp4") == "B2"
    assert edge.why("127.0.0.1", "/r/R0001/hls/000.ts") is None


@pytest.mark.parametrize(("mode", "rule", "path", "covered"), VECTORS["covers"])
def test_the_gate_covers_what_the_edge_covers(
    mode: str, rule: str, path: str, covered: bool
) -> None:
    state = feed.DenyState()
    state.replace("R", [Rule(Match("h.example", rule, Mode(mode)), "R", 1, "B1")])
    assert (state.lookup("h.example", path) is not None) is covered
