"""Side by side, in service, before, and what serves when the chosen one cannot."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from nlp_models.card import current
from nlp_models.versions import VersionError, Versions
from tests.nlp_models.make import make_version


@pytest.fixture
def site(tmp_path: Path) -> Path:
    for version in ("1.a", "1.b"):
        make_version(tmp_path / "models", version)
    return tmp_path / "models"


def test_without_a_choice_the_shipped_version_serves(site: Path) -> None:
    for known in (Versions(site), Versions(None), Versions(site / "nowhere")):
        assert known.serving() == current()
        assert known.before() is None
        assert known.shadow() is None


def test_what_is_put_in_service_serves_and_a_rollback_brings_back_the_one_before(
    site: Path,
) -> None:
    known = Versions(site)
    known.put_in_service("1.a")
    known.put_in_service("complaints@1.b")
    assert Versions(site).serving() == site / "1.b"
    assert known.roll_back().card.version == "1.a"
    assert Versions(site).serving() == site / "1.a"
    assert known.roll_back().folder == current()
    assert Versions(site).serving() == current()
    with pytest.raises(VersionError, match="before"):
        known.roll_back()


def test_a_rollback_passes_over_versions_that_are_gone(site: Path) -> None:
    known = Versions(site)
    known.put_in_service("1.a")
    known.put_in_service("1.b")
    shutil.rmtree(site / "1.a")
    assert known.roll_back().folder == current()
    assert known.serving() == current()


def test_the_shipped_version_can_be_chosen_again(site: Path) -> None:
    known = Versions(site)
    known.put_in_service("1.a")
    known.put_in_service(current().name)
    assert known.serving() == current()
    known.roll_back()
    assert known.serving() == site / "1.a"


@pytest.mark.parametrize("fault", ["gone", "other rules"])
def test_a_chosen_version_that_cannot_serve_leaves_the_shipped_one_in_service(
    site: Path, fault: str
) -> None:
    Versions(site).put_in_service("1.a")
    if fault == "gone":
        shutil.rmtree(site / "1.a")
    else:
        file = site / "1.a" / "card.json"
        card = json.loads(file.read_text("utf-8")) | {"rules": "those of last year"}
        file.write_text(json.dumps(card), encoding="utf-8")
    assert Versions(site).serving() == current()


def test_what_was_trained_for_other_rules_is_not_put_in_service(site: Path) -> None:
    make_version(site, "1.old", rules="those of last year")
    with pytest.raises(VersionError, match="train again"):
        Versions(site).put_in_service("1.old")
    with pytest.raises(VersionError, match="no version"):
        Versions(site).let_shadow("1.nowhere")


def test_half_written_versions_are_not_listed(site: Path) -> None:
    make_version(site, ".1.making")
    assert [item.card.version for item in Versions(site).all()] == [current().name, "1.a", "1.b"]


def test_shipping_keeps_exactly_the_one(tmp_path: Path) -> None:
    for version in ("1.old", "1.new"):
        make_version(tmp_path, version)
    known = Versions(None, trained=tmp_path)
    with pytest.raises(VersionError, match="--ship"):
        known.shipped()
    known.ship("1.old")
    make_version(tmp_path, "1.new")
    known.ship("1.new")
    assert known.shipped() == tmp_path / "1.new"
    assert [item.name for item in tmp_path.iterdir() if item.is_dir()] == ["1.new"]


def test_a_candidate_that_is_put_in_service_reads_along_no_more(site: Path) -> None:
    known = Versions(site)
    known.let_shadow("1.a")
    assert known.shadow() == site / "1.a"
    known.put_in_service("1.a")
    assert known.shadow() is None


def test_the_committed_report_is_of_the_shipped_version() -> None:
    report = Path(__file__).parents[2] / "docs/classifier.html"
    assert current().name in report.read_text(encoding="utf-8")
