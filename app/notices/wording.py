"""From a case to the words a template may use; which words the reader may see is decided here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.audit.values import CheckpointView
from app.core.clock import SHANGHAI
from app.norm import duties, text, titles
from app.norm.book import BOOK
from app.norm.errors import NormError
from app.norm.values import Role, Source, Step, WayBackKey
from app.notices.facts import Facts, day_of, one_line
from app.notices.values import Context, Kind

MAX_ADDRESSES = 20

# Art. 2's own words for the types of resource.
RESOURCE_KINDS = {
    "course": "网络课程",
    "textbook": "数字教材",
    "book": "数字图书",
    "slides": "教学课件",
    "case": "教学案例",
    "experiment": "虚拟实验实训",
    "research_video": "在线教研视频",
    "tool": "教学应用与工具",
}

# What was found, by category: without and with the kind; close to the articles' words.
PROBLEMS = {
    "legal": ("违法违规内容的问题", "违法违规内容（{kind}）的问题"),
    "political": (
        "违反政治性、导向性、科学性要求的问题",
        "违反{kind}要求的问题",
    ),
    "suitability": ("适用性、规范性、时效性问题", "{kind}问题"),
    "designated": (
        "平台主管单位明确的其他出库情形",
        "平台主管单位明确的其他出库情形（{kind}）",
    ),
    "underperformance": ("应用不佳的情形", "{kind}的情形"),
    "other": ("有关问题", "有关问题（{kind}）"),
}


@dataclass(frozen=True, slots=True)
class Previous:
    """The letter that this one corrects, follows or nudges."""

    number: str | None
    subject: str | None
    at: datetime
    article: int | None


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything that goes into one letter."""

    kind: Kind
    article: int | None
    facts: Facts
    roles: tuple[str, ...]
    body: str
    operator: str
    platform: str
    number: str | None
    at: datetime
    checkpoint: CheckpointView | None
    previous: Previous | None
    exercise: bool


def context(draft: Draft) -> Context:
    """The words for the template: plain text, truth values and tuples of text only."""
    facts, provider = draft.facts, Role.PROVIDER.value in draft.roles
    article = _article(draft)
    return {
        **_parties(draft, provider=provider),
        **_norm(article),
        **_resource(facts),
        **_case(facts, provider=provider),
        **_order(facts),
        **_earlier(draft.previous, article),
        **_checkpoint(draft.checkpoint),
        "number": draft.number,
        "date": chinese_day(draft.at),
        "exercise": draft.exercise,
        "attachments": facts.attachments,
        "way_back": _way_back(facts),
        "correction": facts.correction or "none",
        "claim": facts.claim,
        "by_counter_notice": facts.by_counter_notice,
    }


def chinese_day(moment: datetime) -> str:
    """``2026年11月22日``, in China."""
    local = moment.astimezone(SHANGHAI)
    return f"{local.year}年{local.month}月{local.day}日"


def _article(draft: Draft) -> int | None:
    # 更正: the article that holds now; a body it does not name is shown the one it was told by.
    if draft.facts.correction == "other_article":
        return BOOK.category(draft.facts.category).article
    return draft.article


def _parties(draft: Draft, *, provider: bool) -> Context:
    category = draft.facts.category
    names = [titles.role_title(role, category=category) for role in draft.roles]
    # An exercise or a plain letter: one body, every role it holds (page 1).
    return {
        "to": f"{one_line(draft.body)}（{'、'.join(names)}）",
        "you": "贵方" if provider else "贵单位",
        "to_provider": provider,
        "provider_word": titles.role_title(Role.PROVIDER, category=category),
        "operator": one_line(draft.operator),
        "platform": one_line(draft.platform),
    }


def _norm(article: int | None) -> Context:
    return {
        "norm": BOOK.articles.document,
        "norm_no": BOOK.articles.document_no,
        "heading": text.article_heading(article) if article else "",
        "article_text": " ".join(text.article_text(article).split("\n")) if article else "",
    }


def _resource(facts: Facts) -> Context:
    shown = facts.addresses[:MAX_ADDRESSES]
    return {
        "title": facts.resource_title.replace("《", "〈").replace("》", "〉"),
        "resource_ref": facts.resource_ref,
        "resource_kind": RESOURCE_KINDS.get(facts.resource_kind, ""),
        "addresses": shown,
        "address_count": str(len(facts.addresses)),
        "more_addresses": len(facts.addresses) > len(shown),
        "incident_ref": facts.incident_ref,
    }


def _case(facts: Facts, *, provider: bool) -> Context:
    """A provider learns the day, never the hour, and not how many complained (page 6, F1)."""
    stopped, found = facts.stopped_at_text, facts.found_at_text
    decision = facts.decision
    return {
        "problem": _problem(facts),
        "precaution": facts.wording == "precaution",
        "severe": facts.severe,
        "severe_reason": facts.severe_reason or "",
        "summary": "" if facts.wording == "precaution" else facts.summary,
        "held": facts.held,
        "stopped": (day_of(stopped) if provider else stopped) or "",
        "found": (day_of(found) if provider else found) or "",
        "complaints": "" if provider or not facts.complaints else str(facts.complaints),
        "state": facts.state,
        "decision": _decision(decision.document_no, decision.document_date) if decision else "",
    }


def _decision(number: str | None, date: str | None) -> str:
    return "，".join(part for part in (number, date) if part)


def _problem(facts: Facts) -> str:
    plain, with_kind = PROBLEMS[facts.category]
    category = BOOK.category(facts.category)
    if facts.kind is None or (facts.kind == category.routing and not category.free_kinds):
        return plain
    try:
        return with_kind.format(kind=titles.kind_title(facts.kind))
    except NormError:
        # Art. 24: the kind is the authority's own word.
        return with_kind.format(kind=facts.kind) if category.free_kinds else plain


def _order(facts: Facts) -> Context:
    steps = [act.step for act in duties.duties_for(facts.category).at_once]
    stops = Step.STOP_TRANSMISSION in steps
    first = stops and Step.REPORT in steps
    return {
        "stops": stops,
        # Art. 24: 在向平台主管单位报告后 — the stop comes after the report.
        "reports_first": first and steps.index(Step.REPORT) < steps.index(Step.STOP_TRANSMISSION),
    }


def _way_back(facts: Facts) -> str:
    """Only what the article (or, for copyright, the law) gives; house rules are not quoted."""
    way = duties.way_back(facts.category, _known_kind(facts))
    if facts.wording == "precaution" or way is None or way.key.value != facts.way_back:
        return ""
    if way.source is Source.ARTICLE:
        return way.basis
    return "counter_notice" if way.key is WayBackKey.COUNTER_NOTICE else ""


def _known_kind(facts: Facts) -> str | None:
    known = {kind.key for kind in BOOK.category(facts.category).kinds}
    return facts.kind if facts.kind in known else None


def _earlier(previous: Previous | None, article: int | None) -> Context:
    if previous is None:
        return {"earlier": "", "earlier_subject": "", "earlier_heading": "", "earlier_date": ""}
    return {
        "earlier": previous.number or "",
        "earlier_subject": previous.subject or "",
        "earlier_heading": text.article_heading(previous.article) if previous.article else "",
        "earlier_date": chinese_day(previous.at),
    }


def _checkpoint(found: CheckpointView | None) -> Context:
    if found is None:
        return {"checkpoint": (), "has_checkpoint": False}
    local = found.at.astimezone(SHANGHAI)
    return {
        "has_checkpoint": True,
        "checkpoint": (
            f"条目数 {found.size}",
            f"签发时间 {local:%Y-%m-%d %H:%M:%S}（北京时间）",
            f"根值 {found.root}",
            f"密钥 {found.kid}",
            f"签名 {found.signature}",
        ),
    }
