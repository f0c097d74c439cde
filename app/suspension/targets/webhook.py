"""A platform that wants to be called: Standard Webhooks 1.0.0, carrying state and generation.

The receiver ignores a lower (epoch, generation) than it has. Only 2xx is acceptance; a redirect
is not followed; what it says it did is not believed either: the probe looks.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from standardwebhooks import Webhook as Signing

from app.core import http
from app.core.errors import InvalidError
from app.suspension.feed import match_body, moment
from app.suspension.target import Means, Target, TargetError, Wanted, Way, wants_url

DEADLINE = 15.0
_ACCEPTED = range(200, 300)


def message_id(target: str, wanted: Wanted) -> str:
    """Stable per target, resource and generation: the receiver drops repeats by it."""
    return f"msg_{target}_{wanted.resource}_{wanted.epoch}_{wanted.generation}"


def body(wanted: Wanted) -> dict[str, Any]:
    """The message: what to be, not what happened."""
    return {
        "type": "resource.stopped" if wanted.dark else "resource.restored",
        "timestamp": moment(wanted.changed_at),
        "data": {
            "resource": wanted.resource,
            "state": "stopped" if wanted.dark else "restored",
            "epoch": wanted.epoch,
            "generation": wanted.generation,
            "match": [match_body(m) for m in wanted.match],
            "block_ref": wanted.block_ref,
        },
    }


class Webhook:
    """POSTs the signed state to ``url``."""

    way = Way.PUSH

    def check(self, config: Mapping[str, Any]) -> None:
        """``url`` is needed; ``connect_to`` dials another host:port."""
        wants_url(config, also=("connect_to",))
        if "?" in str(config["url"]) and "key=" in str(config["url"]):
            raise InvalidError("Put no key into the address: calls are signed.")

    def push(self, wanted: Wanted, means: Means) -> str:
        """Call once; the outbox calls again until it is accepted."""
        payload = json.dumps(body(wanted), ensure_ascii=False, separators=(",", ":"))
        name = message_id(means.name, wanted)
        signing = Signing("whsec_" + base64.b64encode(means.secret).decode())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Chuku-Webhook/1",
            "webhook-id": name,
            "webhook-timestamp": str(int(means.at.timestamp())),
            "webhook-signature": signing.sign(name, means.at, payload),
        }
        try:
            answer = http.fetch(
                str(means.config["url"]),
                method="POST",
                headers=headers,
                body=payload.encode(),
                connect_to=means.config.get("connect_to"),
                allow_private=means.allow_private,
                max_bytes=4096,
                deadline=DEADLINE,
            )
        except http.HttpError as error:
            raise TargetError(str(error)) from error
        if answer.status not in _ACCEPTED:
            raise TargetError(f"answered {answer.status}")
        return f"{name}:{answer.status}"


TARGET: type[Target] = Webhook
