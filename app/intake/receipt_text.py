"""The receipt as plain text, for printers, chat notes and who has no picture of a code."""

from __future__ import annotations

import json
from typing import Any

from flask_babel import gettext

from app.core import clock
from app.core.settings import Settings


def text(filed: dict[str, Any], settings: Settings) -> str:
    """What the receipt page says, one thing a line; lines end as every system reads them."""

    def when(name: str) -> str:
        return f"{filed[name].astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M}"

    lines = [
        gettext("We have received your complaint"),
        "",
        gettext("Reference (for telephone calls): %(ref)s", ref=filed["ref"]),
        gettext("Your receipt code") + ":",
        "    " + filed["secret"].replace("-", " "),
        gettext("Keep it as you keep a key: whoever has it can read your complaint."),
        "",
        gettext("What happens by when") + ":",
        f"  {when('received_at')}  " + gettext("Received"),
        f"  {when('accept_by')}  " + gettext("Accepted by this time at the latest"),
        f"  {when('handle_by')}  "
        + gettext("Handled by this time at the latest; grave matters within 24 hours"),
        gettext("Look it up at") + " " + settings.public_url.rstrip("/") + "/receipt",
        "",
        gettext("Proof of filing") + ":",
        json.dumps(filed["proof"], ensure_ascii=False, indent=2),
        "",
    ]
    return "\r\n".join(line for part in lines for line in part.split("\n"))
