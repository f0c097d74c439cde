"""Which address opens a resource at the place that a claim names. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from app.suspension.values import AddressState

# A moment is opened in the file that has moments; a page in the document that has pages.
_FIRST = {"t": ("media", "page"), "page": ("attachment", "page")}


def opens(addresses: Iterable[AddressState], fragment: str) -> str:
    """The address with ``#t=…`` or ``#page=…``; empty when none is served now or nothing is named.

    What is to be dark is not linked: the officer looks at the captured copy instead.
    """
    name = fragment.partition("=")[0]
    served = [a for a in addresses if not (a.desired_dark or a.dark)]
    for role in _FIRST.get(name, ()):
        for address in served:
            bare = address.url.split("#")[0].split("?")[0].lower()
            # Only PDF readers know pages.
            if address.role == role and (role != "attachment" or bare.endswith(".pdf")):
                return f"{address.url.split('#')[0]}#{fragment}"
    return ""
