"""create_app: the only place that wires the features into one application."""

from __future__ import annotations

import importlib.util
from importlib import import_module
from pathlib import Path

from flask import Flask
from flask_migrate import Migrate
from flask_smorest import Api
from jinja2 import StrictUndefined

from app import classifier, tables
from app.core import (
    access,
    bell,
    body,
    clock,
    db,
    failpoint,
    i18n,
    keystore,
    limits,
    log,
    openapi,
    web,
)
from app.core.settings import Settings, load

ROOT = Path(__file__).parent.parent
# In the order of a complaint's way; each may have views.py and api.py with BLUEPRINTS.
FEATURES = (
    "intake",
    "copyright",
    "triage",
    "incidents",
    "suspension",
    "evidence",
    "notices",
    "catalogue",
    "accounts",
    "audit",
    "oversight",
)


def create_app(settings: Settings | None = None, *, serves: bool = True) -> Flask:
    """The whole application under these settings (default: from the environment)."""
    chosen = settings or load()
    chosen.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    log.configure(chosen.log_level)
    if serves:  # a command for one verb has no cookies
        _warn_of_plain_http(chosen)
    clock.allow_offset(chosen.folder / "clock-offset" if chosen.faults else None)
    failpoint.arm(chosen.folder / "failpoints" if chosen.faults else None)
    app = Flask("app", template_folder=str(ROOT / "templates"))
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.config.update(
        SQLALCHEMY_DATABASE_URI=chosen.database_url,
        API_TITLE="Chuku",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/api/v1",
        OPENAPI_JSON_PATH="openapi.json",
    )
    web.init_app(app, chosen)
    i18n.init_app(app)
    db.init_app(app)
    assert tables.METADATA is not None
    Migrate(app, db.db, render_as_batch=True, compare_server_default=True)
    keystore.configure(chosen)
    classifier.use(Path(chosen.models))
    bell.configure(chosen.redis_url)
    limits.configure(chosen.redis_url)
    api = openapi.describe(app)
    web.answer_errors(app)
    _register(app, api)
    access.check_declared(app)
    return app


def _warn_of_plain_http(settings: Settings) -> None:
    """Design 3.8: without https the sign-in cookies travel in the clear; fine only on purpose."""
    if not (settings.https or settings.demo or settings.insecure_cookies):
        log.Log(__name__).warning(
            "cookies.insecure",
            public_url=settings.public_url,
            do="give CHUKU_PUBLIC_URL an https address, or set CHUKU_INSECURE_COOKIES=1",
        )


def _register(app: Flask, api: Api) -> None:
    """Every feature's pages and API, and the guard before them."""
    guard = import_module("app.accounts.guard")
    guard.init_app(app)
    body.init_app(app)
    for feature in FEATURES:
        for part in ("views", "api"):
            name = f"app.{feature}.{part}"
            if importlib.util.find_spec(name) is None:
                continue
            for blueprint in import_module(name).BLUEPRINTS:
                if hasattr(blueprint, "_docs"):
                    api.register_blueprint(blueprint)
                else:
                    app.register_blueprint(blueprint)
            hook = getattr(import_module(name), "init_app", None)
            if hook is not None:
                hook(app)
