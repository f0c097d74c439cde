"""Settings: ``CHUKU_*`` variables or ``chuku.toml``; a wrong one stops the start.

Adding a setting = one field here (type, default, one-line doc in ``metadata``).
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from app.core import hours
from app.core.files import kept_secret

PREFIX = "CHUKU_"


class SettingsError(Exception):
    """A setting is unknown, missing or of the wrong type; the text says which."""


def _doc(text: str, default: Any = "") -> Any:
    return field(default=default, metadata={"doc": text})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that differs between two set-ups of the same code."""

    data: str = _doc("data folder: database, vault, keys, logs", "var")
    database_url: str = _doc("SQLAlchemy address; default: SQLite in the data folder")
    redis_url: str = _doc("Redis address; default: private unix socket in the data folder")
    keystore_url: str = _doc("key store, apart from the database; default: SQLite in data/keys")
    vault_url: str = _doc("evidence vault; file: is the store there is; default: folder in data")
    models: str = _doc("versions of the classifier trained here; default: folder in data")
    master_key_file: str = _doc("file with the 32-byte master key in hex; default: data/keys")
    secret_key: str = _doc("signs session cookies; default: random, kept in data/keys")
    smtp_url: str = _doc("smtp[s]://user:password@host:port")
    mail_from: str = _doc("sender of letters", "chuku@operator.example")
    mailbox_url: str = _doc("page of the demo's mail sink, shown on the desk in the demo")
    public_url: str = _doc("address under which people reach the portal", "http://127.0.0.1:8080")
    feed_url: str = _doc("address at which edges wait for the deny feed; default: public_url")
    edge_url: str = _doc("address of the demo's serving edge")
    origin_url: str = _doc("origin that still answers for held resources: evidence capture")
    insecure_cookies: bool = _doc("plain http outside the demo, on purpose", False)
    trusted_proxies: str = _doc("networks whose X-Forwarded-For is believed, comma separated")
    probe_nets: str = _doc("private networks the probe and capture may reach, comma separated")
    contact_phone: str = _doc("telephone for complaints (Art. 17)")
    contact_mail: str = _doc("mail address for complaints (Art. 17)")
    contact_post: str = _doc("postal address for complaints (Art. 17)")
    officer_hours: str = _doc(
        "when officers answer at the assistant, e.g. 1-5 08:30-17:30 (1 = Monday); empty: always"
    )
    access_log_days: int = _doc(
        "days the statutory access log is kept (Art. 19), at least 190", 190
    )
    log_level: str = _doc("debug, info, warning or error", "info")
    demo: bool = _doc("demo platforms: sign-in page shows codes, letters go to the sink", False)
    faults: bool = _doc("fault testing: failpoints and the clock offset file are obeyed", False)
    web_threads: int = _doc("threads of the web process", 8)
    filings_an_hour: int = _doc(
        "complaints an hour of the whole site from which everybody shows a second of work", 2000
    )
    clamd_url: str = _doc("unix: or tcp: address of clamd; empty: uploads stay unscanned")

    @property
    def folder(self) -> Path:
        """The data folder, absolute."""
        return Path(self.data).resolve()

    @property
    def https(self) -> bool:
        """Whether cookies carry Secure and the __Host- prefix."""
        return self.public_url.startswith("https://")


def load(environ: Mapping[str, str] = os.environ, **given: Any) -> Settings:
    """Settings from ``chuku.toml``, then the environment, then ``given``; defaults filled in.

    Raises:
        SettingsError: for an unknown name, a wrong type, or an unreadable secret file.
    """
    known = {f.name: f for f in fields(Settings)}
    values = _from_file(environ)
    values.update(_from_environment(environ, known))
    values.update({k: v for k, v in given.items() if v is not None})
    for key, value in values.items():
        if key not in known:
            raise SettingsError(f"unknown setting {PREFIX}{key.upper()}; see `chuku settings`")
        values[key] = _typed(key, value, type(known[key].default))
    return _with_defaults(Settings(**values))


def chosen(environ: Mapping[str, str] = os.environ) -> frozenset[str]:
    """Names of the settings that the operator gave, in the file or in the environment."""
    known = {f.name for f in fields(Settings)}
    return frozenset({*_from_file(environ), *_from_environment(environ, known)})


def models_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Where versions of the classifier are; makes nothing, for verbs that need no application."""
    values = _from_file(environ)
    values |= _from_environment(environ, {f.name for f in fields(Settings)})
    return Path(values.get("models") or Path(values.get("data") or "var") / "models").resolve()


def _from_file(environ: Mapping[str, str]) -> dict[str, Any]:
    file = Path(environ.get("CHUKU_CONFIG", "chuku.toml"))
    if not file.is_file():
        return {}
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{file}: not valid TOML: {error}") from error


def _from_environment(environ: Mapping[str, str], known: Collection[str]) -> dict[str, str]:
    values: dict[str, str] = {}
    for name, value in environ.items():
        if not name.startswith(PREFIX) or name == "CHUKU_CONFIG":
            continue
        key = name[len(PREFIX) :].lower()
        if key not in known and key.endswith("_file") and key[:-5] in known:
            try:
                values[key[:-5]] = Path(value).read_text("utf-8").strip()
            except OSError as error:
                raise SettingsError(f"{name}: cannot read {value}: {error.strerror}") from error
        else:
            values[key] = value
    return values


def _typed(key: str, value: Any, kind: type) -> Any:
    if isinstance(value, kind) and not (kind is int and isinstance(value, bool)):
        return value
    text = str(value).strip()
    if kind is bool and text.lower() in {"1", "true", "yes", "on"}:
        return True
    if kind is bool and text.lower() in {"", "0", "false", "no", "off"}:
        return False
    if kind is int and text.lstrip("-").isdigit():
        return int(text)
    raise SettingsError(f"{PREFIX}{key.upper()}: {text!r} is not a valid {kind.__name__}")


def _with_defaults(settings: Settings) -> Settings:
    if settings.access_log_days < 190:  # noqa: PLR2004 - Art. 19, Cybersecurity Law: six months
        raise SettingsError("CHUKU_ACCESS_LOG_DAYS: at least 190 days (Art. 19)")
    try:
        hours.read(settings.officer_hours)
    except ValueError as error:
        raise SettingsError(f"CHUKU_OFFICER_HOURS: {error}") from error
    folder = settings.folder
    return replace(
        settings,
        data=str(folder),
        database_url=settings.database_url or f"sqlite:///{folder / 'chuku.db'}",
        redis_url=settings.redis_url or f"unix://{folder / 'redis.sock'}?db=0",
        keystore_url=settings.keystore_url or f"sqlite:///{folder / 'keys' / 'keystore.db'}",
        vault_url=settings.vault_url or f"file:{folder / 'vault'}",
        models=settings.models or str(folder / "models"),
        master_key_file=settings.master_key_file or str(folder / "keys" / "master.key"),
        secret_key=settings.secret_key or kept_secret(folder / "keys" / "session.key"),
        feed_url=settings.feed_url or settings.public_url,
    )
