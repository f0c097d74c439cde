"""A CDN that caches for us: purged by surrogate key. A purge accepted is not a stop.

Content is tagged by the origin with ``Surrogate-Key: <resource>``. Both a stop and a lift purge:
the CDN must ask the edge again either way.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from app.core import http
from app.core.errors import InvalidError
from app.suspension.target import Means, Target, TargetError, Wanted, Way, wants_url

DEADLINE = 15.0
_METHODS = ("POST", "PURGE", "DELETE")
_ACCEPTED = range(200, 300)


class CdnPurge:
    """Calls ``url`` (``{key}`` = the resource) with the CDN's token."""

    way = Way.PUSH

    def check(self, config: Mapping[str, Any]) -> None:
        """``url`` with ``{key}``; ``method``; ``token_header`` and the file ``token_file``."""
        wants_url(
            config, also=("method", "token_header", "token_prefix", "token_file", "connect_to")
        )
        if str(config.get("method", "POST")) not in _METHODS:
            raise InvalidError("The purge method is one of POST, PURGE, DELETE.")
        if config.get("token_file") and not Path(str(config["token_file"])).is_file():
            raise InvalidError("The setting token_file names no file.")

    def push(self, wanted: Wanted, means: Means) -> str:
        """Purge once; repeating it is harmless."""
        key = quote(wanted.resource, safe="")
        config = means.config
        headers = {"User-Agent": "Chuku-Purge/1", "Surrogate-Key": wanted.resource}
        headers |= _token(config)
        try:
            answer = http.fetch(
                str(config["url"]).replace("{key}", key),
                method=str(config.get("method", "POST")),
                headers=headers,
                connect_to=config.get("connect_to"),
                allow_private=means.allow_private,
                max_bytes=4096,
                deadline=DEADLINE,
            )
        except http.HttpError as error:
            raise TargetError(str(error)) from error
        if answer.status not in _ACCEPTED:
            raise TargetError(f"answered {answer.status}")
        return f"purge:{wanted.resource}:{wanted.generation}:{answer.status}"


def _token(config: Mapping[str, Any]) -> dict[str, str]:
    # The CDN's vendor gives the token; it lives in a file of the operator's, never in the table.
    if not config.get("token_file"):
        return {}
    try:
        token = Path(str(config["token_file"])).read_text("utf-8").strip()
    except OSError as error:
        raise TargetError(f"token_file: {error.strerror}") from error
    header = str(config.get("token_header", "Authorization"))
    return {header: str(config.get("token_prefix", "Bearer ")) + token}


TARGET: type[Target] = CdnPurge
