"""Holds: any covering hold darkens; stopping needs one, letting go two (laws 1, 2, 4)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.catalogue import queries as catalogue
from app.core.errors import ConflictError, NotFoundError
from app.suspension import enforcement, generation, queries, service
from app.suspension.models import DenyRule, FeedEntry, Hold
from app.suspension.values import HoldKind
from tests.catalogue.make import address_row, bring, resource_row
from tests.suspension.make import ANNA, BO, CHEN, POLICY, add_resource, make_resource, place

INCIDENT = "I0000001"


def denied(tx: Session) -> set[str]:
    tx.flush()
    return set(tx.scalars(sa.select(DenyRule.path)))


def again(at: datetime, seconds: int = 60) -> datetime:
    return at + timedelta(seconds=seconds)


def test_whole_hold_darkens_every_own_address_and_no_foreign_one(tx, at) -> None:
    outside = {
        "url": "https://video.outside.example/v/1", "role": "media", "hosting": "external",
        "mode": "exact",
    }  # fmt: skip
    row = resource_row("R0001")
    resource = make_resource(tx, at, addresses=[*row["addresses"], outside])
    place(tx, resource, at)
    assert denied(tx) == {"/r/R0001/index.html", "/r/R0001/video.webm", "/r/R0001/hls/"}
    states = {s.hosting: s for s in queries.address_states(tx, resource.id)}
    assert states["external"].desired_dark
    assert states["external"].foreign
    assert states["external"].still_served  # the desk says that the foreign host still serves it


def test_address_hold_darkens_only_that_address(tx, at) -> None:
    resource = make_resource(tx, at)
    media = next(a for a in catalogue.addresses(tx, resource.version_id) if a.role == "media")
    place(tx, resource, at, address_id=media.id)
    assert denied(tx) == {"/r/R0001/video.webm"}


def test_an_address_of_another_resource_is_refused(tx, at) -> None:
    resource = make_resource(tx, at)
    other = add_resource(tx, at, ref="R0002")
    address = catalogue.addresses(tx, other.version_id)[0]
    with pytest.raises(NotFoundError):
        place(tx, resource, at, address_id=address.id)


def test_the_same_order_twice_is_one_hold(tx, at) -> None:
    resource = make_resource(tx, at)
    first = place(tx, resource, at)
    assert place(tx, resource, again(at)).ref == first.ref
    assert queries.stop_state(tx, resource.id).generation == 1


def test_lifting_one_hold_never_frees_what_another_covers(tx, at) -> None:
    resource = make_resource(tx, at)
    place(tx, resource, at)
    place(tx, resource, at, incident="I0000002", by=ANNA)
    service.release(tx, incident=INCIDENT, by=BO, reason="unfounded", at=again(at))
    assert len(denied(tx)) == 3
    assert queries.stop_state(tx, resource.id).dark


def test_article_20_finding_widens_to_the_whole_resource(tx, at) -> None:
    resource = make_resource(tx, at)
    page = catalogue.addresses(tx, resource.version_id)[0]
    place(tx, resource, at, address_id=page.id)
    assert len(denied(tx)) == 1
    (view,) = service.confirm_holds(tx, incident=INCIDENT, article=20, by=ANNA, at=again(at))
    assert (view.kind, view.address_id, view.confirmed_by) == (HoldKind.CONFIRMED, None, ANNA)
    assert len(denied(tx)) == 3


def test_a_finding_does_not_widen_the_hold_on_the_same_content_elsewhere(tx, at) -> None:
    resource = make_resource(tx, at)
    other = add_resource(tx, at, ref="R0002")
    shared = catalogue.addresses(tx, other.version_id)[1]
    place(tx, resource, at)
    place(tx, other, at, kind="confirmed", by=ANNA, address_id=shared.id)
    service.confirm_holds(
        tx, incident=INCIDENT, article=20, by=ANNA, at=again(at), resource_id=resource.id
    )
    assert [h.address_id for h in queries.holds(tx, resource_id=other.id)] == [shared.id]


def test_confirming_where_nothing_stands_places_a_confirmed_hold(tx, at) -> None:
    resource = make_resource(tx, at)
    assert service.confirm_holds(tx, incident=INCIDENT, article=20, by=ANNA, at=at) == []
    (view,) = service.confirm_holds(
        tx, incident=INCIDENT, article=20, by=ANNA, at=at, platform_id=resource.platform_id,
        resource_id=resource.id, version_id=resource.version_id,
    )  # fmt: skip
    assert (view.kind, view.confirmed_by, view.needs_two) == ("confirmed", ANNA, True)


def test_confirming_twice_changes_nothing(tx, at) -> None:
    resource = make_resource(tx, at)
    place(tx, resource, at)
    service.confirm_holds(tx, incident=INCIDENT, article=20, by=ANNA, at=at)
    service.confirm_holds(tx, incident=INCIDENT, article=20, by=BO, at=again(at))
    assert queries.stop_state(tx, resource.id).generation == 2
    assert queries.holds(tx, incident=INCIDENT)[0].confirmed_by == ANNA


def test_law_4_one_officer_releases_what_only_a_machine_placed(tx, at) -> None:
    resource = make_resource(tx, at)
    place(tx, resource, at)
    (view,) = service.release(tx, incident=INCIDENT, by=ANNA, reason="unfounded", at=again(at))
    assert (view.lift_kind, view.lifted_by) == ("release", ANNA)
    assert denied(tx) == set()


def test_law_4_no_machine_lets_go(tx, at) -> None:
    resource = make_resource(tx, at)
    place(tx, resource, at)
    for by in (POLICY, "system:clock", "complainant", "key:1"):
        with pytest.raises(ConflictError):
            service.release(tx, incident=INCIDENT, by=by, reason="x", at=again(at))
        with pytest.raises(ConflictError):
            service.request_lift(tx, incident=INCIDENT, by=by, reason="x", at=again(at))


def test_law_4_one_officer_never_releases_what_has_a_finding_or_a_person_behind_it(tx, at) -> None:
    resource = make_resource(tx, at)
    for kind in ("confirmed", "designated", "manual"):
        place(tx, resource, at, by="system:duties", kind=kind, incident=kind)
        with pytest.raises(ConflictError, match="another approves"):
            service.release(tx, incident=kind, by=ANNA, reason="x", at=again(at))


def test_law_4_the_second_person_is_neither_requester_nor_placer_nor_confirmer(tx, at) -> None:
    resource = make_resource(tx, at)
    place(tx, resource, at, by=ANNA)
    service.confirm_holds(tx, incident=INCIDENT, article=20, by=BO, at=at)
    service.request_lift(tx, incident=INCIDENT, by=CHEN, reason="x", at=at)
    for by in (ANNA, BO, CHEN):
        with pytest.raises(ConflictError, match="Somebody else"):
            service.approve_lift(tx, incident=INCIDENT, by=by, reason="x", at=again(at))
    (view,) = service.approve_lift(tx, incident=INCIDENT, by="account:4", reason="x", at=again(at))
    assert (view.lift_kind, view.lift_requested_by, view.lifted_by) == ("lift", CHEN, "account:4")
    assert denied(tx) == set()


def test_a_stop_between_request_and_approval_wins(tx, at) -> None:
    resource = make_resource(tx, at)
    place(tx, resource, at, by=ANNA)
    service.request_lift(tx, incident=INCIDENT, by=ANNA, reason="x", at=again(at, 1))
    place(tx, resource, again(at, 2), by=ANNA)  # stops again: a hold of its own
    with pytest.raises(ConflictError, match="request it again"):
        service.approve_lift(tx, incident=INCIDENT, by=BO, reason="x", at=again(at, 3))
    assert len(denied(tx)) == 3


def test_a_finding_between_request_and_approval_wins(tx, at) -> None:
    resource = make_resource(tx, at)
    place(tx, resource, at)
    service.request_lift(tx, incident=INCIDENT, by=ANNA, reason="x", at=again(at, 1))
    service.confirm_holds(tx, incident=INCIDENT, article=20, by=BO, at=again(at, 2))
    with pytest.raises(ConflictError, match="request it again"):
        service.approve_lift(tx, incident=INCIDENT, by=CHEN, reason="x", at=again(at, 3))


def test_nothing_to_lift_is_told(tx, at) -> None:
    make_resource(tx, at)
    with pytest.raises(ConflictError):
        service.request_lift(tx, incident=INCIDENT, by=ANNA, reason="x", at=at)
    with pytest.raises(ConflictError):
        service.approve_lift(tx, incident=INCIDENT, by=ANNA, reason="x", at=at)
    assert service.release(tx, incident=INCIDENT, by=ANNA, reason="x", at=at) == []


RAW = {
    "release of a person's hold": ("account:1", "precaution", None, None, "account:2", "release"),
    "release of a confirmed hold": (
        POLICY,
        "precaution",
        "account:1",
        None,
        "account:2",
        "release",
    ),
    "release of a manual hold": ("system:x", "manual", None, None, "account:2", "release"),
    "lift without request": ("account:1", "manual", None, None, "account:2", "lift"),
    "lift by the requester": ("account:1", "manual", None, "account:2", "account:2", "lift"),
    "lift by the placer": ("account:1", "manual", None, "account:2", "account:1", "lift"),
    "lift by the confirmer": (POLICY, "confirmed", "account:3", "account:2", "account:3", "lift"),
    "lift without a kind": (POLICY, "precaution", None, None, "account:2", None),
    "lift of an unknown kind": (POLICY, "precaution", None, "account:1", "account:2", "gone"),
    "release by a machine": (POLICY, "precaution", None, None, POLICY, "release"),
    "lift asked by a machine": ("account:1", "manual", None, "system:x", "account:2", "lift"),
}


def test_law_4_the_database_refuses_raw_sql(tx, at) -> None:
    resource = make_resource(tx, at)
    for case, (placed_by, kind, confirmed_by, asked, lifted_by, lift_kind) in RAW.items():
        hold = place(tx, resource, at, by=placed_by, kind=kind, incident=case)
        values = {"confirmed_by": confirmed_by, "lift_requested_by": asked, "lifted_by": lifted_by,
                  "lift_kind": lift_kind, "lifted_at": at}  # fmt: skip
        with pytest.raises(IntegrityError), tx.begin_nested():
            tx.execute(sa.update(Hold).where(Hold.id == hold.id).values(**values))
            pytest.fail(case)


def test_law_4_the_database_refuses_a_hold_that_ends_by_nobody(tx, at) -> None:
    resource = make_resource(tx, at)
    hold = place(tx, resource, at)
    for column, value in (("lifted_at", "2026-11-22 04:00:00.000000"), ("lifted_by", ANNA),
                          ("lift_kind", "release")):  # fmt: skip
        with pytest.raises(IntegrityError), tx.begin_nested():
            tx.execute(sa.text(f"UPDATE hold SET {column} = '{value}' WHERE id = {hold.id}"))


def test_every_change_grows_generation_and_feed_by_one(tx, at) -> None:
    resource = make_resource(tx, at)
    place(tx, resource, at)
    service.confirm_holds(tx, incident=INCIDENT, article=20, by=ANNA, at=at)
    service.request_lift(tx, incident=INCIDENT, by=ANNA, reason="x", at=at)
    service.approve_lift(tx, incident=INCIDENT, by=BO, reason="x", at=at)
    entries = tx.scalars(sa.select(FeedEntry).order_by(FeedEntry.seq)).all()
    assert [(e.seq, e.generation, e.dark) for e in entries] == [
        (1, 1, True), (2, 2, True), (3, 3, False)
    ]  # fmt: skip
    assert entries[0].block_ref == tx.scalars(sa.select(Hold.ref)).one()
    assert entries[2].block_ref is None


def test_new_version_of_a_held_resource_is_held_too(tx, at) -> None:
    resource = make_resource(tx, at)
    place(tx, resource, at)
    more = address_row("R0001", "v2.webm", "media", digest="c" * 64)
    rows = resource_row("R0001")
    bring(tx, [{**rows, "addresses": [*rows["addresses"], more]}], again(at))
    assert "/r/R0001/v2.webm" not in denied(tx)  # the catalogue does not know of holds
    service.recover(tx, resource_id=resource.id, at=again(at))
    assert "/r/R0001/v2.webm" in denied(tx)


def test_targets_get_a_row_each_and_only_pushes_are_promised(tx, at) -> None:
    resource = make_resource(tx, at)
    for kind, config in (
        ("edge", {}), ("gate", {}), ("webhook", {"url": "https://hook.example/x"}),
    ):  # fmt: skip
        enforcement.add_target(tx, kind=kind, name=f"t-{kind}", must=True, at=at, config=config)
    place(tx, resource, at)
    state = queries.stop_state(tx, resource.id)
    assert {t.kind: (t.desired, t.applied) for t in state.targets} == {
        "edge": (1, 0), "gate": (1, 1), "webhook": (1, 0)
    }  # fmt: skip
    keys = tx.execute(sa.text("SELECT key FROM outbox WHERE topic = 'suspension.push'")).all()
    assert len(keys) == 1


def test_a_target_that_joins_late_is_told_what_is_dark(tx, at) -> None:
    resource = make_resource(tx, at)
    place(tx, resource, at)
    enforcement.add_target(tx, kind="edge", name="late", must=True, at=again(at))
    assert [t.desired for t in queries.stop_state(tx, resource.id).targets] == [1]
    with pytest.raises(ConflictError):
        enforcement.add_target(tx, kind="edge", name="late", must=True, at=again(at))


def test_states_for_cards(tx, at) -> None:
    resource = make_resource(tx, at)
    other = add_resource(tx, at, ref="R0002")
    place(tx, resource, at)
    assert queries.states(tx, [resource.id, other.id]) == {
        resource.id: "online", other.id: "online"  # nobody has seen it dark yet (law 3)
    }  # fmt: skip
    assert queries.desired_dark(tx, [resource.id, other.id]) == {resource.id}
    from app.catalogue.service import mark_removed

    mark_removed(tx, resource.id, at)
    assert queries.states(tx, [resource.id])[resource.id] == "removed"


def test_open_epoch_after_a_restore_gives_edges_the_whole_state_anew(tx, at) -> None:
    resource = make_resource(tx, at)
    place(tx, resource, at)
    assert service.open_epoch(tx, by=ANNA, at=again(at)) == 2
    last = tx.scalars(sa.select(FeedEntry).order_by(FeedEntry.seq.desc())).first()
    assert (last.epoch, last.dark) == (2, True)
    assert last.seq > 1


def test_a_catalogue_edit_alone_frees_nothing_that_a_hold_covers(tx, at) -> None:
    resource = make_resource(tx, at)
    place(tx, resource, at)
    before = set(tx.execute(sa.select(DenyRule.host, DenyRule.path, DenyRule.mode)))
    row = resource_row("R0001")
    for address in row["addresses"]:
        address["hosting"] = "external"
        address["mode"] = "exact" if address["role"] != "segment" else "prefix"
    assert bring(tx, [row], at).changed == 1
    assert not generation.drifted(tx, resource.id)
    service.recover(tx, resource_id=resource.id, at=again(at))
    assert set(tx.execute(sa.select(DenyRule.host, DenyRule.path, DenyRule.mode))) == before
    service.release(tx, incident="I0000001", by=ANNA, reason="不属实", at=again(at))
    assert not set(tx.execute(sa.select(DenyRule.path)))
