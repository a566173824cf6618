"""Settings, from the environment; the defaults run a plant on one machine with SQLite."""

import os
import secrets
import shlex
from datetime import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def instance_folder() -> Path:
    """Where the default database, the secret and run files live (GONGXU_HOME, else ./instance)."""
    folder = Path(os.environ.get("GONGXU_HOME", ROOT / "instance")).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def database_url(folder: Path) -> str:
    """The address of the store; a plain postgresql:// is served by psycopg 3."""
    url = os.environ.get("DATABASE_URL") or f"sqlite:///{folder / 'gongxu.db'}"
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def secret_key(folder: Path) -> str:
    """The key that signs sessions: given, or made once and kept readable by the owner alone."""
    given = os.environ.get("SECRET_KEY")
    if given:
        return given
    path = folder / "secret"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48))
    return path.read_text()


def settings() -> dict[str, Any]:
    """The settings of this process."""
    folder = instance_folder()
    url = database_url(folder)
    return {
        "HOME": folder,
        "SQLALCHEMY_DATABASE_URI": url,
        "SQLALCHEMY_ENGINE_OPTIONS": engine_options(url),
        "PASSWORD_METHOD": "scrypt",
        "READINGS_URL": os.environ.get("READINGS_URL") or readings_url(url),
        "RAW_DAYS": int(os.environ.get("GONGXU_RAW_DAYS", "7")),
        "MINUTE_DAYS": int(os.environ.get("GONGXU_MINUTE_DAYS", "90")),
        "QUARTER_DAYS": int(os.environ.get("GONGXU_QUARTER_DAYS", "730")),
        "SECRET_KEY": secret_key(folder),
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": os.environ.get("GONGXU_HTTPS") == "1",
        "CONFIRM_MIN": float(os.environ.get("GONGXU_CONFIRM_MIN", "10")),
        "SESSION_DAYS": float(os.environ.get("GONGXU_SESSION_DAYS", "30")),
        "PROXIES": int(os.environ.get("GONGXU_PROXIES", "0")),
        "MAX_CONTENT_LENGTH": 32 * 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 2 * 1024 * 1024,
        "WTF_CSRF_TIME_LIMIT": None,
        "RESULTS": results_folder(),
        "RESULTS_AT": time.fromisoformat(os.environ.get("GONGXU_RESULTS_AT", "06:00")),
        "DEMO": os.environ.get("GONGXU_DEMO") == "1",
        "SSE_CAP": int(os.environ.get("GONGXU_SSE_CAP", "120")),
        "BACKUP_FOLDER": Path(os.environ.get("GONGXU_BACKUP_FOLDER") or folder / "backups"),
        "BACKUP_HOURS": float(os.environ.get("GONGXU_BACKUP_HOURS", "24")),
        "KEY_DAYS": float(os.environ.get("GONGXU_KEY_DAYS", "30")),
        "FORECAST_MIN": float(os.environ.get("GONGXU_FORECAST_MIN", "3")),
        "FORECAST_S": float(os.environ.get("GONGXU_FORECAST_S", "5")),
        "CAMERAS": cameras(os.environ.get("GONGXU_CAMERAS", "")),
        "BABEL_DEFAULT_LOCALE": "en",
    }


def cameras(told: str) -> dict[str, str]:
    """Fixed cameras by station: ``STATION=SOURCE`` with spaces between; quotes where a folder's name has one."""
    found = {}
    for word in shlex.split(told):
        station, _, source = word.partition("=")
        if not station or not source:
            raise ValueError(f"GONGXU_CAMERAS: {word} is not STATION=SOURCE")
        found[station] = source
    return found


def results_folder() -> Path | None:
    """Where results are dropped each day (GONGXU_RESULTS); None when nobody fetches them."""
    given = os.environ.get("GONGXU_RESULTS")
    return Path(given).resolve() if given else None


def engine_options(url: str) -> dict[str, Any]:
    """Pool sizes: SQLite's readers are cheap and many, a server's connections are shared."""
    if url.startswith("sqlite"):
        return {"pool_size": 16, "max_overflow": 48}
    return {"pool_size": 16, "max_overflow": 16, "pool_pre_ping": True}


def readings_url(url: str) -> str:
    """Readings live in a second SQLite file beside the store, or in the same server."""
    if url.startswith("sqlite:///") and url.endswith(".db"):
        return url.removesuffix(".db") + "-readings.db"
    return url
