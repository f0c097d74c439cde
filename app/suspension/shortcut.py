"""The gate's usual answer without the frame: asked at every content request, it must cost nothing.

Only "allowed" is answered here; refusals, pages and errors go the whole way to
``api.check``, which is the same question. Content requests are in the serving host's own log.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from app.catalogue.paths import canonical_host, canonical_path
from app.core.errors import InvalidError
from app.suspension.mirror import Mirror

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PATH = "/gate/v1/check"


def original(environ: WSGIEnvironment) -> tuple[str, str] | None:
    """(host, path) of the request the gate is asked about, canonical; None when it was not said.

    Raises:
        InvalidError: a path that no server serves.
    """
    path = environ.get("HTTP_X_ORIGINAL_URI") or environ.get("HTTP_X_FORWARDED_URI")
    host = environ.get("HTTP_X_ORIGINAL_HOST") or environ.get("HTTP_X_FORWARDED_HOST")
    if not path or not host:
        return None
    # WSGI carries header bytes as Latin-1; a raw UTF-8 path is UTF-8.
    text = path if path.isascii() else path.encode("latin-1", "replace").decode("utf-8", "replace")
    return canonical_host(host), canonical_path(text)


class Shortcut:
    """Stands before the application."""

    def __init__(self, application: WSGIApplication, mirror: Mirror) -> None:
        self._application = application
        self._mirror = mirror

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer 204 when nothing darkens the place; else ask the application."""
        if environ.get("PATH_INFO") == PATH and environ["REQUEST_METHOD"] in {"GET", "HEAD"}:
            try:
                place = original(environ)
                free = place is not None and self._mirror.lookup(*place) is None
            except InvalidError:
                free = False
            if free:
                start_response("204 No Content", [("Cache-Control", "no-store")])
                return ()
        return self._application(environ, start_response)
