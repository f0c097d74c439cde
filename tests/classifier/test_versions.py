"""The version in service is noticed at the next batch; a broken one never stops the reading."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import classifier
from app.classifier import workshop
from app.classifier.suggest import BATCH
from nlp_models.card import current
from tests.nlp_models.make import make_version

SHIPPED = f"complaints@{current().name}"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Path]:
    make_version(tmp_path, "1.next", threshold=0.99)
    classifier.use(tmp_path)
    yield tmp_path
    classifier.use(None)


def test_a_changed_pointer_is_noticed_before_the_next_batch(site: Path) -> None:
    def texts() -> Iterator[str]:
        for n in range(2 * BATCH):
            if n == BATCH:
                classifier.versions().put_in_service("1.next")
            yield f"第{n}页没有声音"

    said = [item.model for item in classifier.suggest_many(texts())]
    assert said == [SHIPPED] * BATCH + ["complaints@1.next"] * BATCH
    assert classifier.model_name() == "complaints@1.next"
    classifier.versions().roll_back()
    assert classifier.suggest("没有声音").model == SHIPPED


def test_the_threshold_is_that_of_the_version_that_read(site: Path) -> None:
    before = classifier.threshold()
    classifier.versions().put_in_service("1.next")
    assert classifier.threshold() == 0.99
    assert classifier.threshold(SHIPPED) == before
    assert classifier.threshold("complaints@1.gone") is None
    assert classifier.threshold("monitor") == 0.99


def test_a_version_that_does_not_load_leaves_the_shipped_one_reading(site: Path) -> None:
    classifier.versions().put_in_service("1.next")
    shutil.rmtree(site / "1.next" / "kinds")
    assert classifier.suggest("没有声音").model == SHIPPED
    assert classifier.load() == SHIPPED


def test_a_version_written_anew_under_its_name_is_loaded_anew(site: Path) -> None:
    classifier.versions().put_in_service("1.next")
    assert not classifier.suggest("没有声音").abstain
    shutil.rmtree(site / "1.next")
    make_version(site, "1.next", abstain_below=1.0)
    assert classifier.suggest("没有声音").abstain


def test_the_candidate_reads_along_only_when_it_is_told_to(site: Path) -> None:
    assert classifier.shadow("没有声音") is None
    classifier.versions().let_shadow("1.next")
    said = classifier.shadow("没有声音")
    assert said is not None
    assert said.model == "complaints@1.next"
    assert classifier.suggest("没有声音").model == SHIPPED
    classifier.versions().let_shadow(None)
    assert classifier.shadow_name() is None


def test_the_listing_says_which_does_what(site: Path) -> None:
    make_version(site, "1.other")
    make_version(site, "1.old", rules="those of last year")
    known = classifier.versions()
    known.put_in_service("1.next")
    known.let_shadow("1.other")
    roles = {item.version: (item.role, item.usable) for item in workshop.listing()}
    assert roles == {
        current().name: ("before", True),
        "1.next": ("serving", True),
        "1.old": ("", False),
        "1.other": ("shadow", True),
    }
