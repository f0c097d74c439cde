"""The letters as they arrived at the mail server, read like a recipient would."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import dataclass
from pathlib import Path

from tests.running import Product, eventually


@dataclass(frozen=True)
class Letter:
    """One delivered mail: to whom, what it is called, its words, the link to sign it."""

    file: Path
    to: str
    subject: str
    text: str

    @property
    def link(self) -> str:
        found = re.search(r"https?://\S+/letter/[\w-]+", self.text)
        assert found, self.text
        return found.group(0)


def letters(product: Product, about: str) -> list[Letter]:
    """Every letter so far that names this resource."""
    found = []
    for file in product.letters():
        mail = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
        body = mail.get_body(("plain",))
        text = body.get_content() if body else ""
        if about in text or about in str(mail["Subject"]):
            found.append(Letter(file, str(mail["To"]), str(mail["Subject"]), text))
    return found


def arrive(product: Product, about: str, *, number: int, within: float = 90) -> list[Letter]:
    """Wait until at least so many letters about the resource have arrived."""
    return eventually(
        lambda: (got := letters(product, about)) and len(got) >= number and got, within=within
    )
