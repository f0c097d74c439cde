"""Reads what the pages send, and the draft's answers as a notice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from werkzeug.datastructures import MultiDict

from app.copyright import statute
from app.copyright.values import Counter, Notice, Party

Form = MultiDict[str, str]
Answers = Mapping[str, Any]
ROLES = ("ownership", "authority")  # what a file proves


def party(form: Form, prefix: str = "") -> dict[str, str]:
    """Name, telephone, mail and address of one party, each on one line."""
    return {name: _line(form, f"{prefix}{name}") for name in ("name", "phone", "mail", "address")}


def claimant(form: Form) -> dict[str, Any]:
    """Who claims, and who files for them."""
    agent = form.get("for_whom") == "other"
    return {
        "for_whom": form.get("for_whom", ""),
        "holder": party(form, "holder_"),
        "agent": party(form, "agent_") if agent else None,
    }


def work(form: Form) -> dict[str, str]:
    """The work and what was taken from it."""
    return {name: _words(form, name) for name in ("work", "statement")}


def notice(answers: Answers) -> Notice:
    """The notice that the draft's answers amount to."""
    said, resource = answers.get("claimant", {}), answers.get("resource", {})
    proofs: dict[str, list[str]] = {role: [] for role in ROLES}
    roles = answers.get("roles", {})
    for file in answers.get("files", ()):
        proofs[roles.get(file["ref"], ROLES[0])].append(str(file["name"]))
    agent = said.get("agent")
    return Notice(
        holder=Party(**said.get("holder", {})),
        agent=Party(**agent) if agent else None,
        work=str(answers.get("work", {}).get("work", "")),
        statement=str(answers.get("work", {}).get("statement", "")),
        resource=str(resource.get("ref", "")),
        title=str(resource.get("title", "")),
        address_ids=tuple(resource.get("address_ids", ())),
        ownership=tuple(proofs["ownership"]),
        authority=tuple(proofs["authority"]) if agent else (),
        true=bool(answers.get("true")),
    )


def errors(answers: Answers, page: str) -> dict[str, str]:
    """What this page still misses or holds wrong: field → message id."""
    given = notice(answers)
    found = {item.key: item.missing for item in statute.lacks(given) if item.page == page}
    if page == "claimant" and answers.get("claimant", {}).get("for_whom") not in {"self", "other"}:
        found["for_whom"] = statute.FOR_WHOM
    fields = {"claimant": ("holder_", "agent_"), "work": ("work", "statement")}.get(page, ())
    return found | {k: v for k, v in statute.faults(given).items() if k.startswith(fields)}


def counter(form: Form) -> Counter:
    """The counter-notice as typed."""
    return Counter(
        provider=Party(**party(form)),
        what=_words(form, "what"),
        proof=_words(form, "proof"),
        true=form.get("true") == "yes",
    )


def _line(form: Form, name: str) -> str:
    return " ".join(form.get(name, "").split())


def _words(form: Form, name: str) -> str:
    return form.get(name, "").replace("\r\n", "\n").strip()
