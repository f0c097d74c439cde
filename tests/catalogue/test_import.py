"""Imports: good rows are kept, bad ones named, twice is once."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from app.catalogue import queries, rows, service
from app.catalogue.models import Address, Resource, ResourceVersion
from app.core.errors import InvalidError, NotFoundError
from tests.catalogue.make import address_row, bodies, bring, make_catalogue, resource_row


def test_importing_twice_is_importing_once(tx: Session, at: datetime) -> None:
    lines = [*bodies(), resource_row()]
    first, second = bring(tx, lines, at), bring(tx, lines, at + timedelta(days=1))
    assert (first.added, first.errors) == (len(lines), ())
    assert (second.added, second.changed, second.same) == (0, 0, len(lines))


def test_bad_rows_are_named_by_line_and_good_rows_kept(tx: Session, at: datetime) -> None:
    good = resource_row("R0001")
    bad = [
        "{broken",
        "[1, 2]",
        {"type": "planet", "code": "x"},
        resource_row("R0002", provider="nobody"),
        resource_row("R0003", kind="film"),
        resource_row("R0004", title="  "),
        resource_row("R0005", addresses=[]),
        resource_row("R/6"),
        resource_row("R0007", addresses=[address_row("R0007", "x", "page", url="ftp://a/b")]),
        resource_row("R0008", addresses=good["addresses"]),
        resource_row("R0009", views_30d=-1),
        {"type": "body", "code": "p2", "name": "无名", "kind": "provider"},
    ]
    start = len(bodies())
    report = bring(tx, [*bodies(), good, *bad, resource_row("R0010")], at)
    assert [line for line, _ in report.errors] == list(range(start + 2, start + 2 + len(bad)))
    assert all(sentence.endswith(".") for _, sentence in report.errors)
    assert report.added == start + 2
    assert set(tx.scalars(sa.select(Resource.ref))) == {"R0001", "R0010"}


def test_a_refused_row_leaves_nothing_half_written(tx: Session, at: datetime) -> None:
    make_catalogue(tx, at)
    before = tx.scalar(sa.select(sa.func.count()).select_from(Address))
    thief = resource_row("R0003")
    thief["addresses"].append(resource_row("R0001")["addresses"][1])
    assert len(bring(tx, [thief], at).errors) == 1
    assert tx.scalar(sa.select(sa.func.count()).select_from(Address)) == before
    with pytest.raises(NotFoundError):
        queries.resource(tx, "R0003")


def test_other_content_is_a_new_version_and_addresses_move_to_it(tx: Session, at: datetime) -> None:
    (resource, _) = make_catalogue(tx, at)
    assert bring(tx, [resource_row("R0001", digit="c")], at + timedelta(days=1)).changed == 1
    version = queries.current_version(tx, resource.id)
    assert (version.n, version.since) == (2, at + timedelta(days=1))
    assert len(queries.addresses(tx, version.id)) == 3


def test_another_port_or_title_is_no_new_version(tx: Session, at: datetime) -> None:
    make_catalogue(tx, at)
    row = json.loads(json.dumps(resource_row()).replace(":8090", ":9999"))
    row["title"] = "改过的标题"
    assert bring(tx, [row], at).changed == 1
    assert tx.scalar(sa.select(sa.func.count()).select_from(ResourceVersion)) == 2
    assert queries.card(tx, "R0001").addresses[0].url.startswith("http://127.0.0.1:9999/")


def test_an_address_left_out_later_is_kept_because_it_may_still_be_served(
    tx: Session, at: datetime
) -> None:
    (resource, _) = make_catalogue(tx, at)
    row = resource_row(digit="d")
    row["addresses"] = row["addresses"][:2]
    bring(tx, [row], at)
    version = queries.current_version(tx, resource.id)
    assert {a.role for a in queries.addresses(tx, version.id)} == {"page", "media", "segment"}


def test_pages_carry_no_digest(tx: Session, at: datetime) -> None:
    bring(tx, bodies(), at)
    page = address_row("R0001", "index.html", "page", digest="a" * 64)
    bring(tx, [resource_row(addresses=[page])], at)
    assert queries.card(tx, "R0001").addresses[0].digest is None


CSV = """\ufeffref,platform,provider,title,kind,subject,grade,page_url,media_url,media_digest,hosting
R0001,yunchuan,zhongxin,"分数,初步认识",course,数学,小学三年级,http://a.example/r/1,http://a.example/1.webm,{d},own
R0002,yunchuan,zhongxin,缺一格,course,数学,小学三年级
R0003,yunchuan,zhongxin,"没有关上,course,数学,小学三年级,http://a.example/r/3,,,own
R0004,yunchuan,zhongxin,分段,course,,,http://a.example/r/4,,,connected
"""


def test_csv_brings_the_same(tx: Session, at: datetime) -> None:
    bring(tx, bodies(), at)
    report = service.import_lines(tx, CSV.format(d="e" * 64).splitlines(), at)
    assert [line for line, _ in report.errors] == [3, 4]
    first = queries.card(tx, "R0001")
    assert first.title == "分数,初步认识"
    assert [(a.role, a.digest) for a in first.addresses] == [("page", None), ("media", "e" * 64)]
    assert queries.card(tx, "R0004").addresses[0].hosting == "connected"


@pytest.mark.parametrize("text", ["", "\n\n", "\ufeff", "hello,world\n1,2", "\x00\x01\x02", "{}"])
def test_what_is_no_import_file_changes_nothing(tx: Session, at: datetime, text: str) -> None:
    report = service.import_lines(tx, text.splitlines(), at)
    assert (report.added, report.changed) == (0, 0)


@given(st.text(max_size=200))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80)
def test_any_text_gives_rows_or_sentences(text: str) -> None:
    for number, row in rows.read(text.split("\n")):
        assert number >= 1
        assert isinstance(row, dict | str)


def test_protected_needs_reason_end_and_document() -> None:
    good = {
        "reason": "全国统一考试期间",
        "until": "2026-12-01T00:00:00+08:00",
        "document": "〔2026〕3号",
    }
    assert rows.check(resource_row(protected=good)).fields["protected_document"] == "〔2026〕3号"
    for name in good:
        with pytest.raises(InvalidError):
            rows.check(resource_row(protected={k: v for k, v in good.items() if k != name}))


def test_removal_is_recorded_once(tx: Session, at: datetime) -> None:
    (resource, _) = make_catalogue(tx, at)
    service.mark_removed(tx, resource.id, at)
    service.mark_removed(tx, resource.id, at + timedelta(days=1))
    assert queries.resource(tx, resource.id).removed_at == at


def test_usage_figures_are_kept_by_period_and_views_follow(tx: Session, at: datetime) -> None:
    make_catalogue(tx, at)
    figures = {"views_30d": 777, "rating": 4.5}
    common = {"ref": "R0001", "period": "2026-10", "by": "key:1", "at": at}
    assert service.record_usage(tx, figures=figures, **common) == "added"
    assert service.record_usage(tx, figures=figures, **common) == "same"
    assert service.record_usage(tx, figures={"views_30d": 778}, **common) == "changed"
    assert queries.resource(tx, "R0001").views_30d == 778
