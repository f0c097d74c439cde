"""清单 and 笔录: who took what, when, where and how, in the words a court asks for."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING

from babel.dates import format_datetime
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.core import clock, i18n

if TYPE_CHECKING:
    from datetime import datetime

    from app.evidence.dossier import Row, Sheet

_TEMPLATES = Path(__file__).parent.parent.parent / "templates"


def _(message: str) -> str:
    """A dossier speaks Chinese whoever exports it: it goes to Chinese authorities and courts."""
    return i18n.catalogue(i18n.DEFAULT).gettext(message)


def base64_text(value: bytes) -> str:
    """Standard base64."""
    return base64.b64encode(value).decode()


def moment(at: datetime) -> str:
    """Asia/Shanghai to the second."""
    return str(format_datetime(at.astimezone(clock.SHANGHAI), "yyyy年M月d日 HH:mm:ss", locale="zh"))


def kind(name: str) -> str:
    """The item's kind in words."""
    return {
        "capture": _("Web capture"),
        "complaint": _("Complaint original"),
        "attachment": _("Attachment of a complaint"),
        "decision": _("Signed decision"),
        "probe": _("Probe record"),
        "letter": _("Letter"),
        "authority_document": _("Document of the authority"),
        "reentry": _("Re-entry document"),
    }[name]


def act(name: str) -> str:
    """The custody act in words."""
    return {
        "sealed": _("Sealed"),
        "read": _("Read"),
        "unsealed": _("Unsealed"),
        "exported": _("Exported"),
        "verified": _("Hash checked"),
    }.get(name, name)


def state(row: Row) -> str:
    """Whether the item is what was sealed."""
    return {
        "intact": _("Hash agrees"),
        "damaged": _("Hash does not agree"),
        "missing": _("Not in the vault"),
        "erased": _("Content erased, key destroyed"),
    }[row.state]


def headings() -> list[str]:
    """The columns of 清单."""
    return [
        _("No."),
        _("Reference"),
        _("Kind"),
        _("Title"),
        _("Format"),
        _("Size in bytes"),
        "SHA-256",
        _("Taken at"),
        _("Source address"),
        _("Sealed"),
        _("State"),
        _("File in this dossier"),
    ]


def cells(number: int, row: Row) -> list[str]:
    """One line of 清单."""
    item = row.item
    return [
        str(number),
        item.ref,
        kind(item.kind),
        item.title,
        item.media_type,
        str(item.size),
        item.sha256,
        moment(item.captured_at),
        str(item.facts.get("url", "")),
        _("yes") if item.kid else _("no"),
        state(row),
        row.opened or row.file or "",
    ]


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        _=_, headings=headings, cells=cells, act=act, moment=moment, chosen=i18n.DEFAULT
    )
    return environment


def html(sheet: Sheet) -> str:
    """笔录 as one page that needs nothing beside it."""
    return _environment().get_template("evidence/record.html").render(sheet=sheet)


def readme() -> str:
    """How to check the dossier, in both languages."""
    return (_TEMPLATES / "evidence" / "dossier-readme.txt").read_text("utf-8")
