"""What the public figures are called for people."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from app.core import i18n
from app.norm import titles
from app.norm.errors import UnknownKindError
from app.norm.text import article_heading

TABLES = {
    "filed": _l("Complaints received, by way"),
    "joined": _l("Complaints, by article"),
    "opened": _l("Cases opened, by article"),
    "found": _l("Problems confirmed, by article"),
    "unfounded": _l("Complaints that could not be confirmed"),
    "ended": _l("What became of confirmed problems"),
}

CELLS = {
    "form": _l("Form"),
    "assistant": _l("Assistant"),
    "machine": _l("Programs"),
    "officer": _l("Telephone, mail, inspection"),
    "rejected": _l("Nothing was stopped"),
    "released": _l("Was stopped while checked, then released"),
    "removed": _l("Removed for good"),
    "lifted": _l("Put right and restored"),
    "mistaken": _l("Finding withdrawn as mistaken"),
    "closed": _l("Closed after a reminder"),
}

MEDIANS = {
    "acceptance": _l("Until a person took it up"),
    "stop": _l("Until it was seen stopped"),
    "finding": _l("Until a problem was confirmed"),
    "no_finding": _l("Until it was clear that nothing was wrong"),
}

BECAME = {
    "found": _l("Transmission is stopped."),
    "reentry": _l("Transmission is stopped; the resource goes through the intake procedure again."),
    "removed": _l("The resource has been removed from the platform for good."),
    "lifted": _l("What was wrong has been put right as the rules demand; it is available again."),
    "closed": _l("The matter is closed."),
    "merged": _l("The matter goes on under another case."),
}


def article(number: object) -> str:
    """``第二十条``, or ``Article 20``."""
    if i18n.language() == i18n.DEFAULT:
        return article_heading(int(str(number)))
    return f"Article {number}"


def cell(key: str) -> Any:
    """The name of a table's row."""
    return article(key) if key.isdigit() else CELLS[key]


def month(name: str) -> str:
    """``2026年11月``, or ``2026-11``."""
    year, number = name.split("-")
    return f"{year}年{int(number)}月" if i18n.language() == i18n.DEFAULT else name


def ground(category: str, kind: str | None) -> str:
    """What kind of problem it was, in the norm's words."""
    language = i18n.language()
    said = titles.category_title(category, language)
    try:
        finer = titles.kind_title(kind, language) if kind else ""
    except UnknownKindError:  # the authority's own words (Art. 24) stay in its document
        finer = ""
    between = "：" if language == i18n.DEFAULT else ": "
    return f"{said}{between}{finer}" if finer and finer != said else said


def duration(minutes: int) -> Any:
    """Minutes below two hours, hours below two days, else days."""
    if minutes < 120:  # noqa: PLR2004
        return _l("%(n)s minutes", n=minutes)
    if minutes < 2880:  # noqa: PLR2004
        return _l("%(n)s hours", n=f"{minutes / 60:.1f}".removesuffix(".0"))
    return _l("%(n)s days", n=f"{minutes / 1440:.1f}".removesuffix(".0"))
