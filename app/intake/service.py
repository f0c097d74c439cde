"""The verbs of intake, in one place for callers; each lives in the module of its reason."""

from __future__ import annotations

from app.intake.aftercare import appeal, correct, ping_by_mail, stop_pings
from app.intake.closing import outcome
from app.intake.conversation import (
    accept,
    add_message,
    answer,
    ask,
    confirm,
    erase,
    forwarded,
    into_triage,
    out_of_triage,
    read_by_officer,
    set_category,
    set_resource,
    set_state,
    unseal,
    withdraw,
)
from app.intake.filing import check, file_complaint, resource_named

__all__ = [
    "accept",
    "add_message",
    "answer",
    "appeal",
    "ask",
    "check",
    "confirm",
    "correct",
    "erase",
    "file_complaint",
    "forwarded",
    "into_triage",
    "out_of_triage",
    "outcome",
    "ping_by_mail",
    "read_by_officer",
    "resource_named",
    "set_category",
    "set_resource",
    "set_state",
    "stop_pings",
    "unseal",
    "withdraw",
]
