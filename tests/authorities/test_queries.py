"""Who must be told, and how they are reached."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from app.authorities import queries, service
from app.authorities.queries import Recipient
from app.core.errors import InvalidError, NotFoundError
from tests.catalogue.make import bodies, body_row, bring, platform_row


@pytest.fixture
def world(tx: Session, at: datetime) -> Session:
    assert not bring(tx, bodies(), at).errors
    return tx


def test_each_role_leads_to_its_body(world: Session, at: datetime) -> None:
    here = queries.platform(world, "yunchuan")
    provider = queries.body(world, "zhongxin").id
    asked = ("authority", "regulator", "local_cac", "police", "provider")
    found = queries.recipients(world, here.id, asked, provider, at)
    assert [(r.role, r.state) for r in found] == [(role, "ok") for role in asked]
    assert found[-1].body_id == provider


def test_article_20_finds_the_superior_office_one_level_up(world: Session, at: datetime) -> None:
    here = queries.platform(world, "yunchuan").id
    root = queries.body(world, "reg_root").id
    assert queries.recipients(world, here, ["superior_regulator"], 0, at) == [
        Recipient("superior_regulator", root, "ok")
    ]


def test_at_the_root_there_is_no_superior_office(world: Session, at: datetime) -> None:
    bring(
        world,
        [
            platform_row("guojia", level="national"),
            {"type": "role", "platform": "guojia", "role": "regulator", "body": "reg_root"},
        ],
        at,
    )
    here = queries.platform(world, "guojia").id
    assert queries.recipients(world, here, ["superior_regulator"], 0, at) == [
        Recipient("superior_regulator", None, "not_applicable")
    ]


def test_a_role_without_a_body_is_missing_not_silent(world: Session, at: datetime) -> None:
    bring(world, [platform_row("empty")], at)
    here = queries.platform(world, "empty").id
    states = {
        r.role: r.state
        for r in queries.recipients(world, here, ["authority", "superior_regulator"], 0, at)
    }
    assert states == {"authority": "missing", "superior_regulator": "missing"}


def test_the_superior_office_is_of_the_same_kind(world: Session, at: datetime) -> None:
    bring(world, [body_row("city_reg", "regulator", parent="auth")], at)
    above = queries.superior(world, queries.body(world, "city_reg").id)
    assert above is not None
    assert above.code == "reg"


def test_one_body_may_hold_several_roles(world: Session, at: datetime) -> None:
    bring(world, [{"type": "role", "platform": "yunchuan", "role": "authority", "body": "reg"}], at)
    here = queries.platform(world, "yunchuan").id
    reg = queries.body(world, "reg").id
    assert queries.roles_of(world, here, reg, at) == ["regulator", "authority"]


def test_a_role_that_ended_is_told_nothing(world: Session, at: datetime) -> None:
    here = queries.platform(world, "yunchuan").id
    service.end_role(
        world, platform="yunchuan", role="police", body="police", by="account:1", at=at
    )
    assert queries.bodies_for(world, here, "police", at + timedelta(seconds=1)) == []


def test_contacts_come_in_rank_and_exercises_have_their_own(world: Session, at: datetime) -> None:
    body = queries.body(world, "auth").id
    assert [c.rank for c in queries.contacts(world, body, at)] == [1, 2, 3]
    assert [c.address for c in queries.contacts(world, body, at, exercise=True)] == [
        "drill@auth.example"
    ]
    assert queries.contacts(world, body, at - timedelta(days=1)) == []


def test_a_provider_without_a_responsible_person_is_refused(world: Session, at: datetime) -> None:
    report = bring(world, [body_row("p9", "provider", responsible_person="")], at)
    assert "Article 10" in report.errors[0][1]


def test_a_body_cannot_stand_above_itself(world: Session, at: datetime) -> None:
    report = bring(world, [body_row("reg_root", "regulator", parent="auth")], at)
    assert report.errors[0][1] == "A body cannot stand above itself."


@pytest.mark.parametrize(
    "row",
    [
        {"type": "contact", "body": "auth", "channel": "fax", "address": "1", "name": "x"},
        {"type": "contact", "body": "auth", "channel": "email", "address": "no", "name": "x"},
        {"type": "contact", "body": "none", "channel": "phone", "address": "1", "name": "x"},
        {"type": "contact", "body": "auth", "channel": "phone", "address": "1", "name": "x",
         "rank": "first"},
        {"type": "role", "platform": "yunchuan", "role": "complainant", "body": "auth"},
        {"type": "platform", "code": "p", "name": "x", "level": "galactic"},
        {"type": "platform", "code": "p", "name": 7, "level": "national"},
    ],
)  # fmt: skip
def test_bad_rows_are_refused_with_a_sentence(
    world: Session, at: datetime, row: dict[str, object]
) -> None:
    report = bring(world, [row], at)
    assert len(report.errors) == 1
    assert report.added == 0


def test_rule_texts_are_kept_once_by_digest(world: Session, at: datetime) -> None:
    given = {
        "kind": "house", "text": "review_minutes = 30\n", "in_force_from": at,
        "approved_by": "auth", "document_no": "〔2026〕1号", "by": "system:start", "at": at,
    }  # fmt: skip
    digest = service.keep_policy(world, **given)
    assert service.keep_policy(world, **given) == digest
    assert queries.policy_text(world, digest) == given["text"]
    assert queries.policy_text(world, "0" * 64) is None


def test_unknown_names_are_not_found(world: Session) -> None:
    for ask in (queries.platform, queries.body):
        with pytest.raises(NotFoundError):
            ask(world, "nowhere")


def test_values_are_checked_before_anything_is_written(world: Session, at: datetime) -> None:
    with pytest.raises(InvalidError):
        service.upsert_body(world, row={"code": "x", "name": "y", "kind": "alien"}, by="a", at=at)
