"""One spelling for one place, the same as nginx and the edge agent use."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.catalogue.paths import Place, canonical_host, canonical_path, covers, place_of
from app.core.errors import InvalidError

VECTORS = json.loads((Path(__file__).parents[1] / "edge" / "path_vectors.json").read_text("utf-8"))


@pytest.mark.parametrize(("given", "wanted"), VECTORS["paths"])
def test_a_path_has_the_edges_spelling(given: str, wanted: str | None) -> None:
    if wanted is None:
        with pytest.raises(InvalidError):
            canonical_path(given)
    else:
        assert canonical_path(given) == wanted


@pytest.mark.parametrize(("given", "wanted"), VECTORS["hosts"])
def test_a_host_has_the_edges_spelling(given: str, wanted: str) -> None:
    assert canonical_host(given) == wanted


@pytest.mark.parametrize(("mode", "path", "asked", "wanted"), VECTORS["covers"])
def test_an_address_covers_what_the_edge_says(
    mode: str, path: str, asked: str, wanted: bool
) -> None:
    assert covers(mode, path, asked) is wanted


def test_a_canonical_path_stays_as_it_is() -> None:
    for _given, wanted in VECTORS["paths"]:
        if wanted is not None and "%" not in wanted and "?" not in wanted and "#" not in wanted:
            assert canonical_path(wanted) == wanted


def test_a_pasted_address_may_lack_its_scheme() -> None:
    assert place_of(" 127.0.0.1:8090/r/R0001/ ") == Place("127.0.0.1", "/r/R0001/")


@pytest.mark.parametrize(
    "given", ["", "ftp://a/b", "http://", "a\x00b", "x" * 3000, "http://[::1", "javascript:x://y"]
)
def test_what_is_no_address_is_refused_with_a_sentence(given: str) -> None:
    with pytest.raises(InvalidError, match="not a web address"):
        place_of(given)
