"""Two languages: which one a request speaks, and the catalogs, one .po file per area of the application.

Catalogs are read from the .po files themselves: several small files do not collide when two people write words
on the same day, and nothing needs compiling.
"""

import io
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, has_request_context, request, session
from flask_babel import Babel, Domain, get_locale, gettext, lazy_gettext, ngettext

__all__ = ["LANGUAGES", "gettext", "init_i18n", "lazy_gettext", "locale", "named", "ngettext", "theme"]

LANGUAGES = {"en": "English", "zh_Hans": "中文"}
FOLDER = Path(__file__).parent / "translations"
_THEMES = ("auto", "light", "dark")


@lru_cache
def catalog(language: str) -> NullTranslations:
    """All words of a language, merged from its .po files."""
    merged = Translations()
    for path in sorted((FOLDER / language).glob("*.po")):
        compiled = io.BytesIO()
        with path.open("rb") as file:
            write_mo(compiled, read_po(file, locale=language))
        compiled.seek(0)
        words = Translations(compiled)
        merged.merge(words)
        # An empty catalog counts plurals as English does; the language's own rule stands in its files.
        merged.plural = words.plural  # type: ignore[attr-defined]
    return merged


class _Words(Domain):
    def get_translations(self) -> Any:
        """The catalog of the request's language; English is the source."""
        spoken = str(get_locale() or "en")
        return catalog(spoken) if spoken in LANGUAGES and spoken != "en" else NullTranslations()


_WORDS = _Words()


class _Babel(Babel):
    domain_instance = property(lambda self: _WORDS)


def locale() -> str:
    """The language: chosen by the person, else asked for by the browser, else English."""
    if not has_request_context():
        return "en"
    chosen = session.get("language") or request.cookies.get("language")
    if chosen in LANGUAGES:
        return chosen
    best = request.accept_languages.best_match(["en", "zh", "zh-CN", "zh-Hans"]) or "en"
    return "zh_Hans" if best.startswith("zh") else "en"


def theme() -> str:
    """light, dark or auto (what the device prefers)."""
    chosen = request.cookies.get("theme", "auto") if has_request_context() else "auto"
    return chosen if chosen in _THEMES else "auto"


def named(row: Any) -> str:
    """The name of a thing in the language of the request, its code when it has none."""
    if row is None:
        return ""
    if str(get_locale() or "en").startswith("zh") and getattr(row, "name_zh", None):
        return row.name_zh
    return row.name or getattr(row, "code", "")


def init_i18n(app: Flask, zone: Callable[[], str]) -> None:
    """Let templates speak: ``_()``, ``named``, ``locale``, ``theme``."""
    _Babel(app, locale_selector=locale, timezone_selector=zone)
    app.jinja_env.filters["named"] = named
    app.context_processor(lambda: {"locale": locale().replace("_", "-"), "theme": theme(), "languages": LANGUAGES})
