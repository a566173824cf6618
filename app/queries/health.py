"""How the parts of the system are: for ``/readyz`` and the health page."""

import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import func, select

from app.db import database_file, db, now_utc
from app.live import hub_of
from app.models import Event, EventSeal, Lease
from app.queries.cameras import camera_health
from app.queries.labels import printing_health

LEAST_FREE_MB = 200
_SLOW_S = 30


def readiness() -> dict[str, Any]:
    """Each part with its state; status is ok, degraded when work cannot go on, draining when the process ends."""
    now = now_utc()
    parts = {"database": _database(), "writer": _writer(), "disk": _disk()}
    if parts["database"]["ok"]:
        parts |= {"relay": _relay(now), "poller": _lease("poller", now), "worker": _lease("worker", now)}
        parts |= _backup(now)
        parts |= {"printing": printing_health(db.session, now)}
        parts |= camera_health(db.session, now, current_app.config["CAMERAS"])
    needed = ("database", "writer", "disk", "relay")
    ok = all(parts.get(name, {"ok": False})["ok"] for name in needed)
    status = "draining" if hub_of(current_app).stopping.is_set() else "ok" if ok else "degraded"
    return {"status": status, "parts": parts}


def _database() -> dict[str, Any]:
    # Half a second to import, and only asked here.
    from alembic.runtime.migration import MigrationContext

    try:
        with db.engine.connect() as connection:
            found = MigrationContext.configure(connection).get_current_revision()
    except Exception as error:
        return {"ok": False, "error": type(error).__name__}
    wanted = current_app.extensions.get("schema_head")
    return {"ok": wanted in (None, found), "revision": found, "wanted": wanted}


def _writer() -> dict[str, Any]:
    group = current_app.extensions.get("group_commit")
    return {"ok": group is None or group.is_alive()}


def _disk() -> dict[str, Any]:
    file = database_file(str(db.engine.url))
    free = shutil.disk_usage(file.parent if file else Path(current_app.config["HOME"])).free // 2**20
    return {"ok": free >= LEAST_FREE_MB, "free_mb": free}


def _relay(now: datetime) -> dict[str, Any]:
    sealed = db.session.scalar(select(func.max(EventSeal.event_id))) or 0
    oldest = db.session.scalar(select(func.min(Event.recorded_at)).where(Event.id > sealed))
    lag_s = (now - oldest).total_seconds() if oldest else 0.0
    return {
        "ok": lag_s < _SLOW_S,
        "lag_s": round(lag_s, 1),
        "position": db.session.scalar(select(func.max(EventSeal.position))),
    }


def _backup(now: datetime) -> dict[str, Any]:
    """How old the last backup is; nothing where none are made. An old one does not stop the work."""
    hours = current_app.config["BACKUP_HOURS"]
    if not hours or current_app.config["DEMO"]:
        return {}
    info = db.session.scalar(select(Lease.info).where(Lease.name == "backup")) or {}
    age_h = (now - datetime.fromisoformat(info["at"])).total_seconds() / 3600 if info else None
    ok = age_h is not None and age_h <= 2 * hours
    return {"backup": {"ok": ok, "age_h": None if age_h is None else round(age_h, 1), "folder": info.get("folder")}}


def _lease(name: str, now: datetime) -> dict[str, Any]:
    lease = db.session.get(Lease, name, populate_existing=True)
    alive = lease is not None and lease.until > now - timedelta(seconds=_SLOW_S)
    return {"ok": alive, "until": lease.until.isoformat() if lease else None, "info": lease.info if lease else {}}
