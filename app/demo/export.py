"""The demo as rows of the import format (README.md beside this file), one object a line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from app.demo.catalogue import PlannedAddress, PlannedResource, resources
from app.demo.content import Manifest, digest_of
from app.demo.world import world

CONTENT_ROLES = ("media", "segment", "attachment")  # page 1: only these are compared by digest
HOURS = {"email": "全天", "phone": "工作日 8:30–17:30，值班电话全天"}

Row = dict[str, Any]


def _platforms(edge_url: str) -> Iterator[Row]:
    plain = urlsplit(edge_url).hostname or ""
    for p in world().platforms:
        yield {
            "type": "platform", "code": p.key, "name": p.name, "name_en": p.name_en,
            "parent": p.parent or None, "level": p.level, "region": p.region,
            "operated": p.operated, "letter_prefix": p.letter_prefix, "hosts": [plain, p.alias],
        }  # fmt: skip


def _bodies() -> Iterator[Row]:
    for b in world().bodies:
        yield {
            "type": "body", "code": b.key, "name": b.name, "kind": b.kind,
            "parent": b.parent or None, "region": b.region,
            "responsible_person": b.responsible or None,
        }  # fmt: skip
    for platform, role, body in world().roles:
        yield {"type": "role", "platform": platform, "role": role, "body": body}
    for c in world().contacts:
        yield {
            "type": "contact", "body": c.body, "name": c.name, "channel": c.channel,
            "address": c.address, "rank": c.rank, "hours": HOURS[c.channel],
            "exercise": c.exercise,
        }  # fmt: skip


def _address(address: PlannedAddress, edge_url: str, manifest: Manifest) -> Row:
    edge = urlsplit(edge_url)
    if address.hosting == "external":
        url, dial = f"https://{address.host}{address.path}", None
    else:
        port = f":{edge.port}" if edge.port else ""
        url = f"{edge.scheme}://{address.host or edge.hostname}{port}{address.path}"
        dial = edge.netloc if address.host else None
    content = address.role in CONTENT_ROLES and address.file
    return {
        "url": url, "mode": address.mode, "role": address.role, "hosting": address.hosting,
        "digest": digest_of(manifest, address.file) if content else None, "connect_to": dial,
    }  # fmt: skip


def _resource(resource: PlannedResource, edge_url: str, manifest: Manifest) -> Row:
    return {
        "type": "resource", "ref": resource.ref, "platform": resource.platform,
        "provider": resource.provider, "title": resource.title, "kind": resource.kind,
        "subject": resource.subject, "grade": resource.grade,
        "description": resource.description, "thumbnail": f"/{resource.folder}/cover.png",
        "views_30d": resource.views_30d,
        "addresses": [_address(a, edge_url, manifest) for a in resource.addresses],
    }  # fmt: skip


def rows(manifest: Manifest, *, edge_url: str) -> Iterator[Row]:
    """Every row of the demo, in an order in which each row finds what it names."""
    yield from _platforms(edge_url)
    yield from _bodies()
    for resource in resources():
        yield _resource(resource, edge_url, manifest)


def lines(manifest: Manifest, *, edge_url: str) -> Iterator[str]:
    """The same as JSON Lines, as `chuku catalogue import` reads them."""
    for row in rows(manifest, edge_url=edge_url):
        yield json.dumps(row, ensure_ascii=False)
