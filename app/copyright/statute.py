"""What the law wants in a notice and in a counter-notice, and what is still missing. Pure.

《信息网络传播权保护条例》 Arts. 14, 16; 《民法典》 Arts. 165, 1195, 1196. One row is one item: its
place on the form, and the sentence that names it with its reason and its article.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from app.copyright.values import Counter, Notice, Party
from app.intake.schema import N_, text_fault
from app.intake.slots import MAIL, PHONE

LINE, WORDS = 200, 3_000  # symbols of one line, of a statement


@dataclass(frozen=True, slots=True)
class Item:
    """One thing the law asks for."""

    key: str
    page: str
    missing: str  # a message id: what, why, which article


_HOLDER = (
    Item("holder_name", "claimant", N_(
        "Write the right holder's name: the law asks for it, so that the provider knows who "
        "claims the right (Regulation, Art. 14 (1))."
    )),
    Item("holder_phone", "claimant", N_(
        "Write a telephone number or mail address of the right holder: the law asks for a way to "
        "reach them (Regulation, Art. 14 (1))."
    )),
    Item("holder_address", "claimant", N_(
        "Write the right holder's postal address: the law asks for it, so that letters and a court "
        "can reach them (Regulation, Art. 14 (1))."
    )),
)  # fmt: skip
_AGENT = (
    Item("agent_name", "claimant", N_(
        "Write your own name: who acts for somebody else must be named in the authority (Civil "
        "Code, Art. 165)."
    )),
    Item("agent_phone", "claimant", N_(
        "Write your telephone number or mail address: we ask the agent, not the right holder, when "
        "something is unclear (Civil Code, Art. 1195)."
    )),
)  # fmt: skip
_REST = (
    Item("resource", "resource", N_(
        "Choose the resource: the law asks for the name and the address of what is to be taken "
        "down (Regulation, Art. 14 (2))."
    )),
    Item("work", "work", N_(
        "Name your work: without it nobody can compare the two (Regulation, Art. 14 (2) and (3))."
    )),
    Item("statement", "work", N_(
        "Say what was taken from your work and why that is not allowed: it is part of the first "
        "proof (Regulation, Art. 14 (3); Civil Code, Art. 1195)."
    )),
    Item("ownership", "proof", N_(
        "Add a file that shows that the work is yours, like the registration, the contract or the "
        "first publication: the law asks for first proof (Regulation, Art. 14 (3))."
    )),
    Item("authority", "proof", N_(
        "Add the signed authority of the right holder: who acts for somebody else needs it in "
        "writing (Civil Code, Art. 165)."
    )),
    Item("true", "check", N_(
        "Confirm that the notice is true: the law makes the right holder answer for it, and pay "
        "for a wrong one (Regulation, Arts. 14 and 24)."
    )),
)  # fmt: skip
NOTICE = (*_HOLDER, *_AGENT, *_REST)
PAGES = ("resource", "claimant", "work", "proof", "check")

COUNTER = (
    Item("name", "counter", N_(
        "Write your name or the body's: the law asks for it (Regulation, Art. 16 (1))."
    )),
    Item("phone", "counter", N_(
        "Write a telephone number or mail address: the law asks for a way to reach you "
        "(Regulation, Art. 16 (1))."
    )),
    Item("address", "counter", N_(
        "Write your postal address: the law asks for it, so that the right holder can go to court "
        "(Regulation, Art. 16 (1))."
    )),
    Item("what", "counter", N_(
        "Name what is to be restored and its address: the law asks for both (Regulation, "
        "Art. 16 (2))."
    )),
    Item("proof", "counter", N_(
        "Say what shows that nothing is infringed, like a licence with its number, your own "
        "authorship or a lawful quotation: the law asks for first proof (Regulation, Art. 16 (3); "
        "Civil Code, Art. 1196)."
    )),
    Item("true", "counter", N_(
        "Confirm that the statement is true: the law makes you answer for it (Regulation, "
        "Art. 16)."
    )),
)  # fmt: skip

FOR_WHOM = N_("Please choose whether the right is yours or somebody else's.")
_TOO_LONG = N_("That is too long. Please shorten it.")
_NO_PHONE = N_("Please write a telephone number, like 13800000000.")
_NO_MAIL = N_("Please write a mail address, like name@school.example.")

_NOTICE_HAS: dict[str, Callable[[Notice], object]] = {
    "holder_name": lambda n: n.holder.name,
    "holder_phone": lambda n: n.holder.contact,
    "holder_address": lambda n: n.holder.address,
    "agent_name": lambda n: n.agent is None or n.agent.name,
    "agent_phone": lambda n: n.agent is None or n.agent.contact,
    "resource": lambda n: n.resource,
    "work": lambda n: n.work,
    "statement": lambda n: n.statement,
    "ownership": lambda n: n.ownership,
    "authority": lambda n: n.agent is None or n.authority,
    "true": lambda n: n.true,
}
_COUNTER_HAS: dict[str, Callable[[Counter], object]] = {
    "name": lambda c: c.provider.name,
    "phone": lambda c: c.provider.contact,
    "address": lambda c: c.provider.address,
    "what": lambda c: c.what,
    "proof": lambda c: c.proof,
    "true": lambda c: c.true,
}


def lacks(notice: Notice) -> list[Item]:
    """Every item of Art. 14 that the notice still misses, in the order of the form."""
    found = [item for item in NOTICE if not _NOTICE_HAS[item.key](notice)]
    return sorted(found, key=lambda item: PAGES.index(item.page))


def counter_lacks(counter: Counter) -> list[Item]:
    """Every item of Art. 16 that the counter-notice still misses."""
    return [item for item in COUNTER if not _COUNTER_HAS[item.key](counter)]


def faults(notice: Notice) -> dict[str, str]:
    """What is there and cannot be taken: field → message id."""
    found = _party_faults(notice.holder, "holder")
    if notice.agent is not None:
        found |= _party_faults(notice.agent, "agent")
    if len(notice.work) > WORDS:
        found["work"] = _TOO_LONG
    return found | _words({"work": notice.work, "statement": notice.statement})


def counter_faults(counter: Counter) -> dict[str, str]:
    """What is there and cannot be taken: field → message id."""
    own = _party_faults(counter.provider, "")
    return own | _words({"what": counter.what, "proof": counter.proof})


def _words(given: dict[str, str]) -> dict[str, str]:
    found = {}
    for name, text in given.items():
        fault = text_fault(text, WORDS) if text else None
        if fault:
            found[name] = _TOO_LONG if len(text) > WORDS else fault
    return found


def _party_faults(one: Party, prefix: str) -> dict[str, str]:
    named = {"name": one.name, "address": one.address, "phone": one.phone, "mail": one.mail}
    found = {}
    for name, text in named.items():
        fault = text_fault(text, LINE) if text else None
        if fault:
            found[name] = _TOO_LONG if len(text) > LINE else fault
    if one.phone and "phone" not in found and not PHONE.fullmatch(one.phone.replace(" ", "")):
        found["phone"] = _NO_PHONE
    if one.mail and "mail" not in found and not MAIL.fullmatch(one.mail):
        found["mail"] = _NO_MAIL
    return {f"{prefix}_{name}" if prefix else name: text for name, text in found.items()}


def plain(text: str) -> str:
    """A name or a title as it is compared: width, case, spaces and marks do not count."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())
