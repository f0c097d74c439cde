"""The generated files: real, distinct, repeatable, and all covered by an address."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pikepdf
import pytest

from app.demo import catalogue, content, export, media
from app.demo.catalogue import PlannedResource, resources
from app.demo.content import Manifest

PORTAL = "http://127.0.0.1:8080"
EDGE = "http://127.0.0.1:8090"
ELEMENTS = {0x1A45DFA3, 0x18538067, 0x1549A966, 0x1654AE6B, 0x1C53BB6B, 0x1F43B675}


def few() -> tuple[PlannedResource, ...]:
    """One of each kind, the sharing pair and both external ones; no large film."""
    chosen = {r.kind: r for r in reversed(resources()) if not r.large_mb}
    special = [r for r in resources() if r.shares or r.title in catalogue.EXTERNAL]
    return tuple({r.ref: r for r in [*chosen.values(), *special]}.values())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Manifest]]:
    root = tmp_path_factory.mktemp("content")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(content, "resources", few)
        patch.setattr(export, "resources", few)
        yield root, content.write(root, portal=PORTAL)


def test_only_the_shared_leaflet_has_the_same_bytes_twice(made: tuple[Path, Manifest]) -> None:
    digests = Counter(m.sha256 for m in made[1].values())
    twice = [d for d, n in digests.items() if n > 1]
    assert len(twice) == 1
    assert [n for n, m in made[1].items() if m.sha256 == twice[0]] == [
        f"{r.folder}/{catalogue.SHARED_FILE}" for r in few() if r.shares
    ]


def test_every_file_is_covered_by_an_address_of_its_resource(made: tuple[Path, Manifest]) -> None:
    root, _ = made
    for resource in few():
        own = [(a.file, a.mode) for a in resource.addresses if a.file]
        folder = root / content.PLAIN
        for path in (folder / resource.folder).rglob("*"):
            name = path.relative_to(folder).as_posix()
            assert path.is_dir() or any(
                name == file if mode == "exact" else name.startswith(file) for file, mode in own
            )


def test_pages_are_well_formed_and_lead_to_the_complaint_form(made: tuple[Path, Manifest]) -> None:
    for resource in few():
        text = (made[0] / "plain" / resource.folder / "index.html").read_text("utf-8")
        page = ET.fromstring(text.removeprefix("<!doctype html>\n"))
        links = {a.get("href") for a in page.iter("a") if a.get("data-complain")}
        assert links == {f"{PORTAL}/complain?resource={resource.ref}"}
        assert page.find(".//h1").text == resource.title  # type: ignore[union-attr]


def test_papers_open_and_have_a_cover_and_chapters(made: tuple[Path, Manifest]) -> None:
    for path in (made[0] / "plain" / "r").rglob("*.pdf"):
        with pikepdf.open(path) as paper:
            assert not paper.check_pdf_syntax()
            assert len(paper.pages) == (1 if path.name == catalogue.SHARED_FILE else 5)


def walk(data: bytes, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Element number, start and end of its body, one level of an EBML file."""
    while start < end:
        width = 9 - data[start].bit_length()
        number = int.from_bytes(data[start : start + width])
        size = int.from_bytes(data[start + width : start + width + 8]) & ((1 << 56) - 1)
        body = start + width + 8
        yield number, body, body + size
        start = body + size
    assert start == end


def test_films_are_whole_webm_files_and_cues_point_at_clusters(
    made: tuple[Path, Manifest],
) -> None:
    for path in (made[0] / "plain" / "r").rglob("*.webm"):
        data = path.read_bytes()
        top = list(walk(data, 0, len(data)))
        assert [number for number, _, _ in top] == [0x1A45DFA3, 0x18538067]
        _, body, end = top[1]
        inner = list(walk(data, body, end))
        assert {number for number, _, _ in inner} <= ELEMENTS
        cues = next(data[a:b] for number, a, b in inner if number == 0x1C53BB6B)
        for number, start, _ in inner:
            if number == 0x1F43B675:
                assert (start - 12 - body).to_bytes(8) in cues


def test_a_large_film_has_the_promised_size() -> None:
    large = next(r for r in resources() if r.large_mb)
    size = sum(len(chunk) for chunk in media.large_film(large))
    assert large.large_mb <= size / media.MEGABYTE < large.large_mb + 3


def test_writing_again_changes_no_file(made: tuple[Path, Manifest]) -> None:
    root, manifest = made
    before = {p: p.stat().st_mtime_ns for p in root.rglob("*") if p.is_file()}
    assert content.write(root, portal=PORTAL) == manifest
    assert {p: p.stat().st_mtime_ns for p in root.rglob("*") if p.is_file()} == before


def test_a_damaged_file_is_made_anew(made: tuple[Path, Manifest]) -> None:
    root, manifest = made
    broken = root / "plain" / few()[0].folder / "cover.png"
    broken.write_bytes(b"cut")
    assert content.write(root, portal=PORTAL) == manifest
    assert broken.stat().st_size > 1000


def test_the_same_bytes_come_out_twice() -> None:
    resource = resources()[90]
    assert media.small_files(resource) == media.small_files(resource)


def test_alias_hosts_lead_to_the_same_files_and_only_to_their_own(
    made: tuple[Path, Manifest],
) -> None:
    for resource in few():
        alias = next(a.host for a in resource.addresses if a.host.endswith(".localhost"))
        for folder in content.host_folders().values():
            there = (made[0] / folder / resource.folder / "index.html").is_file()
            assert there == (folder == alias)


def test_rows_name_only_what_earlier_rows_brought(
    made: tuple[Path, Manifest],
) -> None:
    known: set[str] = set()
    for line in export.lines(made[1], edge_url=EDGE):
        row = json.loads(line)
        named = {row.get(k) for k in ("parent", "platform", "body", "provider")} - {None}
        assert named <= known
        known.add(row.get("code", ""))


def test_addresses_carry_the_port_of_the_edge_and_aliases_are_dialled_there(
    made: tuple[Path, Manifest],
) -> None:
    rows = [r for r in export.rows(made[1], edge_url=EDGE) if r["type"] == "resource"]
    for row in rows:
        first, *others = row["addresses"]
        assert first["url"] == f"{EDGE}/r/{row['ref']}/index.html"
        alias = next(a for a in others if ".localhost:8090/" in a["url"])
        assert alias["connect_to"] == "127.0.0.1:8090"
        content_rows = [a for a in others if a["role"] in export.CONTENT_ROLES]
        assert all(a["digest"] for a in content_rows)
