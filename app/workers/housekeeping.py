"""What a plant needs done now and then: a backup when it is due, old ones thinned, kept answers forgotten.

A thread of the worker. Of several workers one does it, by a lease; a worker that is killed leaves a lease that
runs out and a folder without its name, which the next one begins anew.
"""

import threading
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from flask import Flask, current_app

from app.db import db, now_utc
from app.errors import Refused
from app.services import backups, idempotency, leases, logins
from app.workers.supervise import Stop

LEASE = "housekeeping"
LEASE_S = 6 * 3600.0
_EVERY_S = 60.0
log = structlog.get_logger("housekeeping")


def turn(holder: str, now: datetime) -> Path | None:
    """One round inside an application context; gives the folder of the backup that was made."""
    fence = leases.take(LEASE, holder, now, LEASE_S)
    if fence is None:
        return None
    try:
        days = current_app.config["KEY_DAYS"]
        if days and (gone := idempotency.expire(now - timedelta(days=days))):
            log.info("kept answers forgotten", count=gone)
        if gone := logins.expire(now - timedelta(days=current_app.config["SESSION_DAYS"])):
            log.info("old sessions forgotten", count=gone)
        return _backup(now) if _is_due(now) else None
    finally:
        leases.release(LEASE, holder, fence, now_utc())


def _is_due(now: datetime) -> bool:
    hours = current_app.config["BACKUP_HOURS"]
    if not hours or current_app.config["DEMO"]:
        return False
    newest = next(iter(backups.listed(Path(current_app.config["BACKUP_FOLDER"]))), None)
    return newest is None or now - newest.manifest.at >= timedelta(hours=hours)


def _backup(now: datetime) -> Path | None:
    folder = Path(current_app.config["BACKUP_FOLDER"])
    try:
        made = backups.make(folder, now)
    except Refused as error:
        log.error("backup failed", code=error.code, **error.values)
        return None
    gone = backups.thin(folder, now)
    log.info("backup made", folder=str(made), thinned=len(gone))
    return made


def run(app: Flask, holder: str, stop: threading.Event | Stop) -> None:
    """Look once a minute until ``stop`` is set; what fails is told and tried again."""
    with app.app_context():
        while not stop.wait(_EVERY_S):
            try:
                turn(holder, now_utc())
            except Exception as error:
                db.session.rollback()
                log.error("housekeeping failed", exc_info=error)


def start(app: Flask, holder: str, stop: threading.Event | Stop) -> None:
    """Begin in a thread that ends with the process."""
    threading.Thread(target=run, args=(app, holder, stop), name="housekeeping", daemon=True).start()
