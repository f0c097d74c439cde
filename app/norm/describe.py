"""The plan as the document `chuku duties --json` prints (page 3.2)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from app.norm.book import BOOK, Book
from app.norm.duties import duties_for
from app.norm.values import Act


def duties_json(
    category: str, kind: str | None = None, *, severe: bool = False, book: Book = BOOK
) -> dict[str, Any]:
    """Ordered steps, recipients, way back, article and the digest of the rules."""
    plan = duties_for(category, kind, severe=severe, book=book)
    return {
        "category": plan.category,
        "kind": plan.kind,
        "article": plan.article,
        "severe": plan.severe,
        "at_once": _acts(plan.at_once),
        "then": _acts(plan.then),
        "reentry": plan.way_back.key.value if plan.way_back else None,
        "policy": plan.policy,
    }


def _acts(acts: Iterable[Act]) -> list[dict[str, Any]]:
    return [
        {
            "step": act.step.value,
            "to": [role.value for role in act.to],
            "source": act.source.value,
        }
        for act in acts
    ]
