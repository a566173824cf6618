"""Make a backup: copy, count in the copy, write the manifest, and only then give the folder its name."""

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL

from app.db import database_file, db
from app.errors import Conflict
from app.services import leases
from app.services.backups.copying import copy_sqlite, dump_postgres, full_disk_in_words
from app.services.backups.manifest import Manifest, facts, summed

STORE, DUMP, READINGS = "store.db", "store.dump", "readings.db"
NOTE = "backup"
_PART = ".part"


def make(folder: Path, now: datetime) -> Path:
    """A new backup in ``folder``; gives its own folder.

    Raises Unavailable when the disk is full and Conflict for anything else; then nothing of it is left.
    """
    final = folder / f"gongxu-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    part = final.with_name(final.name + _PART)
    with full_disk_in_words(folder):
        if final.exists():
            raise Conflict("backup.exists", folder=str(final))
        shutil.rmtree(part, ignore_errors=True)
        try:
            part.mkdir(parents=True, mode=0o700)
            _fill(part, now)
            os.rename(part, final)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise
    # The store itself remembers when, so that every machine can tell how old the last one is.
    leases.take(NOTE, NOTE, now, 0.0, {"at": now.astimezone(UTC).isoformat(), "folder": str(final)})
    return final


def _fill(folder: Path, now: datetime) -> None:
    url = db.engine.url
    found = _of_postgres(url, folder) if url.get_backend_name() == "postgresql" else _of_sqlite(url, folder)
    files = {path.name: summed(path) for path in sorted(folder.iterdir())}
    Manifest(made_at=now.astimezone(UTC).isoformat(), engine=url.get_backend_name(), files=files, **found).write(folder)


def _of_sqlite(url: URL, folder: Path) -> dict[str, Any]:
    file = database_file(str(url))
    if file is None:
        raise Conflict("backup.memory")
    copy_sqlite(file, folder / STORE)
    readings = database_file(str(current_app.config["READINGS_URL"]))
    if readings is not None and readings.exists():
        copy_sqlite(readings, folder / READINGS)
    return counted(f"sqlite:///{folder / STORE}")


def _of_postgres(url: URL, folder: Path) -> dict[str, Any]:
    # An engine of its own: the application's ends a transaction that idles, and this one waits for the dump.
    engine = create_engine(url, isolation_level="REPEATABLE READ")
    try:
        with engine.connect() as connection:
            snapshot = str(connection.scalar(text("SELECT pg_export_snapshot()")))
            dump_postgres(url, folder / DUMP, snapshot)
            return facts(connection)
    finally:
        engine.dispose()


def counted(url: str | URL) -> dict[str, Any]:
    """The facts of a copy."""
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return facts(connection)
    finally:
        engine.dispose()
