"""house.toml -> House."""

from __future__ import annotations

from app.norm.reader import Table, one_of, read_toml
from app.norm.values import (
    Caps,
    Clocks,
    Conditions,
    FindingRule,
    House,
    KindRule,
    PrecautionRules,
    Retention,
    Span,
    Step,
)

_ACCESS_LOG_DAYS = 190  # Art. 19: 依法留存网络日志; earlier deletion is refused


def parse_house(text: str, categories: frozenset[str], routing_kinds: frozenset[str]) -> House:
    """The house rules, complete for exactly these categories, or BrokenBookError."""
    top = read_toml(text, "house.toml")
    waits = top.table("waits")
    records = top.table("records")
    copyright_rules = top.table("copyright")
    renewal = top.table("renewal")
    house = House(
        approved_by=top.text("approved_by"),
        document_no=top.text("document_no"),
        in_force_from=top.day("in_force_from"),
        finding_rules=tuple(_finding_rule(row, categories) for row in top.tables("finding_rules")),
        waits={one_of(key, Step, waits.place): waits.whole(key) for key in waits.names()},
        records_also_for=_known(records, "also_for", categories),
        clocks=_clocks(top.table("clocks"), categories),
        precaution=_precaution(top.table("precaution"), routing_kinds),
        restore_wait=_span(copyright_rules, "restore_wait"),
        retention=_retention(top.table("retention")),
        yearly_renewal_rate=renewal.share("yearly_rate"),
    )
    for table in (top, waits, records, copyright_rules, renewal):
        table.done()
    return house


def _known(table: Table, key: str, categories: frozenset[str]) -> tuple[str, ...]:
    values = table.texts(key)
    for value in values:
        if value not in categories:
            raise table.fail(f"'{key}' names the unknown category '{value}'")
    return values


def _finding_rule(row: Table, categories: frozenset[str]) -> FindingRule:
    rule = FindingRule(
        name=row.text("name"),
        source=row.text("source"),
        category=row.text("category"),
        document_no=row.text("document_no"),  # page 2.1: only with the authority's document
    )
    row.done()
    if rule.category not in categories:
        raise row.fail(f"unknown category '{rule.category}'")
    return rule


def _span(table: Table, key: str) -> Span:
    row = table.table(key)
    span = Span(
        minutes=row.whole("minutes") if row.has("minutes") else None,
        working_days=row.whole("working_days") if row.has("working_days") else None,
    )
    row.done()
    if (span.minutes is None) == (span.working_days is None):
        raise row.fail("give either 'minutes' or 'working_days'")
    return span


def _spans(table: Table, key: str, categories: frozenset[str]) -> dict[str, Span]:
    row = table.table(key)
    spans = {category: _span(row, category) for category in sorted(categories)}
    row.done()
    return spans


def _clocks(table: Table, categories: frozenset[str]) -> Clocks:
    clocks = Clocks(
        review=_span(table, "review"),
        acceptance=_span(table, "acceptance"),
        intake_wait=_span(table, "intake_wait"),
        waiting_for_complainant=_span(table, "waiting_for_complainant"),
        reentry_review=_span(table, "reentry_review"),
        lift_second_person=_span(table, "lift_second_person"),
        handling=_spans(table, "handling", categories),
        nudge=_spans(table, "nudge", categories),
        next_contact=_spans(table, "next_contact", categories),
    )
    table.done()
    return clocks


def _precaution(table: Table, routing_kinds: frozenset[str]) -> PrecautionRules:
    kinds = table.table("kinds")
    for key in kinds.names():
        if key not in routing_kinds:
            raise kinds.fail(f"unknown routing kind '{key}'")
    rules = PrecautionRules(
        rejected_claims_days=table.whole("rejected_claims_days"),
        rejecting_tags_on_other_resources=table.whole("rejecting_tags_on_other_resources"),
        window_minutes=table.whole("window_minutes"),
        provider_window_minutes=table.whole("provider_window_minutes"),
        kinds={key: _kind_rule(kinds.table(key)) for key in kinds.names()},
        conditions=_conditions(table.table("conditions")),
        caps=_caps(table.table("caps")),
    )
    table.done()
    return rules


def _kind_rule(table: Table) -> KindRule:
    rule = KindRule(
        independent_sources=table.whole("independent_sources"),
        signed_monitor_suffices=table.flag("signed_monitor_suffices"),
    )
    table.done()
    if rule.independent_sources < 1:
        raise table.fail("'independent_sources' must be at least 1")
    return rule


def _conditions(table: Table) -> Conditions:
    conditions = Conditions(
        no_rejected_claims=table.flag("no_rejected_claims"),
        never_released_as_unfounded=table.flag("never_released_as_unfounded"),
        no_other_hold_of_provider=table.flag("no_other_hold_of_provider"),
        not_protected=table.flag("not_protected"),
    )
    table.done()
    return conditions


def _caps(table: Table) -> Caps:
    caps = Caps(
        per_tag_on_resource=table.cap("per_tag_on_resource"),
        per_day_tag=table.cap("per_day_tag"),
        per_provider=table.cap("per_provider"),
        per_platform=table.cap("per_platform"),
        views_share=table.share_cap("views_share"),
    )
    table.done()
    return caps


def _retention(table: Table) -> Retention:
    retention = Retention(
        access_log_days=table.whole("access_log_days"),
        source_key_days=table.whole("source_key_days"),
        day_key_hours=table.whole("day_key_hours"),
    )
    table.done()
    if retention.access_log_days < _ACCESS_LOG_DAYS:
        raise table.fail(f"'access_log_days' must be at least {_ACCESS_LOG_DAYS}")
    return retention
