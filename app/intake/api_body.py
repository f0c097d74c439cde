"""Reading JSON bodies: everything that cannot be taken is named, nothing crashes."""

from __future__ import annotations

import json
from typing import Any

from flask import request
from marshmallow import Schema, ValidationError

from app.core.body import check, flat
from app.core.errors import InvalidError


def load(schema: Schema, data: Any) -> dict[str, Any]:
    """The validated body.

    Raises:
        InvalidError: naming every field that cannot be taken.
    """
    if not isinstance(data, dict):
        raise InvalidError("The body must be a JSON object.", fields={"body": "Not an object."})
    check(data)
    try:
        loaded: dict[str, Any] = schema.load(data)
    except ValidationError as error:
        named = flat(error.messages)
        raise InvalidError("Some fields need another look.", fields=named) from error
    return loaded


def body() -> Any:
    """The request's JSON.

    Raises:
        InvalidError: it is not JSON.
    """
    raw = request.form.get("complaint") if request.mimetype == "multipart/form-data" else None
    try:
        return json.loads(raw if raw is not None else request.get_data())
    except (ValueError, RecursionError) as error:
        raise InvalidError("The body is not valid JSON.", fields={"body": "Not JSON."}) from error


def described(schema: type[Schema], *, files: bool = False) -> dict[str, Any]:
    """The body for the API's description; with files it may also come as multipart."""
    content: dict[str, Any] = {"application/json": {"schema": schema}}
    if files:
        parts = {
            "complaint": schema,
            "files": {"type": "array", "items": {"type": "string", "format": "binary"}},
        }
        content["multipart/form-data"] = {"schema": {"type": "object", "properties": parts}}
    return {"required": True, "content": content}
