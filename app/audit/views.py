"""The hook that hands every request to the access log (Art. 19); the audit log has no page here."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, request

from app.audit import accesslog
from app.core.settings import Settings
from app.core.web import client_address

BLUEPRINTS: tuple[Blueprint, ...] = ()


def init_app(app: Flask) -> None:
    """Send route template, method, status and address of every answered request."""
    chosen: Settings = app.config["CHUKU"]
    sender = accesslog.Sender(chosen.folder / accesslog.SOCKET)
    app.extensions["chuku-access"] = sender

    @app.after_request
    def _note(response: Response) -> Response:
        rule = request.url_rule
        sender.send(
            route=rule.rule if rule else None,
            method=request.method,
            status=response.status_code,
            address=client_address(),
        )
        return response
