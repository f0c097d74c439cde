"""The report on a version as one self-contained page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

_TEMPLATES = Path(__file__).parent.parent.parent / "templates"


def render(report: dict[str, Any]) -> str:
    """The page: no script, no file beside it, nothing loaded from anywhere."""
    from jinja2 import (  # noqa: PLC0415 - a batch of texts needs no templates
        Environment,
        FileSystemLoader,
        StrictUndefined,
    )

    pages = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return pages.get_template("classifier/report.html").render(report)
