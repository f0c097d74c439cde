"""What travels between the pages and the service of copyright notices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Somebody the law wants named: name, a way to reach them, postal address."""

    name: str = ""
    phone: str = ""
    mail: str = ""
    address: str = ""

    @property
    def contact(self) -> str:
        """The ways to reach them, as one line."""
        return "，".join(way for way in (self.phone, self.mail) if way)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """通知书 (条例 Art. 14): who claims which work against which resource, and why."""

    holder: Party = Party()
    agent: Party | None = None  # set when somebody files for the right holder
    work: str = ""  # 权利作品: title, author, where it was published
    statement: str = ""  # 初步证明: what is taken from it and why that is not allowed
    resource: str = ""  # ref
    title: str = ""
    address_ids: tuple[int, ...] = ()  # nothing listed: all addresses of the resource
    ownership: tuple[str, ...] = ()  # names of the files that prove the right
    authority: tuple[str, ...] = ()  # names of the files that prove the agent's authority
    true: bool = False

    def stored(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return {
            "holder": _party(self.holder),
            "agent": _party(self.agent) if self.agent else None,
            "work": self.work,
            "statement": self.statement,
            "resource": self.resource,
            "title": self.title,
            "address_ids": list(self.address_ids),
            "ownership": list(self.ownership),
            "authority": list(self.authority),
            "true": self.true,
        }

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Notice:
        """From what ``stored`` made."""
        return cls(
            holder=Party(**value.get("holder", {})),
            agent=Party(**value["agent"]) if value.get("agent") else None,
            **{name: value.get(name, "") for name in ("work", "statement", "resource", "title")},
            address_ids=tuple(value.get("address_ids") or ()),
            ownership=tuple(value.get("ownership") or ()),
            authority=tuple(value.get("authority") or ()),
            true=bool(value.get("true")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """书面说明 (条例 Art. 16): who asks for what to be restored, and why nothing is infringed."""

    provider: Party = Party()
    what: str = ""  # the work and its addresses that are to be restored
    proof: str = ""
    files: tuple[str, ...] = ()  # names of what proves it
    true: bool = False

    def stored(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return {
            "provider": _party(self.provider),
            "what": self.what,
            "proof": self.proof,
            "files": list(self.files),
            "true": self.true,
        }

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Counter:
        """From what ``stored`` made."""
        return cls(
            provider=Party(**value.get("provider", {})),
            what=value.get("what", ""),
            proof=value.get("proof", ""),
            files=tuple(value.get("files") or ()),
            true=bool(value.get("true")),
        )


def _party(one: Party) -> dict[str, str]:
    return {"name": one.name, "phone": one.phone, "mail": one.mail, "address": one.address}


@dataclass(frozen=True, slots=True)
class CaseView:
    """A notice with what came of it; the words are None once its key was destroyed."""

    ref: str
    complaint_id: int
    resource_id: int
    incident: str
    state: str
    sent_at: datetime
    countered_at: datetime | None
    restore_due: datetime | None
    ended_at: datetime | None
    court: str | None
    kid: str  # the key of its complaint
    notice: Notice | None
    counter: Counter | None
    waits: bool  # the waiting time still lets the right holder go to court
