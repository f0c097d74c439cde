"""The planned demo: enough of everything, and nothing that spoils a demonstration."""

from __future__ import annotations

from collections import Counter

from app.demo.catalogue import EXTERNAL, LARGE_MB, resources
from app.demo.texts import KIND_NAME
from app.demo.world import ROLES, world


def test_there_are_two_hundred_resources_of_every_kind_the_norm_names() -> None:
    kinds = Counter(r.kind for r in resources())
    assert len(resources()) == 200
    assert set(kinds) == set(KIND_NAME)
    assert min(kinds.values()) >= 10


def test_refs_and_titles_are_all_different() -> None:
    assert len({r.ref for r in resources()}) == 200
    assert len({r.title for r in resources()}) == 200
    assert len({r.description for r in resources()}) == 200


def test_the_first_twenty_show_all_kinds_platforms_and_providers() -> None:
    first = resources()[:20]
    assert {r.kind for r in first} == set(KIND_NAME)
    assert {r.platform for r in first} == {"guojia", "kexue", "yunchuan"}
    assert len({r.provider for r in first[:8]}) == 8


def test_exactly_one_pair_shares_a_file_and_neither_is_among_the_first_twenty() -> None:
    sharing = [r for r in resources() if r.shares]
    assert len(sharing) == 2
    assert len({r.provider for r in sharing}) == 2
    assert not {r.ref for r in sharing} & {r.ref for r in resources()[:20]}


def test_exactly_two_resources_have_an_external_address() -> None:
    external = [r for r in resources() if any(a.hosting == "external" for a in r.addresses)]
    assert {r.title for r in external} == set(EXTERNAL)
    hosts = {a.host for r in external for a in r.addresses if a.hosting == "external"}
    assert len(external) == 2
    assert all(host.endswith(".example") for host in hosts)
    assert not {r.ref for r in external} & {r.ref for r in resources()[:20]}


def test_the_first_address_is_a_page_at_the_plain_address_of_the_edge() -> None:
    for resource in resources():
        first = resource.addresses[0]
        assert (first.host, first.role, first.mode) == ("", "page", "exact")


def test_every_resource_is_served_as_page_media_segments_attachment_and_alias() -> None:
    for resource in resources():
        assert {"page", "media", "segment", "attachment"} <= {a.role for a in resource.addresses}
        assert any(a.host.endswith(".localhost") for a in resource.addresses)


def test_no_two_addresses_are_the_same_place() -> None:
    places = Counter((a.host, a.path) for r in resources() for a in r.addresses)
    assert max(places.values()) == 1


def test_a_stop_of_any_early_resource_costs_few_views() -> None:
    total: Counter[str] = Counter()
    for resource in resources():
        total[resource.platform] += resource.views_30d
    shares = {r.ref: r.views_30d / total[r.platform] for r in resources()}
    assert max(shares[r.ref] for r in resources()[:40]) <= 0.002
    assert sum(share > 0.004 for share in shares.values()) <= 18


def test_the_first_courses_have_a_film_long_enough_to_cut() -> None:
    assert len(LARGE_MB) == 6
    assert min(LARGE_MB.values()) >= 24
    assert {r.kind for r in resources() if r.large_mb} == {"course"}
    assert len({r.provider for r in resources() if r.large_mb}) == 6


def test_every_platform_has_a_body_for_every_role() -> None:
    bodies = {b.key for b in world().bodies}
    for platform in world().platforms:
        roles = {role: body for p, role, body in world().roles if p == platform.key}
        assert set(roles) == set(ROLES)
        assert set(roles.values()) <= bodies


def test_the_national_regulator_is_the_root_and_the_provincial_one_is_below_it() -> None:
    parents = {b.key: b.parent for b in world().bodies}
    assert parents["reg_guojia"] == ""
    assert parents["reg_yunchuan"] == "reg_guojia"


def test_every_body_climbs_to_a_root() -> None:
    parents = {b.key: b.parent for b in world().bodies}
    for start in parents:
        key, steps = start, 0
        while parents[key]:
            key, steps = parents[key], steps + 1
            assert steps < 6


def test_every_body_has_two_people_a_second_channel_and_an_exercise_mailbox() -> None:
    for body in world().bodies:
        mine = [c for c in world().contacts if c.body == body.key]
        real = [c for c in mine if not c.exercise]
        assert [c.rank for c in real] == [1, 2, 3]
        assert {c.channel for c in real} == {"email", "phone"}
        assert sum(c.exercise for c in mine) == 1


def test_mail_goes_nowhere_real() -> None:
    mail = [c.address for c in world().contacts if c.channel == "email"]
    assert all(address.endswith(".example") for address in mail)
    assert len(set(mail)) == len(mail)


def test_every_provider_names_a_responsible_person() -> None:
    providers = [b for b in world().bodies if b.kind == "provider"]
    assert len(providers) == 8
    assert all(b.responsible for b in providers)
    assert len({r.provider for r in resources()}) == 8
