"""Languages: English message ids, Simplified Chinese the default; one .po file per feature.

The catalogues are read at start, so there is no compile step to forget.
"""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, has_request_context, request
from flask_babel import Babel, Domain, get_locale

LANGUAGES = {"zh_Hans": "中文", "en": "English"}
DEFAULT = "zh_Hans"
FOLDER = Path(__file__).parent.parent / "translations"


@lru_cache(maxsize=4)
def catalogue(language: str) -> NullTranslations:
    """All features' translations of one language, merged."""
    merged = NullTranslations()
    folder = FOLDER / language / "LC_MESSAGES"
    for file in sorted(folder.glob("*.po")):
        with file.open("rb") as source:
            messages = read_po(source, locale=language)
        compiled = BytesIO()
        write_mo(compiled, messages)
        compiled.seek(0)
        loaded = Translations(compiled)
        if isinstance(merged, Translations):
            merged.merge(loaded)
        else:
            merged = loaded
    return merged


class _Domain(Domain):
    def get_translations(self) -> NullTranslations:
        locale = get_locale()
        return catalogue(str(locale) if locale else DEFAULT)


def language() -> str:
    """The visitor's choice (cookie), else what the browser asks for, else Chinese."""
    if not has_request_context():
        return DEFAULT
    chosen = request.cookies.get("lang") or request.args.get("lang")
    if chosen in LANGUAGES:
        return chosen
    best = request.accept_languages.best_match(["zh-CN", "zh", "zh-Hans", "en"])
    return "en" if best == "en" else DEFAULT


def init_app(app: Flask) -> None:
    """Install Flask-Babel with our catalogues."""
    babel = Babel()
    babel.init_app(
        app,
        default_locale=DEFAULT,
        default_timezone="Asia/Shanghai",
        locale_selector=lambda: str(Locale.parse(language())),
    )
    babel.domain_instance = _Domain()
