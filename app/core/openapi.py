"""The API's own description: which key each call asks for, and errors as they really are."""

from __future__ import annotations

from typing import Any

from apispec import BasePlugin
from flask import Flask
from flask_smorest import Api
from marshmallow import Schema, fields
from werkzeug.routing import Rule

from app.core import access

_KEY = "key"


class Problem(Schema):
    """An RFC 9457 problem; ``type`` is stable, ``errors`` names every refused field."""

    type = fields.String(required=True, metadata={"example": "urn:chuku:problem:invalid"})
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True, metadata={"description": "a sentence for people"})
    errors = fields.Dict(keys=fields.String(), values=fields.String())


class _Keys(BasePlugin):
    """Writes into each call what its route declared (app/core/access.py)."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    def operation_helper(
        self,
        path: str | None = None,
        operations: dict[str, Any] | None = None,
        *,
        rule: Rule | None = None,
        **_more: Any,
    ) -> None:
        declared = access.of(self._app, rule.endpoint) if rule is not None else None
        if declared is None or declared.kind != "scope":
            return
        for operation in (operations or {}).values():
            operation["security"] = [{_KEY: []}]
            operation["x-scope"] = declared.name


class _Api(Api):
    ERROR_SCHEMA = Problem

    def _register_responses(self) -> None:
        self.DEFAULT_RESPONSE_CONTENT_TYPE = "application/problem+json"  # of errors only
        super()._register_responses()
        del self.DEFAULT_RESPONSE_CONTENT_TYPE

    def _register_error_handlers(self) -> None:
        """None of its own: app/core/web.py answers every error."""


def describe(app: Flask) -> Api:
    """The document that grows as blueprints are registered."""
    api = _Api(app, spec_kwargs={"extra_plugins": [_Keys(app)]})
    api.spec.components.security_scheme(
        _KEY, {"type": "http", "scheme": "bearer", "description": "Authorization: Bearer chk_…"}
    )
    app.extensions["openapi"] = api.spec
    return api


def document(app: Flask) -> dict[str, Any]:
    """The whole description, as ``/api/v1/openapi.json`` gives it."""
    found: dict[str, Any] = app.extensions["openapi"].to_dict()
    return found
