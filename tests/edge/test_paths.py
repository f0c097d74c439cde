"""The agent's and nginx's canonical path are the same; the vectors bind the centre too."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from edge.denylist import DenyState, canonical, canonical_host, canonical_path, parse_entry
from edge.store import Store
from tests.edge.host import Host

VECTORS = json.loads((Path(__file__).parent / "path_vectors.json").read_text("utf-8"))
PATHS: list[tuple[str, str | None]] = [(a, b) for a, b in VECTORS["paths"]]
COVERS: list[tuple[str, str, str, bool]] = [tuple(row) for row in VECTORS["covers"]]


def state_of(rows: list[tuple[str, str, str]]) -> DenyState:
    """A state that denies (mode, host, path) each."""
    entries = [
        parse_entry(
            {
                "epoch": 1,
                "seq": n + 1,
                "generation": 1,
                "resource": f"R{n}",
                "match": [{"host": host, "path": path, "mode": mode}],
                "block_ref": f"B{n}",
                "dark": True,
            }
        )
        for n, (mode, host, path) in enumerate(rows)
    ]
    places = sorted(place for entry in entries for place in entry.places)
    digest = hashlib.sha256(b"".join(place.line for place in places)).hexdigest()
    state = DenyState()
    state.replace(entries, {"epoch": 1, "seq": len(rows), "count": len(rows), "sha256": digest})
    return state


@pytest.mark.parametrize(("raw", "expected"), PATHS)
def test_the_agent_makes_paths_canonical(raw: str, expected: str | None) -> None:
    if expected is None:
        with pytest.raises(ValueError, match="path|root"):
            canonical_path(raw)
    else:
        assert canonical_path(raw) == expected


@pytest.mark.parametrize(("raw", "expected"), VECTORS["hosts"])
def test_the_agent_makes_hosts_canonical(raw: str, expected: str) -> None:
    assert canonical_host(raw) == expected


@pytest.mark.parametrize(("mode", "rule", "path", "covered"), COVERS)
def test_a_rule_covers_what_the_vectors_say(mode: str, rule: str, path: str, covered: bool) -> None:
    state = state_of([(mode, "h.example", rule)])
    assert bool(state.why("h.example", path)) is covered
    assert state.why("other.example", path) is None


@pytest.fixture(scope="module")
def nginx() -> Iterator[Host]:
    """An nginx that loaded, at its start and without an agent, one rule per vector."""
    names = {f"p{n}.example": "plain" for n in range(len(PATHS))}
    names |= {f"c{n}.example": "plain" for n in range(len(COVERS))}
    names |= {host: "plain" for _, host in VECTORS["hosts"] if host[0] != "["}
    names["[::1]"] = "plain"
    host = Host(names)
    rows = [("exact", f"p{n}.example", path) for n, (_, path) in enumerate(PATHS) if path]
    rows += [(mode, f"c{n}.example", rule) for n, (mode, rule, _, _) in enumerate(COVERS)]
    rows += [("exact", name, "/here") for name in {h for _, h in VECTORS["hosts"]}]
    Store(host.data).save(state_of(rows))
    host.start_nginx()
    yield host
    host.close()


def test_nginx_judges_every_spelling_as_the_vectors_say(nginx: Host) -> None:
    answers = {raw: nginx.raw(raw, f"p{n}.example").split()[1] for n, (raw, _) in enumerate(PATHS)}
    assert answers == {raw: b"400" if path is None else b"451" for raw, path in PATHS}


def test_nginx_covers_what_the_vectors_say(nginx: Host) -> None:
    for n, (mode, rule, path, covered) in enumerate(COVERS):
        target = "".join(
            f"%{b:02x}" if b < 33 or b > 126 or b == 37 else chr(b) for b in path.encode()
        )
        status = nginx.raw(target, f"c{n}.example").split()[1]
        assert (status == b"451") is covered, (mode, rule, path, status)


def test_nginx_makes_hosts_canonical(nginx: Host) -> None:
    for raw, _ in VECTORS["hosts"]:
        assert nginx.raw("/here", raw).split()[1] == b"451", raw


@given(st.lists(st.sampled_from(["a", "b", "..", ".", "", "课", "%"]), max_size=8))
def test_a_canonical_path_quoted_again_is_itself(segments: list[str]) -> None:
    quoted = "/" + "/".join(segments).replace("%", "%25")
    try:
        path = canonical_path(quoted)
    except ValueError:
        return
    assert canonical_path(path.replace("%", "%25")) == path
    assert "//" not in path


@given(
    st.recursive(
        st.text() | st.integers(-(2**53) + 1, 2**53 - 1) | st.booleans() | st.none(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.text(st.characters(max_codepoint=127), max_size=4), inner, max_size=3
            )
        ),
        max_leaves=8,
    )
)
def test_canonical_json_is_rfc_8785(value: Any) -> None:
    assert canonical(value) == rfc8785.dumps(value)
