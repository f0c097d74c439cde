"""What arrives: how much of it, and that it is text; looked at before any view sees it.

NUL and half surrogate pairs cannot be stored by either database, whole numbers beyond 2**53 are
not the same in every JSON reader (RFC 8259, section 6), and nothing of ours is deeply nested.
"""

from __future__ import annotations

import json
from typing import Any

from flask import Flask, abort, request

from app.core import access
from app.core.errors import InvalidError

MOST = 2 * 1024 * 1024  # words and forms; files travel as multipart
MOST_OF_A_KEY = 64 * 1024 * 1024  # imports, and documents in base64
_DEEPEST = 40
_WIDEST = 2**53
_LINES = "/api/v1/resources:import"  # its lines are read one by one


def is_text(text: str) -> bool:
    """Whether both databases can store it and every reader can read it."""
    return not any(c == "\0" or "\ud800" <= c <= "\udfff" for c in text)


def check(value: Any) -> None:
    """Look through a JSON value.

    Raises:
        InvalidError: something in it is no text, too large a number, or nested too deep.
    """
    level = [value]
    for _ in range(_DEEPEST):
        below: list[Any] = []
        for one in level:
            if isinstance(one, dict):
                below += [*one.keys(), *one.values()]
            elif isinstance(one, list):
                below += one
            else:
                _check_one(one)
        level = below
        if not level:
            return
    raise InvalidError("The body is nested too deep.")


def _check_one(value: object) -> None:
    if isinstance(value, str) and not is_text(value):
        raise InvalidError(
            "The text contains characters that are not text. Please type or paste it again."
        )
    if isinstance(value, int) and abs(value) > _WIDEST:
        raise InvalidError("A number in the body is too large.")


def flat(messages: Any, at: str = "") -> dict[str, str]:
    """Nested refusals of a schema as ``field.inner → sentence``, so that every field is named."""
    if isinstance(messages, dict):
        found: dict[str, str] = {}
        for name, inner in messages.items():
            inside = at if name == "_schema" else f"{at}.{name}".strip(".")
            found.update(flat(inner, inside))
        return found
    many = messages if isinstance(messages, list | tuple) else [messages]
    return {at or "body": " ".join(str(m) for m in many)}


def _limit() -> None:
    declared = access.of_request()
    if request.mimetype != "multipart/form-data":
        by_key = declared is not None and declared.kind == "scope"
        request.max_content_length = MOST_OF_A_KEY if by_key else MOST


def _look() -> None:
    if "\0" in request.path:
        abort(404)
    given = [v for _, v in request.args.items(multi=True)]
    if request.method in {"POST", "PUT"}:
        if request.path.startswith(("/api/", "/edge/")):
            _look_at_json()
        else:
            given += [v for _, v in request.form.items(multi=True)]
    for text in given:
        _check_one(text)


def _look_at_json() -> None:
    if request.mimetype == "multipart/form-data" or request.path == _LINES:
        return
    try:
        value = json.loads(request.get_data(cache=True))
    except RecursionError as error:
        raise InvalidError("The body is nested too deep.") from error
    except ValueError:
        return  # each view says in its own words what it wants
    check(value)


def limit(app: Flask) -> None:
    """Bound what is read at all; before anything reads."""
    app.before_request(_limit)


def init_app(app: Flask) -> None:
    """Look at what was sent; after the guard, so that strangers cost no reading."""
    app.before_request(_look)
